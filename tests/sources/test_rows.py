"""Files of rows in their formats, whole and damaged."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from coalm_oumi.errors import DataFormatError, DataNotFoundError
from coalm_oumi.sources.rows import read_json, read_json_lines, read_rows, read_text

ROWS: list[dict[str, Any]] = [
    {"id": 0, "query": "Two seats to Évora", "tools": "[]"},
    {"id": 1, "query": "line\u2028separator\u0085and \U0001f355", "tools": "[1]"},
]


def write_json(path: Path) -> None:
    path.write_text(json.dumps(ROWS, ensure_ascii=False), "utf-8")


def write_lines(path: Path) -> None:
    lines = (json.dumps(row, ensure_ascii=False) for row in ROWS)
    path.write_text("\n\n".join(lines) + "\n", "utf-8")


def write_parquet(path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS), path)


def write_stream(path: Path) -> None:
    table = pa.Table.from_pylist(ROWS)
    with pa.ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=1)


def write_arrow_file(path: Path) -> None:
    table = pa.Table.from_pylist(ROWS)
    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=1)


FORMATS: list[tuple[str, Callable[[Path], None]]] = [
    ("rows.json", write_json),
    ("rows.jsonl", write_lines),
    ("rows.parquet", write_parquet),
    ("rows.PARQUET", write_parquet),
    ("stream.arrow", write_stream),
    ("file.arrow", write_arrow_file),
]


@pytest.mark.parametrize(("name", "write"), FORMATS)
def test_every_format_gives_the_same_rows(
    tmp_path: Path, name: str, write: Callable[[Path], None]
) -> None:
    write(tmp_path / name)
    assert list(read_rows(tmp_path / name)) == list(enumerate(ROWS))


def test_a_byte_order_mark_and_windows_line_ends_are_no_content(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}\r\n{"a": 2}\r\n')
    assert list(read_rows(path)) == [(0, {"a": 1}), (1, {"a": 2})]


@pytest.mark.parametrize(
    "name", ["no.json", "no.jsonl", "no.parquet", "no.arrow", "no/such/folder.json"]
)
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataNotFoundError, match=r"does not exist. Check") as caught:
        list(read_rows(tmp_path / name))
    assert str(tmp_path / name) in str(caught.value)


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    (tmp_path / "rows.json").mkdir()
    with pytest.raises(DataNotFoundError, match=r"cannot be read"):
        list(read_rows(tmp_path / "rows.json"))


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,b")
    with pytest.raises(DataFormatError, match=r"rows.csv: expected a file of rows"):
        list(read_rows(tmp_path / "rows.csv"))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "the file is empty"),
        (b" \n", "the file is empty"),
        (b'[{"a": 1}, {"a"', "breaks off at line 1, column 16"),
        (b'[{"a": 1}, {b}]', "not JSON: .* at line 1, column 13"),
        (b'{"a": 1}', "expected a JSON list of rows.*jsonl"),
        (b'[{"a": 1}, 5]', "row 1: expected an object with named fields, found '5'"),
        (b'[{"a": 1, "a": 2}]', "the key 'a' stands twice"),
        (b'[{"a": NaN}]', "NaN is not JSON"),
        (b'[{"a": 1e999}]', "1e999 is too large"),
        (b'[{"a": ' + b"9" * 5000 + b"}]", "limit"),
        (b"[" * 100_000, "nested too deeply"),
        (rb'[{"a": "\ud800"}]', "surrogate"),
        ('[{"a": "é"}]'.encode("latin-1"), "expected UTF-8 text, found byte 0xe9"),
        ('[{"a": "é"}]'.encode("utf-16"), "expected UTF-8 text, found byte 0xff"),
        ('[{"a": "b"}]'.encode("utf-16-le"), "not JSON"),
    ],
)
def test_a_damaged_json_file_is_told_with_its_path_and_a_remedy(
    tmp_path: Path, content: bytes, why: str
) -> None:
    path = tmp_path / "rows.json"
    path.write_bytes(content)
    with pytest.raises(DataFormatError, match=why) as caught:
        list(read_rows(path))
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "the file is empty"),
        (b'{"a": 1}\n{"a"', "line 2 is not JSON"),
        (b'{"a": 1}\n\n{"a": 1, "a": 1}', "line 3 .*stands twice.*Correct or remove"),
        (b'{"a": 1}\n[1]', "row 1: expected an object"),
        (b'{"a": NaN}', "line 1 .*NaN"),
        (b'{"a": 1e999}', "line 1 .*too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "line 1 .*limit"),
        (b'{"a":' * 100_000, "line 1 .*too deeply"),
        (rb'{"a": "\udc00"}', "line 1 .*surrogate"),
        ('{"a": "é"}'.encode("utf-16"), "expected UTF-8 text"),
    ],
)
def test_a_damaged_line_is_told_with_its_number(
    tmp_path: Path, content: bytes, why: str
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)
    with pytest.raises(DataFormatError, match=why) as caught:
        list(read_json_lines(path))
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize("cut", [0, 3, 100, -1])
@pytest.mark.parametrize(
    ("name", "write"), [f for f in FORMATS if "rows.parquet" in f or "arrow" in f[0]]
)
def test_a_cut_off_arrow_or_parquet_file_is_refused(
    tmp_path: Path, name: str, write: Callable[[Path], None], cut: int
) -> None:
    path = tmp_path / name
    write(path)
    whole = path.read_bytes()
    # A stream may lack its end mark; what is cut from it must reach into a batch.
    path.write_bytes(whole[: -200 if cut == -1 else cut])
    with pytest.raises(DataFormatError, match=r"cannot be read as .*Fetch or copy"):
        list(read_rows(path))


def test_a_damaged_page_of_a_parquet_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.Table.from_pylist(ROWS * 100), path, compression="snappy")
    damaged = bytearray(path.read_bytes())
    damaged[4:200] = b"\xff" * 196
    path.write_bytes(damaged)
    with pytest.raises(DataFormatError, match=r"cannot be read as parquet"):
        list(read_rows(path))


def test_a_text_column_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.arrow"
    offsets = pa.py_buffer(b"\0\0\0\0\2\0\0\0")
    column = pa.StringArray.from_buffers(1, offsets, pa.py_buffer(b"\xff\xfe"))
    table = pa.table({"query": column})
    with pa.ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table)
    with pytest.raises(DataFormatError, match=r"cannot be read as arrow"):
        list(read_rows(path))


def test_surrogate_pairs_and_latin_1_are_read_where_allowed(tmp_path: Path) -> None:
    path = tmp_path / "text.json"
    path.write_bytes(b'"caf\xc3\xa9 \xed\xa0\xbc\xed\xbd\x95"')
    assert read_json(path, latin_1=True) == "café \U0001f355"
    path.write_bytes('"café"'.encode("latin-1"))
    assert read_json(path, latin_1=True) == "café"
    path.write_bytes(b'"half \xed\xa0\xbc"')
    assert "half" in read_json(path, latin_1=True)


def test_utf_16_is_not_taken_for_latin_1(tmp_path: Path) -> None:
    path = tmp_path / "text.json"
    path.write_bytes('"café"'.encode("utf-16"))
    with pytest.raises(DataFormatError, match=r"Save the file as UTF-8"):
        read_text(path, latin_1=True)
