"""Rows of several samples that share the beginnings of their prompts.

A row is made for `attn_implementation: shared_prefixes`, which computes each distinct token
of it once (`coalm_oumi/training/shared_prefixes.py`). Samples stay in the order of the data
set: the turns of a dialogue, which share most, follow each other there.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator

import pyarrow as pa

from coalm_oumi.beginnings import common_length

LENGTHS = pa.field("seq_lengths", pa.list_(pa.int64()))
"""TRL's name for the tokens of each sample in a packed row."""


class DistinctTokens:
    """Counts the distinct tokens of samples: those that are not in a common beginning."""

    def __init__(self) -> None:
        self._samples: list[list[int]] = []

    def missing(self, sample: list[int]) -> int:
        """Returns how many tokens a sample would add."""
        # In order, those beside it have most in common with it.
        place = bisect_left(self._samples, sample)
        beside = self._samples[max(0, place - 1) : place + 1]
        shared = (common_length(other, sample) for other in beside)
        return len(sample) - max(shared, default=0)

    def add(self, sample: list[int]) -> None:
        """Takes a sample in."""
        insort(self._samples, sample)


def packs(samples: Iterable[list[int]], most: int) -> Iterator[range]:
    """Yields the samples of each row, by their numbers.

    Args:
        samples: The tokens of each, in order.
        most: The most distinct tokens of a row. A sample that is longer has its own row.
    """
    first, number, count, distinct = 0, -1, 0, DistinctTokens()
    for number, sample in enumerate(samples):
        missing = distinct.missing(sample)
        if count and count + missing > most:
            yield range(first, number)
            first, distinct, missing, count = number, DistinctTokens(), len(sample), 0
        distinct.add(sample)
        count += missing
    if number >= first:
        yield range(first, number + 1)


def packed_batch(rows: pa.RecordBatch, most: int) -> pa.RecordBatch:
    """Returns rows of several samples each, with the samples' lengths.

    Args:
        rows: A sample each, in columns of lists with one value for each token.
        most: The most distinct tokens of a row.
    """
    samples = (ids.as_py() for ids in rows["input_ids"])
    found = list(packs(samples, most))
    starts = [pack.start for pack in found] + [len(rows)]
    columns = [
        pa.ListArray.from_arrays(column.offsets.take(pa.array(starts)), column.values)
        for column in rows.columns
    ]
    sizes = rows["input_ids"].value_lengths().cast(pa.int64())
    columns.append(pa.ListArray.from_arrays(pa.array(starts, pa.int32()), sizes))
    schema = rows.schema.append(LENGTHS)
    return pa.RecordBatch.from_arrays(columns, schema=schema)
