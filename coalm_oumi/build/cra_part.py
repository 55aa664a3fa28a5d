"""The mixture's CRA part: SGD's dialogues with grounded thoughts, calls, observations.

A shard has every so many-th file of dialogues. With `--limit`, the first shard has the
first dialogues of the first files and the others have none.

With `--catalogue` it is the user's own APIs and seed dialogues instead of SGD's; with
`--generated`, what a language model wrote and `coalm generate-cra` or `coalm validate-cra`
left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from coalm_oumi.build.part import (
    LEAST_SHARDS,
    MOST_SHARDS,
    MixturePart,
    PaperRow,
    PartRequest,
    system_chat,
)
from coalm_oumi.cra.function_lists import FunctionLists
from coalm_oumi.cra.own_apis import OWN_APIS, OwnApis
from coalm_oumi.cra.read.generated import GENERATED, generated_samples
from coalm_oumi.cra.samples import cra_samples
from coalm_oumi.cra.write.grounded import grounded_dialogues
from coalm_oumi.samples import Sample
from coalm_oumi.sources import Sgd
from coalm_oumi.sources.locate import Found

_SOURCE = "sgd"
_FILES_OF_A_SHARD = 4
# Each shard reads an archive from its start to its end.
_SHARDS_OF_AN_ARCHIVE = 8


def _samples(request: PartRequest) -> Iterator[Sample]:
    if GENERATED in request.places:
        yield from _generated(request)
    else:
        yield from _grounded(request)


def _generated(request: PartRequest) -> Iterator[Sample]:
    tally = request.tally(GENERATED)
    for file in request.places[GENERATED].files:
        samples = generated_samples(file, tally.ledger)
        left = None if request.limit is None else request.limit - tally.kept
        yield from tally.counted(islice(samples, left))


def _grounded(request: PartRequest) -> Iterator[Sample]:
    name = OWN_APIS if OWN_APIS in request.places else _SOURCE
    tally = request.tally(name)
    if name == OWN_APIS:
        catalogue, seeds = request.places[OWN_APIS].files[:2]
        source = OwnApis(catalogue, seeds)
        dialogues = source.dialogues(tally.ledger)
    else:
        source = Sgd(request.places[_SOURCE].folder, "train")
        step = slice(request.shard, None, request.shards)
        if request.limit is not None:
            step = slice(0, None if request.shard == 0 else 0)
        dialogues = source.dialogues(tally.ledger, step)
    lists = FunctionLists(source.schemas, request.function_list, request.function_names)
    made = grounded_dialogues(
        islice(dialogues, request.limit),
        lists.schemas,
        lists.all,
        seed=request.seed,
        ledger=tally.ledger,
    )
    for dialogue in tally.counted(made):
        yield from cra_samples(
            dialogue,
            lists.of(dialogue),
            source=name,
            seed=request.seed,
            action_turns=request.action_turns,
            state_date=request.state_date,
            undated=request.undated_actions,
            ledger=tally.ledger,
        )


def _shards(places: Mapping[str, Found]) -> int:
    if OWN_APIS in places or GENERATED in places:
        return 1
    if any(".tar" in file.name for file in places[_SOURCE].files):
        return _SHARDS_OF_AN_ARCHIVE
    files = Sgd(places[_SOURCE].folder, "train").file_count
    return max(LEAST_SHARDS, min(MOST_SHARDS, -(-files // _FILES_OF_A_SHARD)))


def _utterance(sample: Sample) -> str:
    return sample.input.partition("\n")[0].removeprefix("User: ")


CRA = MixturePart(
    name="cra",
    title="dialogues with thoughts, calls and observations (grounded CRA)",
    sources=(_SOURCE,),
    paper=PaperRow("CRA", "multi", "SGD", "ReAct API call", 82_236, 59_704_782),
    samples=_samples,
    shards=_shards,
    compared=_utterance,
    chat=system_chat,
    own_sources=(OWN_APIS, GENERATED),
)
