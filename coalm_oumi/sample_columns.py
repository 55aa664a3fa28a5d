"""Samples as rows of a file: the columns of the Alpaca format, and their lines of JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pyarrow as pa

COMPRESSION = "zstd"
LEVEL = 3


# 64-bit offsets: rows can be picked out of more than 2 GB of text.
_TEXTS = [(name, pa.large_string()) for name in ("instruction", "input", "output")]
ORIGIN = [
    ("part", pa.string()),
    ("source", pa.string()),
    ("record_id", pa.string()),
    ("prompt", pa.string()),
    ("transformation", pa.string()),
    ("seed", pa.int64()),
    ("copy", pa.int64()),
]
"""Columns that say what a sample was made of."""

ALPACA = pa.schema([*_TEXTS, *ORIGIN])
"""Columns of the Alpaca format."""


def json_lines(batch: pa.RecordBatch) -> Iterator[str]:
    """Yields rows as lines of JSON; a message has only the fields that it uses."""
    for row in batch.to_pylist():
        for message in row.get("messages", ()):
            for name in [name for name, value in message.items() if value is None]:
                del message[name]
        yield json.dumps(row, ensure_ascii=False) + "\n"
