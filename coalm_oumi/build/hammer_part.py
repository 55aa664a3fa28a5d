"""The mixture's single-turn LA part: xLAM function calling, masked as Hammer does.

A shard has the rows whose content falls to it, so that rows of one content, which the
masking tells apart by number, are always together.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator

from coalm_oumi.build.part import Chat, MixturePart, PaperRow, PartRequest, by_size
from coalm_oumi.calls import FunctionSchema, parse_json_list
from coalm_oumi.calls.json_schema_tool import json_schema_tool
from coalm_oumi.calls.strict_json import loads
from coalm_oumi.samples import MaskingOptions, Sample, function_calling_samples
from coalm_oumi.sources import FunctionCallingRow, read_xlam
from coalm_oumi.sources.rows import Row

_SOURCES = ("xlam", "xlam_irrelevance")
_FIELDS = ("query", "tools", "answers")
_TOOLS = ("[BEGIN OF AVAILABLE TOOLS]\n", "\n[END OF AVAILABLE TOOLS]")
_QUERY = ("[BEGIN OF QUERY]\n", "\n[END OF QUERY]")


def _samples(request: PartRequest) -> Iterator[Sample]:
    options = MaskingOptions(seed=request.seed)
    return function_calling_samples(_rows(request), options)


def _rows(request: PartRequest) -> Iterator[FunctionCallingRow]:
    for source in _SOURCES:
        if source not in request.places:
            continue
        tally = request.tally(source)
        wanted = _falls_to(request)
        for path in request.places[source].files:
            yield from tally.counted(
                read_xlam(
                    path,
                    on_bad_row="reject",
                    ledger=tally.ledger,
                    source=source,
                    wanted=wanted,
                )
            )


def _falls_to(request: PartRequest) -> Callable[[Row], bool]:
    """Returns which of the first `limit` rows of a source belong to the shard."""
    seen = 0

    def wanted(row: Row) -> bool:
        nonlocal seen
        seen += 1
        if request.limit is not None and seen > request.limit:
            return False
        content = "\x1f".join(str(row.get(field)) for field in _FIELDS)
        number = zlib.crc32(content.encode("utf-8", "backslashreplace"))
        return number % request.shards == request.shard

    return wanted


def _between(text: str, marks: tuple[str, str]) -> str:
    # The query is the row's own text and comes last, the tools are JSON on one line: so
    # neither can hold the mark that ends it in a place that is found first.
    start = text.index(marks[0]) + len(marks[0])
    return text[start : text.rindex(marks[1])]


def _query(sample: Sample) -> str:
    return _between(sample.instruction, _QUERY)


def _chat(sample: Sample) -> Chat:
    listed = sample.instruction.split(_TOOLS[0], 1)[1].split(_TOOLS[1], 1)[0]
    tools = [json_schema_tool(FunctionSchema.from_xlam(t)) for t in loads(listed)]
    calls = [
        {
            "type": "function",
            "function": {"name": call.name, "arguments": dict(call.arguments)},
        }
        for call in parse_json_list(sample.output)
    ]
    reply = {"role": "assistant", "tool_calls": calls} if calls else None
    return Chat(
        [
            {"role": "user", "content": _query(sample)},
            reply or {"role": "assistant", "content": sample.output},
        ],
        tools,
    )


HAMMER = MixturePart(
    name="hammer",
    title="function calling with masked names (xLAM, Hammer)",
    sources=_SOURCES,
    paper=PaperRow("LA", "single", "Hammer", "API call", 202_500, 129_001_612),
    samples=_samples,
    shards=by_size,
    compared=_query,
    chat=_chat,
)
