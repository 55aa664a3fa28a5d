"""CoALM-IT as published, or as built here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from coalm_oumi.errors import DataFormatError, DataNotFoundError
from coalm_oumi.sources.coalm_it import coalm_it_files, read_coalm_it
from coalm_oumi.sources.ledger import Ledger

ROW = {"instruction": "Track.", "input": "User: Rain?", "output": "System: {}"}


def published(folder: Path, rows: list[dict[str, Any]]) -> Path:
    """Writes rows as the Hub lays them out, in two files."""
    (folder / "data").mkdir(parents=True)
    for number in (0, 1):
        table = pa.Table.from_pylist(rows[number::2])
        pq.write_table(table, folder / "data" / f"train-0000{number}-of-00002.parquet")
    return folder


def test_the_published_layout_is_read_in_order(tmp_path: Path) -> None:
    rows = [{**ROW, "input": f"User: {n}"} for n in range(4)]
    ledger = Ledger("coalm_it")
    found = list(read_coalm_it(published(tmp_path / "it", rows), ledger=ledger))
    inputs = [(row.record_id, row.input) for row in found]
    assert inputs == [
        ("train-00000-of-00002.parquet#0", "User: 0"),
        ("train-00000-of-00002.parquet#1", "User: 2"),
        ("train-00001-of-00002.parquet#0", "User: 1"),
        ("train-00001-of-00002.parquet#1", "User: 3"),
    ]
    assert found[0].origin == {}
    assert (ledger.read, ledger.kept) == (4, 4)


@pytest.mark.parametrize("suffix", ["json", "jsonl", "parquet"])
def test_a_single_file_of_any_kind_is_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"copy.{suffix}"
    if suffix == "parquet":
        pq.write_table(pa.Table.from_pylist([ROW]), path)
    else:
        path.write_text(json.dumps([ROW] if suffix == "json" else ROW))
    (row,) = read_coalm_it(path)
    assert (row.instruction, row.output) == ("Track.", "System: {}")


def test_the_origin_of_a_built_row_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    origin = {"part": "hammer", "source": "xlam", "record_id": "x#1", "copy": 2}
    path.write_text(json.dumps([{**ROW, **origin}]))
    (row,) = read_coalm_it(path)
    assert row.origin == origin


def test_renamed_columns_are_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text(json.dumps([{"prompt": "a", "input": "", "response": "b"}]))
    with pytest.raises(
        DataFormatError,
        match="instruction, output are missing, and the columns are prompt, input, resp",
    ):
        list(read_coalm_it(path))


def test_a_build_in_messages_format_is_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text(json.dumps([{"messages": [], "tools": "[]"}]))
    with pytest.raises(DataFormatError, match="--format messages is for other"):
        list(read_coalm_it(path))


def test_a_field_that_is_not_text_goes_into_the_ledger(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text(json.dumps([ROW, {**ROW, "output": 3}, {**ROW, "input": None}]))
    ledger = Ledger("coalm_it")
    kept = list(read_coalm_it(path, ledger=ledger))
    assert [row.input for row in kept] == ["User: Rain?", ""]
    (entry,) = ledger.entries
    assert (entry.record_id, entry.reason) == ("rows.json#1", "output unusable")


def test_what_is_no_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match="does not exist"):
        coalm_it_files(tmp_path / "nowhere")
    with pytest.raises(DataNotFoundError, match="no file of rows"):
        coalm_it_files(tmp_path)
    work = tmp_path / ".build"
    work.mkdir()
    (work / "plan.json").write_text("{}")
    with pytest.raises(DataFormatError, match=r"not finished.*--resume"):
        coalm_it_files(tmp_path)


def test_a_cut_file_is_named(tmp_path: Path) -> None:
    path = published(tmp_path / "it", [ROW, ROW]) / "data"
    file = path / "train-00001-of-00002.parquet"
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(DataFormatError, match=r"train-00001-of-00002\.parquet"):
        list(read_coalm_it(path.parent))
