"""CRA dialogues as JSON lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.calls import FunctionCall
from coalm_oumi.cra.dialogue import CraDialogue, CraTurn, Step
from coalm_oumi.cra.read.stored import (
    dialogue_from_json,
    dialogue_to_json,
    read_dialogues,
)
from coalm_oumi.errors import DataFormatError

FIND = FunctionCall("FindFerry", {"port": "Hull", "seats": 2, "car": False})
BOOK = FunctionCall("BookFerry", {"ship": "Gull"})
DIALOGUE = CraDialogue(
    "1_00000",
    (
        CraTurn(
            "A ferry?",
            "FindFerry.",
            Step(FIND, {"count": 1}, "One."),
            "One.",
            "Ferries_1",
            (Step(BOOK, None, "Booked."),),
        ),
        CraTurn("Grüße", "A greeting.", None, "Bye."),
    ),
)
JSON: dict[str, Any] = {
    "record_id": "1_00000",
    "turns": [
        {
            "user": "A ferry?",
            "thought": "FindFerry.",
            "call": {"name": "FindFerry", "arguments": dict(FIND.arguments)},
            "observation": {"count": 1},
            "thought2": "One.",
            "response": "One.",
            "service": "Ferries_1",
            "further": [
                {
                    "call": {"name": "BookFerry", "arguments": {"ship": "Gull"}},
                    "observation": None,
                    "thought2": "Booked.",
                }
            ],
        },
        {"user": "Grüße", "thought": "A greeting.", "response": "Bye."},
    ],
}


def test_there_and_back() -> None:
    assert dialogue_to_json(DIALOGUE) == JSON
    assert dialogue_from_json(json.loads(json.dumps(JSON))) == DIALOGUE


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "dialogues.jsonl"
    path.write_text(json.dumps(JSON, ensure_ascii=False) + "\n", encoding="utf-8")
    assert list(read_dialogues(path)) == [DIALOGUE]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "row 0: no CRA dialogue"),
        ("[]", "'turns' has to be a list"),
        ('{"record_id": "a", "turns": [{}]}', "'user' has to be a text"),
        ('{"record_id": "a", "turns": []}', "'turns' is empty"),
        ('{"record_id": "a", "turns": [{"user": "x"}]}', "'thought' has to be a text"),
        (
            '{"record_id": "a", "turns": [{"user": "x", "thought": "y", "call": []}]}',
            r"turns\[0\]: 'response' has to be a text|'call' has to be an object",
        ),
    ],
)
def test_another_form_is_named(tmp_path: Path, line: str, why: str) -> None:
    path = tmp_path / "dialogues.jsonl"
    path.write_text(line)
    with pytest.raises(DataFormatError, match=why):
        list(read_dialogues(path))


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(DataFormatError, match="cannot be read"):
        list(read_dialogues(tmp_path / "none.jsonl"))
