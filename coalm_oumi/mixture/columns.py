"""The columns of a built mixture, and of its shards on the way there.

Alpaca row: `{"instruction": ..., "input": "", "output": ..., "part": "hammer",
"source": "xlam", "record_id": "x.json#7", "prompt": "hammer_v1",
"transformation": "masked", "seed": 42, "copy": 2}`; with `--format messages` the first
three are replaced by `messages` (role, and content or tool_calls) and `tools`. The tools
are one JSON text, and so are a call's `arguments`, as in OpenAI's interface: their fields
differ from row to row, which those of a typed column cannot.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from coalm_oumi.datasets.parts import PARTS
from coalm_oumi.sample import Origin, Sample
from coalm_oumi.sample_columns import ALPACA, ORIGIN

_FUNCTION = pa.struct([("name", pa.string()), ("arguments", pa.string())])
_TOOL_CALL = pa.struct([("type", pa.string()), ("function", _FUNCTION)])
_MESSAGE = pa.struct(
    [
        ("role", pa.string()),
        ("content", pa.string()),
        ("tool_calls", pa.list_(_TOOL_CALL)),
    ]
)

MESSAGES = pa.schema(
    [("messages", pa.list_(_MESSAGE)), ("tools", pa.string()), *ORIGIN]
)
"""Columns of the messages format."""
STAGED = pa.schema(
    [
        *ALPACA,
        ("key", pa.uint64()),
        ("content", pa.uint64()),
        ("tokens", pa.int32()),
        ("overlaps", pa.bool_()),
    ]
)
"""Columns of a shard: the row's place in the order, what it is told apart by, its
length, and whether it overlaps with a benchmark."""


def schema(row_format: str) -> pa.Schema:
    """Returns the columns of a format, `alpaca` or `messages`."""
    return MESSAGES if row_format == "messages" else ALPACA


def formatted(batch: pa.RecordBatch, row_format: str) -> pa.RecordBatch:
    """Returns staged rows as rows of a format."""
    if row_format == "alpaca":
        return batch.select(ALPACA.names)
    rows = [_with_messages(row) for row in batch.select(ALPACA.names).to_pylist()]
    return pa.RecordBatch.from_pylist(rows, schema=MESSAGES)


def sample_of(row: Mapping[str, Any]) -> Sample:
    """Returns an Alpaca row as the sample that it was made of."""
    names = ("source", "record_id", "prompt", "transformation", "seed", "copy")
    origin = Origin(**{name: row[name] for name in names})
    return Sample(row["instruction"], row["input"], row["output"], origin)


def _with_messages(row: dict[str, Any]) -> dict[str, Any]:
    chat = PARTS[row["part"]].chat(sample_of(row))
    messages = [_message(message) for message in chat.messages]
    tools = json.dumps(chat.tools, ensure_ascii=False)
    origin = {name: row[name] for name, _ in ORIGIN}
    return {"messages": messages, "tools": tools, **origin}


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    calls = [
        {
            "type": call["type"],
            "function": {
                "name": call["function"]["name"],
                "arguments": json.dumps(
                    call["function"]["arguments"], ensure_ascii=False
                ),
            },
        }
        for call in message.get("tool_calls", ())
    ]
    return {
        "role": message["role"],
        "content": message.get("content"),
        "tool_calls": calls or None,
    }
