"""Rows of xLAM's form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from coalm_oumi.calls import FunctionCall, FunctionSchema
from coalm_oumi.errors import DataFormatError, DataNotFoundError, OptionError
from coalm_oumi.sources import FunctionCallingRow, Ledger, read_xlam
from coalm_oumi.sources.rows import OnBadRow

FIND_BUS: dict[str, Any] = {
    "name": "find_bus",
    "description": "Finds buses.",
    "parameters": {"to": {"description": "Where to.", "type": "str"}},
}
CALL: dict[str, Any] = {"name": "find_bus", "arguments": {"to": "Ely"}}


def row(number: int = 0, **changes: Any) -> dict[str, Any]:
    found = {
        "id": number,
        "query": f"Bus {number} to Ely",
        "tools": json.dumps([FIND_BUS]),
        "answers": json.dumps([CALL]),
    }
    return found | changes


def write(path: Path, *rows: Any) -> Path:
    path.write_text(json.dumps(rows), "utf-8")
    return path


def contents(rows: list[FunctionCallingRow]) -> list[tuple[Any, ...]]:
    return [(r.query, r.tools, r.calls, r.digest) for r in rows]


def test_a_row_is_a_query_tools_and_calls(tmp_path: Path) -> None:
    (found,) = read_xlam(write(tmp_path / "rows.json", row(7)))
    assert found.record_id == "rows.json#7"
    assert found.query == "Bus 7 to Ely"
    assert found.tools == (FunctionSchema.from_xlam(FIND_BUS),)
    assert found.calls == (FunctionCall("find_bus", {"to": "Ely"}),)


def test_an_irrelevance_row_has_no_calls(tmp_path: Path) -> None:
    (found,) = read_xlam(write(tmp_path / "rows.json", row(answers="[]")))
    assert found.calls == ()


def test_the_digest_is_the_row_s_content_only(tmp_path: Path) -> None:
    rows = [row(0), row(1, query="Bus 0 to Ely"), row(2)]
    first, same, other = read_xlam(write(tmp_path / "rows.json", *rows))
    assert first.digest == same.digest != other.digest
    assert len(first.digest) == 64


@pytest.mark.parametrize("own", [None, ...])
def test_a_row_without_an_id_is_named_by_its_number(tmp_path: Path, own: Any) -> None:
    rows = [row(), row(id=None)]
    if own is ...:
        del rows[1]["id"]
    _, found = read_xlam(write(tmp_path / "rows.json", *rows))
    assert found.record_id == "rows.json#1"


def test_two_tools_may_bear_one_name(tmp_path: Path) -> None:
    other = {"name": "find_bus", "parameters": {"from": {}}}
    calls = [CALL, {"name": "find_bus", "arguments": {"from": "Rye"}}]
    changed = row(tools=json.dumps([FIND_BUS, other]), answers=json.dumps(calls))
    (found,) = read_xlam(write(tmp_path / "rows.json", changed))
    assert [tool.name for tool in found.tools] == ["find_bus", "find_bus"]


BAD_ROWS: list[tuple[dict[str, Any], str, str]] = [
    (row(query=None), "query", "expected text, found None"),
    (row(query=["Bus"]), "query", "expected text"),
    (row(tools=[FIND_BUS]), "tools", "expected text"),
    (row(tools="no tools"), "tools", "expected a JSON list of tools, found 'no tools'"),
    (row(tools='[{"name": "f"'), "tools", "expected a JSON list of tools"),
    (row(tools=json.dumps(FIND_BUS)), "tools", "expected a JSON list of tools"),
    (row(tools='["find_bus"]'), "tools", "a tool is an object"),
    (row(tools='[{"name": "f", "name": "g"}]'), "tools", "'name' stands twice"),
    (row(tools='[{"name": "f", "parameters": []}]'), "tools", "tool 'f': 'parameters'"),
    (row(tools='[{"name": "f", "a": NaN}]'), "tools", "NaN is not JSON"),
    (row(tools='[{"name": "f", "a": 1e999}]'), "tools", "1e999 is too large"),
    (row(tools="[" * 100_000), "tools", "nested too deeply"),
    (row(tools='[{"name": "\\ud800"}]'), "tools", "half of a surrogate pair"),
    (row(answers=None), "answers", "expected text, found None"),
    (row(answers="I cannot help"), "answers", "expected a JSON list of calls"),
    (row(answers=json.dumps(CALL)), "answers", "expected a JSON list of calls"),
    (row(answers='[{"name": "find_bus", "arguments": 1}]'), "answers", "'arguments'"),
    (row(answers='[{"name": "find_tram"}]'), "answers", "'find_tram' names no listed"),
    (row(answers='[{"name": "find_bus", "arguments": {"at": 1}}]'), "answers", "'at'"),
]


@pytest.mark.parametrize(("bad", "field", "why"), BAD_ROWS)
def test_a_row_that_cannot_be_used_is_told_with_its_place(
    tmp_path: Path, bad: dict[str, Any], field: str, why: str
) -> None:
    path = write(tmp_path / "rows.json", row(), bad)
    with pytest.raises(DataFormatError, match=why) as caught:
        list(read_xlam(path))
    message = str(caught.value)
    assert message.startswith(f"{path}: row 1, field '{field}': ")
    assert message.endswith("or set on_bad_row: reject.")
    message.encode("utf-8")


@pytest.mark.parametrize("missing", ["query", "tools", "answers"])
def test_a_missing_field_is_named(tmp_path: Path, missing: str) -> None:
    bad = row()
    del bad[missing]
    with pytest.raises(
        DataFormatError, match=f"'{missing}': expected text, found noth"
    ):
        list(read_xlam(write(tmp_path / "rows.json", bad)))


def test_rows_that_cannot_be_used_are_left_out_and_counted(tmp_path: Path) -> None:
    bad = [changed for changed, _, _ in BAD_ROWS]
    path = write(tmp_path / "rows.json", row(100), *bad, row(101))
    ledger = Ledger("xlam")
    found = list(read_xlam(path, on_bad_row="reject", ledger=ledger))
    assert [r.record_id for r in found] == ["rows.json#100", "rows.json#101"]
    assert (ledger.read, ledger.kept) == (len(bad) + 2, 2)
    assert ledger.counts() == {
        ("rejected", "query unusable"): 2,
        ("rejected", "tools unusable"): 11,
        ("rejected", "answers unusable"): 6,
    }
    assert ledger.entries[0].detail == "expected text, found None."


def test_half_of_a_surrogate_pair_in_the_query_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text('[{"query": "\\ud800", "tools": "[]", "answers": "[]"}]')
    with pytest.raises(DataFormatError, match=r"surrogate"):
        list(read_xlam(path))


def test_an_unknown_choice_is_refused(tmp_path: Path) -> None:
    choice: Any = "rejected"
    with pytest.raises(OptionError, match=r"'on_bad_row'.*did you mean 'reject'"):
        list(read_xlam(tmp_path, on_bad_row=choice))


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match=r"no\.json: the file does not exist"):
        list(read_xlam(tmp_path / "no.json"))
    with pytest.raises(DataNotFoundError, match=r"the folder has no file of rows"):
        list(read_xlam(tmp_path))


def test_a_folder_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    write(tmp_path / "b.json", row(1))
    write(tmp_path / "a.json", row(0))
    write(tmp_path / ".hidden.json", "not a row")
    (tmp_path / "README.md").write_text("rows")
    found = [r.record_id for r in read_xlam(tmp_path)]
    assert found == ["a.json#0", "b.json#1"]


def test_parquet_and_arrow_give_the_same_rows(tmp_path: Path) -> None:
    rows = [row(n, query=f"Évora \U0001f355 {n}") for n in range(5)]
    expected = contents(list(read_xlam(write(tmp_path / "rows.json", *rows))))
    table = pa.Table.from_pylist(rows)
    pq.write_table(table, tmp_path / "rows.parquet", row_group_size=2)
    with pa.ipc.new_stream(tmp_path / "stream.arrow", table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    with pa.ipc.new_file(tmp_path / "file.arrow", table.schema) as writer:
        writer.write_table(table)
    for name in ("rows.parquet", "stream.arrow", "file.arrow"):
        assert contents(list(read_xlam(tmp_path / name))) == expected


def test_a_folder_that_datasets_saved_gives_the_same_rows(tmp_path: Path) -> None:
    import datasets

    rows = [row(n) for n in range(5)]
    expected = contents(list(read_xlam(write(tmp_path / "rows.json", *rows))))
    saved = tmp_path / "saved"
    datasets.Dataset.from_list(rows).save_to_disk(saved, num_shards=2)
    assert (saved / "state.json").exists()
    assert contents(list(read_xlam(saved))) == expected


@pytest.mark.parametrize("on_bad_row", ["error", "reject"])
def test_a_damaged_file_is_an_error_whatever_happens_to_rows(
    tmp_path: Path, on_bad_row: OnBadRow
) -> None:
    path = tmp_path / "rows.json"
    path.write_text('[{"query"')
    with pytest.raises(DataFormatError, match=r"breaks off"):
        list(read_xlam(path, on_bad_row=on_bad_row))


def test_all_700_real_rows_are_read(real_data: Path) -> None:
    path = real_data / "xlam" / "xlam_function_calling_60k.sample700.json"
    ledger = Ledger("xlam")
    found = list(read_xlam(path, ledger=ledger))
    assert (len(found), ledger.read, ledger.entries) == (700, 700, [])
    rows = json.loads(path.read_text("utf-8"))
    for parsed, raw in zip(found, rows, strict=True):
        assert [t.to_xlam() for t in parsed.tools] == json.loads(raw["tools"])
        assert [
            {"name": c.name, "arguments": c.arguments} for c in parsed.calls
        ] == json.loads(raw["answers"])
