"""The mixture's multi-turn LA part: ToolACE, a sample per turn of the assistant."""

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
from coalm_oumi.samples import Sample, toolace_samples
from coalm_oumi.sources import Ledger, ToolAceConversation, read_toolace

_SOURCE = "toolace"
_TURNS = "toolace, assistant turns"
_USER = "User: "


def _samples(request: PartRequest) -> Iterator[Sample]:
    rows, turns = request.tally(_SOURCE), request.tally(_TURNS)
    conversations = rows.counted(
        islice(_conversations(request, rows.ledger), request.limit)
    )
    return turns.counted(
        toolace_samples(conversations, seed=request.seed, ledger=turns.ledger)
    )


def _conversations(
    request: PartRequest, ledger: Ledger
) -> Iterator[ToolAceConversation]:
    for path in request.places[_SOURCE].files:
        yield from read_toolace(path, ledger=ledger)


def _last_question(sample: Sample) -> str:
    return f"\n{sample.input}".rpartition(f"\n{_USER}")[2].partition("\nAssistant: ")[0]


TOOLACE = MixturePart(
    name="toolace",
    title="multi-turn function calling (ToolACE)",
    sources=(_SOURCE,),
    paper=PaperRow("LA", "multi", "ToolACE", "API call", 13_819, 10_199_147),
    samples=_samples,
    shards=one_shard,
    compared=_last_question,
    chat=system_chat,
)
