"""The order of the mixture: decided by the rows, not by who made them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from coalm_oumi.mixture.columns import STAGED
from coalm_oumi.mixture.order import RowRange, order_rows


def shard(
    folder: Path, part: str, rows: list[tuple[int, int, bool]]
) -> tuple[str, Path]:
    """Writes a shard of (key, content, overlaps) rows."""
    texts = dict.fromkeys(
        ("instruction", "input", "output", "prompt", "transformation"), ""
    )
    made = [
        {**texts, "part": part, "source": "s", "record_id": f"{part}{key}", "seed": 1}
        | {"copy": 0, "key": key, "content": content, "tokens": 10, "overlaps": marked}
        for key, content, marked in rows
    ]
    path = folder / f"{part}.arrow"
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, STAGED) as writer:
        writer.write_batch(pa.RecordBatch.from_pylist(made, schema=STAGED))
    return part, path


def test_each_file_takes_the_next_keys_of_all_shards(tmp_path: Path) -> None:
    shards = [
        shard(tmp_path, "a", [(1, 1, False), (4, 2, False), (9, 3, False)]),
        shard(tmp_path, "b", [(2, 4, False), (3, 5, False)]),
    ]
    mixture = order_rows(shards, drop_overlaps=False, rows_per_file=2)
    assert mixture.rows == [2, 2, 1]
    assert mixture.files == [
        [RowRange("a.arrow", 0, 1), RowRange("b.arrow", 0, 1)],
        [RowRange("a.arrow", 1, 2), RowRange("b.arrow", 1, 2)],
        [RowRange("a.arrow", 2, 3)],
    ]
    assert mixture.samples == {"a": 3, "b": 2}
    assert mixture.tokens == {"a": 30, "b": 20}


def test_dropped_rows_leave_no_gap(tmp_path: Path) -> None:
    shards = [shard(tmp_path, "a", [(1, 1, True), (2, 2, False), (3, 3, False)])]
    mixture = order_rows(shards, drop_overlaps=True, rows_per_file=2)
    assert mixture.rows == [2]
    assert mixture.files == [[RowRange("a.arrow", 1, 3)]]
    assert (mixture.samples, mixture.dropped) == ({"a": 2}, {"a": 1})
    assert mixture.tokens == {"a": 20}


def test_equal_contents_are_counted_and_shown(tmp_path: Path) -> None:
    rows = [(1, 7, False), (2, 7, False), (3, 7, False), (4, 8, False)]
    mixture = order_rows(
        [shard(tmp_path, "a", rows), shard(tmp_path, "b", [(5, 9, False)])],
        drop_overlaps=False,
    )
    assert mixture.duplicates.surplus == {"a": 2, "b": 0}
    assert mixture.duplicates.examples == [
        {"part": "a", "source": "s", "record_id": "a1", "times": 3}
    ]


def test_no_rows_make_no_files(tmp_path: Path) -> None:
    mixture = order_rows([shard(tmp_path, "a", [])], drop_overlaps=False)
    assert (mixture.files, mixture.samples) == ([], {"a": 0})
