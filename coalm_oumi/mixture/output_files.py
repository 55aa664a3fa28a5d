"""Writing the mixture's files: Parquet and JSON lines, some thousand rows each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from coalm_oumi.mixture.columns import STAGED, formatted, schema
from coalm_oumi.mixture.order import RowRange
from coalm_oumi.sample_columns import COMPRESSION, LEVEL, json_lines
from coalm_oumi.storage import atomic_file, sha256, write_json

_ROW_GROUP = 5000


@dataclass(frozen=True)
class FileTask:
    """One output file to write, in both formats.

    Attributes:
        number: Which file, from 0.
        files: How many there are.
        ranges: Its rows, by shard.
        row_format: `alpaca` or `messages`.
        drop_overlaps: Whether rows marked as overlapping are left out.
    """

    number: int
    files: int
    ranges: tuple[RowRange, ...]
    row_format: str
    drop_overlaps: bool

    @property
    def name(self) -> str:
        """The file's name without suffix, as the Hugging Face Hub has it."""
        return f"train-{self.number:05d}-of-{self.files:05d}"


def write_file(task: FileTask, shards: Path, output: Path, done: Path) -> None:
    """Writes an output file as Parquet and as JSON lines.

    Args:
        task: The file.
        shards: Folder of the shards.
        output: The build's folder; Parquet goes to `data/`, JSON lines to `jsonl/`.
        done: Folder for the report that says that the file is finished.
    """
    table = _rows(task, shards)
    parquet = output / "data" / f"{task.name}.parquet"
    lines = output / "jsonl" / f"{task.name}.jsonl"
    columns = schema(task.row_format)
    with (
        atomic_file(parquet) as own,
        atomic_file(lines) as own_lines,
        pq.ParquetWriter(
            own, columns, compression=COMPRESSION, compression_level=LEVEL
        ) as writer,
        own_lines.open("w", encoding="utf-8", newline="\n") as text,
    ):
        for batch in _groups(table):
            rows = formatted(batch, task.row_format)
            writer.write_batch(rows)
            for start in range(0, len(rows), 500):
                text.writelines(json_lines(rows.slice(start, 500)))
    files = [
        {
            "path": path.relative_to(output).as_posix(),
            "rows": len(table),
            "bytes": path.stat().st_size,
            "sha256": sha256(path),
        }
        for path in (parquet, lines)
    ]
    write_json(done / f"{task.name}.json", files)


def read_done(task: FileTask, output: Path, done: Path) -> list[dict[str, Any]] | None:
    """Returns the report of a finished file, or None if it is not finished."""
    report = done / f"{task.name}.json"
    if not report.is_file():
        return None
    files = json.loads(report.read_text("utf-8"))
    there = all((output / file["path"]).is_file() for file in files)
    return files if there else None


def _rows(task: FileTask, shards: Path) -> pa.Table:
    """Returns the rows of a file in their order."""
    tables = [STAGED.empty_table()]
    for each in task.ranges:
        with pa.memory_map(str(shards / each.shard)) as mapped:
            whole = pa.ipc.open_file(mapped).read_all()
        rows = whole.slice(each.start, each.stop - each.start)
        if task.drop_overlaps:
            marked = rows["overlaps"].to_numpy(zero_copy_only=False).astype(bool)
            rows = rows.filter(pa.array(~marked))
        tables.append(rows)
    table = pa.concat_tables(tables)
    return table.take(pa.array(np.argsort(table["key"].to_numpy(), kind="stable")))


def _groups(table: pa.Table) -> Iterator[pa.RecordBatch]:
    for start in range(0, len(table), _ROW_GROUP):
        group = table.slice(start, _ROW_GROUP).combine_chunks()
        yield from group.to_batches()
