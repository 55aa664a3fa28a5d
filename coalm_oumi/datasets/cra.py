"""Conversational ReAct API calling, from SGD's dialogues (Figures 6 and 7): `coalm/cra`.

Calls and results are SGD's own, thoughts are written by rules (`cra.write.grounded`); or a
language model has written the dialogues (`coalm generate-cra`). The rows: `cra.samples`.

A shard has every so many-th file of dialogues. With `--limit`, the first shard has the
first dialogues of the first files and the others have none.

In a recipe::

    data:
      train:
        datasets:
          - dataset_name: coalm/cra
            split: train
            dataset_kwargs: {mode: grounded, sample_seed: 42}

or, of APIs of your own::

            dataset_kwargs: {catalogue: openapi.yaml, dialogues: dialogues.jsonl}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, NamedTuple

from coalm_oumi.cra.dialogue import CraDialogue
from coalm_oumi.cra.function_lists import FunctionLists
from coalm_oumi.cra.own_apis import OWN_APIS, OwnApis
from coalm_oumi.cra.prompt_options import PromptOptions
from coalm_oumi.cra.read.generated import GENERATED, generated_samples
from coalm_oumi.cra.samples import cra_chat, cra_samples, in_seeded_order
from coalm_oumi.cra.write.grounded import grounded_dialogues
from coalm_oumi.datasets.part import (
    LEAST_SHARDS,
    MOST_SHARDS,
    DatasetSize,
    Given,
    PaperRow,
    Part,
    PartOptions,
    PartRequest,
    system_chat,
)
from coalm_oumi.errors import OptionError
from coalm_oumi.sample import Chat, Sample
from coalm_oumi.sources.locate import Found
from coalm_oumi.sources.sgd import SGD, Sgd, SgdPart

_SPLITS: Mapping[str, SgdPart] = {
    "train": "train",
    "validation": "dev",
    "dev": "dev",
    "test": "test",
}
_FILES_OF_A_SHARD = 4
# Each shard reads an archive from its start to its end.
_SHARDS_OF_AN_ARCHIVE = 8


@dataclass(frozen=True, kw_only=True)
class CraOptions(PartOptions, PromptOptions):
    """What `dataset_kwargs` may say, beside what the prompts say.

    Attributes:
        mode: How the dialogues are made. `grounded`: calls and results are SGD's own,
            thoughts are written by rules. `generated`: a model has written them, and
            `dataset_path` is the folder that `coalm generate-cra` or `coalm validate-cra`
            has left.
        catalogue: An OpenAPI file, or a file of tools with JSON schemas: the set is then
            made of these functions, not of SGD.
        dialogues: The seed dialogues about them.
    """

    mode: Literal["grounded", "generated"] = "grounded"
    catalogue: str | None = None
    dialogues: str | None = None


def _samples(request: PartRequest) -> Iterator[Sample]:
    if GENERATED in request.places:
        return _generated(request)
    return _grounded(request)


def _generated(request: PartRequest) -> Iterator[Sample]:
    tally = request.tally(GENERATED)
    for file in request.places[GENERATED].files:
        samples = generated_samples(file, tally.ledger)
        left = None if request.limit is None else request.limit - tally.kept
        yield from tally.counted(islice(samples, left))


class _Grounded(NamedTuple):
    """Dialogues with what their samples are made of."""

    dialogues: Iterator[CraDialogue]
    lists: FunctionLists
    shared: dict[str, Any]  # what samples and chats are told alike


def _grounded(request: PartRequest) -> Iterator[Sample]:
    found, turns = _grounded_dialogues(request), request.options.action_turns
    for dialogue in found.dialogues:
        functions = found.lists.of(dialogue)
        yield from cra_samples(dialogue, functions, action_turns=turns, **found.shared)


def _chats(request: PartRequest) -> Iterator[Chat]:
    if GENERATED in request.places:
        raise OptionError(
            "dialogues of a model are rows of text: leave prompt_layout: tools out.",
            field="mode",
        )
    found = _grounded_dialogues(request)
    for dialogue in found.dialogues:
        yield cra_chat(dialogue, found.lists.of(dialogue), **found.shared)


def _grounded_dialogues(request: PartRequest) -> _Grounded:
    options: CraOptions = request.options
    source: OwnApis | Sgd
    if OWN_APIS in request.places:
        tally = request.tally(OWN_APIS)
        catalogue, seeds = request.places[OWN_APIS].files[:2]
        source = OwnApis(catalogue, seeds)
        dialogues = source.dialogues(tally.ledger)
    else:
        source = Sgd(request.places[SGD.name].folder, _SPLITS[request.split])
        request.remarks.append(f"{source.file_count} file(s) of {source.part}")
        tally = request.tally(SGD.name, source.part)
        step = slice(request.shard, None, request.shards)
        if request.limit is not None:
            step = slice(0, None if request.shard == 0 else 0)
        dialogues = source.dialogues(tally.ledger, step)
    lists = FunctionLists(source.schemas, options.function_list, options.function_names)
    made: Iterable[CraDialogue] = grounded_dialogues(
        islice(dialogues, request.limit),
        lists.schemas,
        lists.all,
        seed=options.sample_seed,
        ledger=tally.ledger,
    )
    if not request.in_mixture:  # which has an order of its own
        made = in_seeded_order(made, seed=options.sample_seed)
    shared = {
        "source": OWN_APIS if OWN_APIS in request.places else SGD.name,
        "seed": options.sample_seed,
        "state_date": options.state_date,
        "undated": options.undated_actions,
        "ledger": tally.ledger,
    }
    return _Grounded(tally.counted(made), lists, shared)


def _shards(places: Mapping[str, Found]) -> int:
    if OWN_APIS in places or GENERATED in places:
        return 1
    if any(".tar" in file.name for file in places[SGD.name].files):
        return _SHARDS_OF_AN_ARCHIVE
    files = Sgd(places[SGD.name].folder, "train").file_count
    return max(LEAST_SHARDS, min(MOST_SHARDS, -(-files // _FILES_OF_A_SHARD)))


def _given(options: CraOptions, dataset_path: str | None) -> Given:
    if options.mode == "generated":
        if not dataset_path:
            raise OptionError(
                "name the folder that coalm generate-cra or validate-cra has written to.",
                field="dataset_path",
            )
        return {GENERATED: (dataset_path,)}
    catalogue, dialogues = options.catalogue, options.dialogues
    if catalogue is None and dialogues is None:
        return {SGD.name: (dataset_path,) if dataset_path else ()}
    if not catalogue or not dialogues:
        raise OptionError(
            "a catalogue and its dialogues go together: name both, or neither.",
            field="catalogue" if dialogues else "dialogues",
        )
    return {OWN_APIS: (catalogue, dialogues)}


CRA = Part(
    name="cra",
    title="dialogues with thoughts, calls and observations (grounded CRA)",
    sources=(SGD,),
    samples=_samples,
    size=DatasetSize(191_000, 1_070),
    chat_size=DatasetSize(15_800, 1_515),
    options=CraOptions,
    splits=tuple(_SPLITS),
    paper=PaperRow("CRA", "multi", "SGD", "ReAct API call", 82_236, 59_704_782),
    shards=_shards,
    compared=lambda sample: sample.input.partition("\n")[0].removeprefix("User: "),
    chat=system_chat,
    chats=_chats,
    given=_given,
    own_sources=(OWN_APIS, GENERATED),
)
