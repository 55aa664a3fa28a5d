"""Rows of ToolACE's form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from coalm_oumi.calls import function_from_json_schema
from coalm_oumi.errors import DataFormatError, DataNotFoundError
from coalm_oumi.sources import Ledger, ToolAceConversation, Turn, read_toolace

FIND_BUS: dict[str, Any] = {
    "name": "Find Bus",
    "description": "Finds buses.",
    "parameters": {
        "type": "dict",
        "properties": {"to": {"description": "Where to.", "type": "string"}},
        "required": ["to"],
    },
    "required": None,
}
TURNS = [
    {"from": "user", "value": "A bus to Ely"},
    {"from": "assistant", "value": '[Find Bus(to="Ely")]'},
    {"from": "tool", "value": '[{"name": "Find Bus", "results": {"at": 9}}]'},
    {"from": "assistant", "value": "It leaves at nine."},
]


def system(tools: str = json.dumps([FIND_BUS])) -> str:
    return f"You compose calls.\n{tools}. \nWrite [f1(name=value, ...), f2()]\n"


def row(**changes: Any) -> dict[str, Any]:
    return {"system": system(), "conversations": TURNS} | changes


def turn(**changes: Any) -> dict[str, Any]:
    return {"conversations": [{"from": "assistant", "value": "Hello"} | changes]}


def write(path: Path, *rows: Any) -> Path:
    path.write_text(json.dumps(rows), "utf-8")
    return path


def contents(rows: list[ToolAceConversation]) -> list[tuple[Any, ...]]:
    return [(r.system, r.tools, r.turns, r.digest) for r in rows]


def read(path: Path) -> tuple[list[ToolAceConversation], Ledger]:
    ledger = Ledger("toolace")
    return list(read_toolace(path, ledger=ledger)), ledger


def test_a_row_is_a_system_text_tools_and_turns(tmp_path: Path) -> None:
    (found,), ledger = read(write(tmp_path / "data.json", row()))
    assert found.record_id == "data.json#0"
    assert found.system == system()
    assert found.tools == (function_from_json_schema(FIND_BUS),)
    assert found.bracketed
    assert found.turns == (
        Turn("user", "A bus to Ely"),
        Turn("assistant", '[Find Bus(to="Ely")]'),
        Turn("tool", '[{"name": "Find Bus", "results": {"at": 9}}]'),
        Turn("assistant", "It leaves at nine."),
    )
    assert (ledger.read, ledger.entries) == (1, [])


def test_the_digest_is_the_row_s_content_only(tmp_path: Path) -> None:
    rows = [row(), row(), row(conversations=TURNS[:2])]
    first, same, other = read(write(tmp_path / "data.json", *rows))[0]
    assert first.digest == same.digest != other.digest
    assert len(first.digest) == 64


def test_an_empty_list_of_tools_is_no_tools(tmp_path: Path) -> None:
    (found,), ledger = read(write(tmp_path / "d.json", row(system=system("[]"))))
    assert (found.tools, ledger.entries) == ((), [])


@pytest.mark.parametrize(
    "tools",
    [
        "- Find Bus (to): finds buses",
        '{"tool_name": "Find Bus"}',
        "<td>[{'parameter_name': 'to'}]</td>",
        '[{"tool_name": "Find Bus"}]',
        '[{"name": "Find Bus", "parameters": ["to"]}]',
    ],
)
def test_tools_listed_in_another_way_are_unknown_and_noted(
    tmp_path: Path, tools: str
) -> None:
    (found,), ledger = read(write(tmp_path / "data.json", row(system=system(tools))))
    assert found.tools is None
    assert ledger.kept == 1
    assert ledger.counts() == {("noted", "tools not listed as JSON schemas"): 1}


@pytest.mark.parametrize(
    ("asked", "bracketed"),
    [
        ("Use the format [func1(params_name=params_value, ...), func2(params)]", True),
        ("Use the format {[api]-('key1'='value1')}", False),
        ("Use the format [api:<key1--'Value_1', ...>, ...]", False),
        ("Use the format [apiName(key_1/'value_1')]", False),
        ("Answer.", False),
    ],
)
def test_a_row_asks_for_calls_in_brackets_or_not(
    tmp_path: Path, asked: str, bracketed: bool
) -> None:
    (found,), _ = read(write(tmp_path / "data.json", row(system=asked)))
    assert found.bracketed is bracketed


BAD_ROWS: list[tuple[dict[str, Any], str, str]] = [
    (row(system=None), "system", "expected text, found None."),
    (row(system=["a"]), "system", "expected text, found ['a']."),
    (
        row(system=system('[{"name": "Fi')),
        "system",
        "expected a JSON list of tools, fo",
    ),
    (row(system=system('[{"name": NaN}]')), "system", "expected a JSON list of tools,"),
    (
        row(system=system('[{"a":' * 9999)),
        "system",
        "expected a JSON list of tools, fo",
    ),
    (row(conversations=None), "conversations", "expected a list, found None."),
    (row(conversations="Hello"), "conversations", "expected a list, found 'Hello'."),
    (row(conversations=[]), "conversations", "there is no turn of the assistant."),
    (row(conversations=TURNS[:1]), "conversations", "there is no turn of the assistan"),
    (
        row(conversations=["Hi"]),
        "conversations",
        "turn 0: expected an object with named",
    ),
    (
        row(**turn(value=None)),
        "conversations",
        "turn 0, 'value': expected text, found N",
    ),
    (
        row(**turn(**{"from": "gpt"})),
        "conversations",
        "turn 0, 'from': 'gpt' is unknown. Expected one of: user, assistant, tool.",
    ),
]


@pytest.mark.parametrize(("bad", "field", "why"), BAD_ROWS)
def test_a_row_that_cannot_be_used_is_left_out_with_its_reason(
    tmp_path: Path, bad: dict[str, Any], field: str, why: str
) -> None:
    found, ledger = read(write(tmp_path / "data.json", row(), bad, row()))
    assert [r.record_id for r in found] == ["data.json#0", "data.json#2"]
    (entry,) = ledger.entries
    assert (entry.record_id, entry.action) == ("data.json#1", "rejected")
    assert entry.reason == f"{field} unusable"
    assert entry.detail.startswith(why)
    assert (ledger.read, ledger.kept) == (3, 2)


@pytest.mark.parametrize("missing", ["system", "conversations"])
def test_a_renamed_column_is_told_for_every_row(tmp_path: Path, missing: str) -> None:
    bad = row()
    bad["other"] = bad.pop(missing)
    found, ledger = read(write(tmp_path / "data.json", bad, bad))
    assert found == []
    assert ledger.counts() == {("rejected", f"{missing} unusable"): 2}


@pytest.mark.parametrize("cut", [0.3, 0.7, 0.99])
def test_a_file_that_breaks_off_is_an_error(tmp_path: Path, cut: float) -> None:
    path = write(tmp_path / "data.json", row(), row())
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * cut)])
    with pytest.raises(
        DataFormatError, match=r"data\.json: (not JSON|the JSON breaks)"
    ):
        list(read_toolace(path))


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match=r"no\.json: the file does not exist"):
        list(read_toolace(tmp_path / "no.json"))
    with pytest.raises(DataNotFoundError, match=r"the folder has no file of rows"):
        list(read_toolace(tmp_path))


def test_lines_parquet_and_arrow_give_the_same_rows(tmp_path: Path) -> None:
    changed = [dict(TURNS[0], value=f"Évora \U0001f355 {n}") for n in range(5)]
    rows = [row(conversations=[first, *TURNS[1:]]) for first in changed]
    expected = contents(read(write(tmp_path / "rows.json", *rows))[0])
    lines = "\n".join(json.dumps(each, ensure_ascii=False) for each in rows)
    (tmp_path / "rows.jsonl").write_text(lines, "utf-8")
    table = pa.Table.from_pylist(rows)
    pq.write_table(table, tmp_path / "rows.parquet", row_group_size=2)
    with pa.ipc.new_stream(tmp_path / "rows.arrow", table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    for name in ("rows.jsonl", "rows.parquet", "rows.arrow"):
        assert contents(read(tmp_path / name)[0]) == expected


def test_all_1000_real_rows_are_read(real_data: Path) -> None:
    path = real_data / "toolace" / "data.sample1000.json"
    found, ledger = read(path)
    assert (ledger.read, ledger.kept) == (1000, 1000)
    assert ledger.counts() == {("noted", "tools not listed as JSON schemas"): 53}
    assert sum(r.bracketed for r in found) == 947
    assert sum(r.tools == () for r in found) == 20
    assert sum(len(r.tools or ()) for r in found) == 2803
    for parsed, raw in zip(found, json.loads(path.read_text("utf-8")), strict=True):
        assert parsed.system == raw["system"]
        assert [{"from": t.role, "value": t.text} for t in parsed.turns] == raw[
            "conversations"
        ]
