"""SNIPS as single-turn dialogue state tracking (Figure 4): `coalm/snips_dst`.

In: ``Utterance("gw_1", "GetWeather", "Weather in Ely", (SlotValue("city", "Ely"),))``.
Out: input ``User: Weather in Ely``, output
``System: {"domain": "GetWeather", "slot_values": {"city": "Ely"}}``.

In a recipe::

    data:
      train:
        datasets:
          - dataset_name: coalm/snips_dst
            split: train
            dataset_kwargs: {layout: split}
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal, cast, get_args

from coalm_oumi.datasets.part import (
    DatasetSize,
    Given,
    PaperRow,
    Part,
    PartOptions,
    PartRequest,
    system_chat,
)
from coalm_oumi.prompts import snips_template
from coalm_oumi.sample import Origin, Sample
from coalm_oumi.seeding import stable_digest
from coalm_oumi.sources.snips import SnipsPart, Utterance, read_snips
from coalm_oumi.sources.snips.published import SNIPS_SPLIT

_SOURCES = {"split": "snips_split", "raw": "snips"}


@dataclass(frozen=True, kw_only=True)
class SnipsDstOptions(PartOptions):
    """What `dataset_kwargs` may say.

    Attributes:
        layout: The common `split` (13,084 / 700 / 700), or the `raw` files (13,784 for
            training, 700 for validation). All 700 test utterances of the split stand in
            the raw training files: whoever trains on those cannot test on these.
    """

    layout: Literal["split", "raw"] = "split"


def state_tracking_prompt(text: str) -> tuple[str, str]:
    """Returns instruction and input for an utterance.

    Args:
        text: What the user says.
    """
    return snips_template().render(), f"User: {text}"


def write_state(intent: str, slot_values: dict[str, str]) -> str:
    """Writes a dialogue state as the reply that is trained and scored.

    Args:
        intent: The intent, in the `domain` field.
        slot_values: Value by slot, in order.
    """
    state = {"domain": intent, "slot_values": slot_values}
    return f"System: {json.dumps(state, ensure_ascii=False)}"


def state_tracking_sample(utterance: Utterance) -> Sample:
    """Turns an utterance into a sample."""
    instruction, input_text = state_tracking_prompt(utterance.text)
    origin = Origin("snips", utterance.record_id, snips_template().id)
    output = write_state(utterance.intent, utterance.state)
    return Sample(instruction, input_text, output, origin)


def state_tracking_samples(
    utterances: Iterable[Utterance], *, seed: int
) -> Iterator[Sample]:
    """Turns utterances into samples, in an order fixed by the seed alone.

    Args:
        utterances: The utterances, in any order.
        seed: Fixes the order of the samples.

    Yields:
        One sample per utterance.
    """

    def key(utterance: Utterance) -> tuple[bytes, str, str]:
        # The whole record breaks the tie of two with one name.
        name = stable_digest(seed, utterance.record_id)
        return name, utterance.text, repr(utterance)

    for utterance in sorted(utterances, key=key):
        sample = state_tracking_sample(utterance)
        yield replace(sample, origin=replace(sample.origin, seed=seed))


def _samples(request: PartRequest) -> Iterator[Sample]:
    ((source, found),) = request.places.items()
    tally = request.tally(source, request.split)
    split = cast(SnipsPart, request.split)
    rows = read_snips(found.folder, split, ledger=tally.ledger, on_bad_row="reject")
    kept = tally.counted(islice(rows, request.limit))
    return state_tracking_samples(kept, seed=request.options.sample_seed)


def _given(options: SnipsDstOptions, dataset_path: str | None) -> Given:
    return {_SOURCES[options.layout]: (dataset_path,) if dataset_path else ()}


SNIPS_DST = Part(
    name="snips",
    title="single-turn dialogue state tracking (SNIPS)",
    sources=(SNIPS_SPLIT,),
    samples=_samples,
    size=DatasetSize(13_084, 314),
    chat_size=DatasetSize(13_084, 394),
    dataset="coalm/snips_dst",
    class_name="SnipsDstDataset",
    options=SnipsDstOptions,
    splits=get_args(SnipsPart),
    paper=PaperRow("TOD", "single", "SNIPS", "state tracking", 13_028, 12_278_780),
    compared=lambda sample: sample.input.removeprefix("User: "),
    chat=system_chat,
    given=_given,
)
