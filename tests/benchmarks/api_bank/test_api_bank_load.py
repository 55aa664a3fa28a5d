"""Rows, prompts and ids of api_bank."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.benchmarks.api_bank import load_api_bank
from coalm_oumi.benchmarks.api_bank.prompt import OriginalTurns, published_request
from coalm_oumi.calls import FunctionCall
from coalm_oumi.errors import DataFormatError, DataNotFoundError

ROW = {
    "instruction": "Tools: none.\n\n[BEGIN OF QUERY]\nUser: Hi\n[END OF QUERY]",
    "input": "",
    "output": '```\n[{"name": "Wave", "arguments": {}}]\n```',
}
TURNS = [
    {"role": "user", "content": "Wake me at 7."},
    {"role": "agent", "content": "Sure."},
    {"role": "assistant", "content": "```[]```"},
    {"role": "tool", "content": "success"},
    {"role": "agent", "content": "Done. And now?\nGenerate API Request:"},
]


def folder_of(path: Path, *rows: Any, turns: Any = TURNS) -> Path:
    for name, content in (("hammer", list(rows)), ("original", [{"query": turns}])):
        (path / name).mkdir(parents=True, exist_ok=True)
        for level in (1, 2):
            file = path / name / f"apibank_l{level}.json"
            file.write_text(json.dumps(content))
    return path


def test_ids_go_by_level_and_row(tmp_path: Path) -> None:
    data = load_api_bank(data=folder_of(tmp_path, ROW, ROW))
    assert [case.id for case in data.cases] == ["l1-0", "l1-1", "l2-0", "l2-1"]
    assert data.cases[0].call == FunctionCall("Wave", {})


def test_one_level_only(tmp_path: Path) -> None:
    data = load_api_bank(data=folder_of(tmp_path, ROW), levels=[2])
    assert [case.id for case in data.cases] == ["l2-0"]


def test_the_real_rows(real_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COALM_DATA_DIR", str(real_data))
    cases = load_api_bank(on_missing="error").cases
    assert (len(cases), cases[398].id, cases[-1].id) == (526, "l1-398", "l2-126")
    assert cases[0].prompt.endswith("Generate API Request:\n\n[END OF QUERY]\n\n")


def test_the_embedded_rows_stand_in() -> None:
    data = load_api_bank(on_missing="embedded")
    assert [sum(c.level == level for c in data.cases) for level in (1, 2)] == [24, 12]
    assert "(embedded)" in data.origin
    assert data.cases[24].call.name == "ToolSearcher"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"output": "Sure."}, "row 1, field 'output': expected a JSON list with one"),
        ({"output": "[]"}, "row 1, field 'output'"),
        ({"output": None}, "row 1, field 'output': expected text, found None"),
        ({"instruction": 3}, "row 1, field 'instruction': expected text, found 3"),
        ({"input": "Hi"}, "row 1, field 'input': expected it to be empty"),
    ],
)
def test_malformed_rows_are_named(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataFormatError, match=message):
        load_api_bank(data=folder_of(tmp_path, ROW, {**ROW, **change}))


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    file = folder_of(tmp_path, ROW) / "hammer" / "apibank_l1.json"
    with pytest.raises(DataNotFoundError, match="expected a folder"):
        load_api_bank(data=file)


def test_the_published_prompt_is_one_message(tmp_path: Path) -> None:
    case = load_api_bank(data=folder_of(tmp_path, ROW)).cases[0]
    (message,) = published_request(case).messages
    assert (message.role, message.content) == ("user", ROW["instruction"])


def test_original_turns(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, ROW)
    case = load_api_bank(data=folder).cases[0]
    request = OriginalTurns(folder, 1).request(case)
    assert [(m.role, m.content) for m in request.messages] == [
        ("system", "Tools: none."),
        ("user", "Wake me at 7."),
        ("assistant", "Sure.\n```[]```"),
        ("tool", "success"),
        ("assistant", "Done. And now?"),
        ("user", "Generate API Request:"),
    ]


def test_original_turns_of_the_user_last(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "Wake me.\nGenerate API Request:"}]
    folder = folder_of(tmp_path, ROW, turns=turns)
    case = load_api_bank(data=folder).cases[0]
    request = OriginalTurns(folder, 1).request(case)
    assert [(m.role, m.content) for m in request.messages[1:]] == [
        ("user", "Wake me.\nGenerate API Request:")
    ]


@pytest.mark.parametrize("turns", [None, [], [{"role": "nobody", "content": ""}], [3]])
def test_malformed_turns_are_named(tmp_path: Path, turns: Any) -> None:
    folder = folder_of(tmp_path, ROW, turns=turns)
    case = load_api_bank(data=folder).cases[0]
    with pytest.raises(DataFormatError, match="row 0, field 'query'"):
        OriginalTurns(folder, 1).request(case)


def test_every_real_row_has_its_turns(real_data: Path) -> None:
    folder = real_data / "api_bank" / "hammer_test"
    turns = {level: OriginalTurns(folder, level) for level in (1, 2)}
    for case in load_api_bank(data=folder).cases:
        messages = turns[case.level].request(case).messages
        assert messages[-1].content.endswith("Generate API Request:")
        roles = [message.role for message in messages]
        assert all(a != b for a, b in pairwise(roles))
