"""`coalm/toolace` as Oumi uses it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.datasets import ToolAceDataset
from coalm_oumi.oumi_errors import CoalmOumiError

SYSTEM = """Functions:
[{"name": "Find Bus", "parameters": {"properties": {"to": {"type": "string"}}}}].
Write [f1(name=value, ...)]
"""


def write(path: Path, *replies: str) -> Path:
    rows = [
        {
            "system": SYSTEM,
            "conversations": [
                {"from": "user", "value": "A bus to Ely"},
                {"from": "assistant", "value": reply},
            ],
        }
        for reply in replies
    ]
    path.write_text(json.dumps(rows), "utf-8")
    return path


def test_a_file_of_one_s_own_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.json", '[Find Bus(to="Ely")]')
    dataset = ToolAceDataset(dataset_path=str(path))
    user, assistant = dataset.conversation(0).messages
    assert user.content == f"{SYSTEM}\nUser: A bus to Ely"
    assert assistant.content == '[Find Bus(to="Ely")]'
    assert dataset.data_origin == str(path)


def test_an_unclosed_bracket_is_a_line_of_the_ledger(tmp_path: Path) -> None:
    replies = ('[Find Bus(to="Ely"', '[Find Bus(to="Ely")]', "No bus goes there.")
    path = write(tmp_path / "rows.json", *replies)
    dataset = ToolAceDataset(dataset_path=str(path))
    assert [list(ledger.lines()) for ledger in dataset.ledgers] == [
        ["toolace: 3 rows read, 3 kept"],
        [
            "toolace, assistant turns: 3 rows read, 2 kept",
            "toolace, assistant turns: 1 rejected: calls cannot be read",
        ],
        ["coalm/toolace, samples: 2 rows read, 2 kept"],
    ]


def test_a_file_that_breaks_off_is_told_as_oumi_tells_errors(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.json", "Hello")
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(CoalmOumiError, match=r"rows\.json: .*may be truncated"):
        ToolAceDataset(dataset_path=str(path))


def test_rows_none_of_which_can_be_used_are_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.json", "[Find Bus(")
    with pytest.raises(CoalmOumiError, match=r"there is none in the data given"):
        ToolAceDataset(dataset_path=str(path))


def test_the_user_s_file_is_found_under_its_own_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "toolace").mkdir()
    path = write(tmp_path / "toolace" / "data.sample1.json", "Hello")
    monkeypatch.setenv("COALM_DATA_DIR", str(tmp_path))
    dataset = ToolAceDataset(on_missing="error")
    assert dataset.data_origin == f"{path} (COALM_DATA_DIR)"


def test_the_embedded_corpus_is_read() -> None:
    dataset = ToolAceDataset(on_missing="embedded")
    without = ToolAceDataset(on_missing="embedded", own_notation="reject")
    assert (len(dataset), len(without)) == (402, 390)


def test_the_tokens_are_those_of_oumi_s_own_path(tokenizer: Any) -> None:
    dataset = ToolAceDataset(on_missing="embedded", tokenizer=tokenizer)
    for number in range(0, len(dataset), 20):
        stock = dataset.tokenize(dataset.conversation(number))
        assert dataset[number]["input_ids"] == stock["input_ids"]


@pytest.mark.parametrize(
    ("option", "value", "why"),
    [
        ("own_notation", "drop", "'own_notation'.*Expected one of: keep, reject"),
        ("sample_seed", "7", "'sample_seed': expected a whole number"),
        ("on_missing", "embed", "'on_missing'.*did you mean 'embedded'"),
        ("split", "test", "'split': there is no part 'test'"),
    ],
)
def test_a_wrong_option_is_refused(option: str, value: Any, why: str) -> None:
    options: dict[str, Any] = {"on_missing": "embedded"} | {option: value}
    with pytest.raises(CoalmOumiError, match=why):
        ToolAceDataset(**options)
