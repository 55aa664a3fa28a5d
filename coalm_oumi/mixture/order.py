"""The order of the mixture, and which rows go into which file.

The rule: a sample's key is the first 8 bytes of the SHA-256 of the build's seed, its
part, source, record, copy and content; the rows stand in the order of their keys. So the
parts are interleaved evenly, and neither the order of the sources' rows, nor the number
of processes, nor rows added elsewhere change which of two samples comes first.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

ROWS_PER_FILE = 25_000
RULE = (
    "by SHA-256 of seed, part, source, record, copy and content of each sample; "
    "independent of the number of processes"
)


@dataclass(frozen=True)
class RowRange:
    """Rows `start` to `stop` of a shard, in the shard's own order."""

    shard: str
    start: int
    stop: int


@dataclass(frozen=True)
class Duplicates:
    """Samples of which another with the same instruction, input and output exists.

    Attributes:
        surplus: By part, how many samples would go if each stood only once.
        examples: Some of them: `{"part", "source", "record_id", "times"}`.
    """

    surplus: dict[str, int]
    examples: list[dict[str, Any]]


@dataclass(frozen=True)
class Mixture:
    """The order of all rows.

    Attributes:
        files: For each output file, the ranges that it is made of.
        rows: Rows in each output file.
        samples: Samples of each part that are in the mixture.
        tokens: Their tokens; None if they were not counted.
        dropped: Samples of each part left out because they overlap with a benchmark.
        duplicates: Exact duplicates among the samples.
    """

    files: list[list[RowRange]]
    rows: list[int]
    samples: dict[str, int]
    tokens: dict[str, int] | None
    dropped: dict[str, int]
    duplicates: Duplicates


def order_rows(
    shards: list[tuple[str, Path]],
    *,
    drop_overlaps: bool,
    rows_per_file: int = ROWS_PER_FILE,
) -> Mixture:
    """Puts the rows of all shards in order.

    Args:
        shards: Each shard's part and file, in the order of parts and numbers.
        drop_overlaps: Whether rows marked as overlapping are left out.
        rows_per_file: Rows in each output file but the last.
    """
    columns = [_columns(file) for _, file in shards]
    kept = [
        np.flatnonzero(~c["overlaps"]) if drop_overlaps else np.arange(len(c["key"]))
        for c in columns
    ]
    ranks = _ranks([c["key"][k] for c, k in zip(columns, kept, strict=True)])
    total = sum(map(len, kept))
    files, rows = [], []
    for first in range(0, total, rows_per_file):
        last = min(first + rows_per_file, total)
        files.append(list(_ranges(shards, kept, ranks, first, last)))
        rows.append(last - first)
    counts: dict[str, list[int]] = {}
    for (part, _), column, k in zip(shards, columns, kept, strict=True):
        found = counts.setdefault(part, [0, 0, 0])
        found[0] += len(k)
        found[1] += int(column["tokens"][k].sum())
        found[2] += len(column["key"]) - len(k)
    counted = all(column["counted"] for column in columns)
    return Mixture(
        files,
        rows,
        {part: n[0] for part, n in counts.items()},
        {part: n[1] for part, n in counts.items()} if counted else None,
        {part: n[2] for part, n in counts.items()},
        _duplicates(shards, columns, kept),
    )


def _columns(file: Path) -> dict[str, Any]:
    with pa.memory_map(str(file)) as mapped:
        table = pa.ipc.open_file(mapped).read_all()
        tokens = table["tokens"]
        return {
            "key": table["key"].to_numpy(),
            "content": table["content"].to_numpy(),
            "tokens": tokens.fill_null(0).to_numpy().astype(np.int64),
            "counted": not tokens.null_count,
            "overlaps": table["overlaps"].to_numpy(zero_copy_only=False).astype(bool),
        }


def _ranks(keys: list[Any]) -> list[Any]:
    """Returns the place of each row in the whole, by shard."""
    if not keys:
        return []
    order = np.argsort(np.concatenate(keys), kind="stable")
    ranks = np.empty(len(order), np.int64)
    ranks[order] = np.arange(len(order))
    return np.split(ranks, np.cumsum([len(k) for k in keys])[:-1])


def _ranges(
    shards: list[tuple[str, Path]],
    kept: list[Any],
    ranks: list[Any],
    first: int,
    last: int,
) -> Any:
    for (_, file), rows, places in zip(shards, kept, ranks, strict=True):
        start, stop = np.searchsorted(places, (first, last))
        if start < stop:
            yield RowRange(file.name, int(rows[start]), int(rows[stop - 1]) + 1)


def _duplicates(
    shards: list[tuple[str, Path]], columns: list[Any], kept: list[Any]
) -> Duplicates:
    seen: Counter[int] = Counter()
    by_part: dict[str, list[Any]] = {}
    for (part, _), column, rows in zip(shards, columns, kept, strict=True):
        by_part.setdefault(part, []).append(column["content"][rows])
    surplus = {}
    for part, parts in by_part.items():
        found, times = np.unique(np.concatenate(parts), return_counts=True)
        surplus[part] = int((times - 1).sum())
        for content, n in zip(found[times > 1], times[times > 1], strict=True):
            seen[int(content)] += int(n)
    wanted = dict(sorted(seen.items(), key=lambda item: (-item[1], item[0]))[:5])
    examples = []
    for (part, file), column in zip(shards, columns, strict=True):
        for content in list(wanted):
            places = np.flatnonzero(column["content"] == np.uint64(content))
            if len(places):
                examples.append(
                    {"part": part, **_named(file, int(places[0]))}
                    | {"times": wanted.pop(content)}
                )
    return Duplicates(surplus, examples)


def _named(file: Path, row: int) -> dict[str, Any]:
    with pa.memory_map(str(file)) as mapped:
        table = pa.ipc.open_file(mapped).read_all()
        return table.select(["source", "record_id"]).slice(row, 1).to_pylist()[0]
