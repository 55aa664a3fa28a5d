"""The mixture's TOD part: SNIPS as single-turn dialogue state tracking."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from coalm_oumi.build.part import (
    MixturePart,
    PaperRow,
    PartRequest,
    one_shard,
    system_chat,
)
from coalm_oumi.samples import Sample, state_tracking_samples
from coalm_oumi.sources import read_snips

_SOURCE = "snips_split"


def _samples(request: PartRequest) -> Iterator[Sample]:
    tally = request.tally(_SOURCE)
    found = request.places[_SOURCE]
    rows = read_snips(found.folder, "train", ledger=tally.ledger, on_bad_row="reject")
    kept = tally.counted(islice(rows, request.limit))
    return state_tracking_samples(kept, seed=request.seed)


def _utterance(sample: Sample) -> str:
    return sample.input.removeprefix("User: ")


SNIPS = MixturePart(
    name="snips",
    title="single-turn dialogue state tracking (SNIPS)",
    sources=(_SOURCE,),
    paper=PaperRow("TOD", "single", "SNIPS", "state tracking", 13_028, 12_278_780),
    samples=_samples,
    shards=one_shard,
    compared=_utterance,
    chat=system_chat,
)
