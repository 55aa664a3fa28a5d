"""Rows of several samples that share the beginnings of their prompts.

A row is made for `attn_implementation: shared_prefixes`, which computes each distinct token
of it once (`coalm_oumi/training/shared_prefixes.py`). A few rows are filled at a time, and
a sample joins the one that it shares most with: the two kinds of prompt of a CRA dialogue,
which take turns in the data set, get a row each.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate, chain
from operator import attrgetter, itemgetter

import pyarrow as pa

from coalm_oumi.beginnings import common_length

LENGTHS = pa.field("seq_lengths", pa.list_(pa.int64()))
"""TRL's name for the tokens of each sample in a packed row."""
# Four make three fifths of the distinct tokens of CRA's turns in rows of 2,560 tokens, and
# more of them hardly fewer.
_ROWS_AT_A_TIME = 4


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


@dataclass
class Pack:
    """The samples of a row that is being filled, by their numbers, and its tokens."""

    numbers: list[int] = field(default_factory=list)
    tokens: DistinctTokens = field(default_factory=DistinctTokens)
    count: int = 0


def packs(samples: Iterable[list[int]], most: int) -> Iterator[list[int]]:
    """Yields the samples of each row, by their numbers.

    Args:
        samples: The tokens of each, in order.
        most: The most distinct tokens of a row. A sample that is longer has its own row.
    """
    filling: list[Pack] = []
    for number, sample in enumerate(samples):
        missing = [(pack.tokens.missing(sample), pack) for pack in filling]
        fitting = [found for found in missing if found[0] + found[1].count <= most]
        added, pack = min(fitting, key=itemgetter(0), default=(len(sample), None))
        full = len(filling) == _ROWS_AT_A_TIME
        if pack is None or (added > len(sample) / 2 and not full):
            if full:
                fullest = max(filling, key=attrgetter("count"))
                filling.remove(fullest)
                yield fullest.numbers
            added, pack = len(sample), Pack()
            filling.append(pack)
        pack.numbers.append(number)
        pack.tokens.add(sample)
        pack.count += added
    yield from (pack.numbers for pack in filling)


def packed_batch(rows: pa.RecordBatch, most: int) -> pa.RecordBatch:
    """Returns rows of several samples each, with the samples' lengths.

    Args:
        rows: A sample each, in columns of lists with one value for each token.
        most: The most distinct tokens of a row.
    """
    samples = (ids.as_py() for ids in rows["input_ids"])
    found = list(packs(samples, most))
    rows = rows.take(pa.array(list(chain(*found)), pa.int64()))
    starts = pa.array(accumulate(map(len, found), initial=0), pa.int32())
    columns = [
        pa.ListArray.from_arrays(column.offsets.take(starts), column.values)
        for column in rows.columns
    ]
    sizes = rows["input_ids"].value_lengths().cast(pa.int64())
    columns.append(pa.ListArray.from_arrays(starts, sizes))
    schema = rows.schema.append(LENGTHS)
    return pa.RecordBatch.from_arrays(columns, schema=schema)
