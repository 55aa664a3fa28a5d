"""What a validation leaves: the rows and dialogues without a defect, whole or not at all.

`clean.parquet` and `clean_rows.jsonl` hold the rows, `clean.jsonl` the dialogues,
`defects.jsonl` every defect with its item.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from coalm_oumi.cra.validate.items import Validated
from coalm_oumi.storage import atomic_file

PARQUET = "clean.parquet"
ROWS = "clean_rows.jsonl"
DIALOGUES = "clean.jsonl"
DEFECTS = "defects.jsonl"
FILES = (PARQUET, ROWS, DIALOGUES, DEFECTS)
_BATCH = 1000


@dataclass
class FilteredWriter:
    """Writes items as they come; see `filtered_output`.

    Attributes:
        rows: Rows written.
        dialogues: Dialogues written.
    """

    row_lines: TextIOWrapper
    dialogue_lines: TextIOWrapper
    defect_lines: TextIOWrapper
    parquet: Path
    rows: int = 0
    dialogues: int = 0
    _columns: tuple[str, ...] = ()
    _pending: list[dict[str, Any]] = field(default_factory=list)
    _writer: pq.ParquetWriter | None = None

    def add(self, item: Validated) -> None:
        """Writes an item's defects, or the item itself if it has none."""
        for defect in item.defects:
            value = {"record_id": item.record_id, **vars(defect)}
            value["error_class"] = defect.error_class.value
            self._line(self.defect_lines, value)
        if item.problem:
            value = {"record_id": item.record_id, "unreadable": item.problem}
            self._line(self.defect_lines, value)
        if item.defects or item.problem:
            return
        if item.stored is not None:
            self._line(self.dialogue_lines, item.stored)
            self.dialogues += 1
        self._take(item.rows)

    def close(self) -> None:
        """Writes what is left, and the end of the Parquet file."""
        self._flush()
        if self._writer is None:
            empty = pa.table({name: pa.array([], pa.string()) for name in _ALPACA})
            pq.write_table(empty, self.parquet)
        else:
            self._writer.close()

    def _take(self, rows: Iterable[dict[str, Any]]) -> None:
        for row in rows:
            self._columns = self._columns or tuple(row)
            plain = {name: row.get(name) for name in self._columns}
            self._line(self.row_lines, plain)
            self._pending.append(plain)
            self.rows += 1
        if len(self._pending) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        if not self._pending:
            return
        schema = self._writer.schema if self._writer else None
        table = pa.Table.from_pylist(self._pending, schema=schema)
        if self._writer is None:
            self._writer = pq.ParquetWriter(self.parquet, table.schema)
        self._writer.write_table(table)
        self._pending.clear()

    @staticmethod
    def _line(file: TextIOWrapper, value: Any) -> None:
        file.write(json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n")


_ALPACA = ("instruction", "input", "output")


@contextmanager
def filtered_output(folder: Path) -> Iterator[FilteredWriter]:
    """Gives a writer whose files appear in `folder` when all is written.

    Args:
        folder: The folder; it is made.
    """
    with ExitStack() as stack:
        paths = [stack.enter_context(atomic_file(folder / name)) for name in FILES]
        parquet, *texts = paths
        with ExitStack() as files:
            opened = [
                files.enter_context(path.open("w", encoding="utf-8", newline="\n"))
                for path in texts
            ]
            writer = FilteredWriter(*opened, parquet=parquet)
            yield writer
            writer.close()
