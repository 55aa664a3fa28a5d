"""Samples as rows of a table: their texts and where each comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, cast

import pyarrow as pa
from datasets.fingerprint import Hasher

from coalm_oumi.datasets.sft.reply_mask import ReplyFinder
from coalm_oumi.sample import Sample

TEXTS = ("instruction", "input", "output")
MASK = pa.field("completion_mask", pa.list_(pa.int8()))
# Text of 64-bit offsets: rows can be picked out of more than 2 GB of it.
ROWS = pa.schema(
    [
        *((name, pa.large_string()) for name in TEXTS),
        *((name, pa.string()) for name in ("source", "record_id", "prompt")),
        ("transformation", pa.string()),
        ("seed", pa.int64()),
        ("copy", pa.int64()),
    ]
)
BATCH = 1000


def record_batches(samples: Iterable[Sample]) -> Iterator[pa.RecordBatch]:
    """Yields the samples with their origins as columns."""
    remaining = iter(samples)
    while batch := list(islice(remaining, BATCH)):
        columns = [
            [getattr(sample, name) for sample in batch]
            if name in TEXTS
            else [getattr(sample.origin, name) for sample in batch]
            for name in ROWS.names
        ]
        yield pa.record_batch(columns, schema=ROWS)


def lengths(
    found: Sequence[tuple[int, int]], rows: pa.RecordBatch, start: int, limit: int
) -> Iterator[tuple[str, str]]:
    """Yields name and length, in words, of samples that are too long.

    Args:
        found: Number in the data set, and tokens, of each.
        rows: The rows that they are among.
        start: The number of the first row.
        limit: The most tokens that a sample may have.
    """
    for number, length in found:
        (row,) = rows.slice(number - start, 1).to_pylist()
        name = f"{row['record_id']}, copy {row['copy']}"
        yield name, f"{length} tokens, model_max_length is {limit}"


def fingerprint(table: pa.Table) -> str:
    """Returns a digest of a table's content, which `datasets` makes by pickling it."""
    buffers = [
        buffer
        for column in table.columns
        for chunk in column.chunks
        for buffer in chunk.buffers()
        if buffer is not None
    ]
    return Hasher.hash_bytes([str(table.schema).encode(), *cast(Any, buffers)])


def masked(rows: pa.RecordBatch, finder: ReplyFinder) -> pa.RecordBatch:
    """Returns tokens with the column that says which of them are the reply."""
    masks = [finder.mask(ids) for ids in rows["input_ids"].to_pylist()]
    return rows.append_column(MASK, pa.array(masks, MASK.type))
