"""Thoughts for a dialogue whose calls and results are given."""

from __future__ import annotations

import json
from typing import Any

import pytest

from coalm_oumi.calls import FunctionCall
from coalm_oumi.cra.dialogue import CraDialogue, CraTurn, Step
from coalm_oumi.cra.generate.thoughts_reply import parse_thoughts
from coalm_oumi.cra.read.reply import ParsedCra, Rejection

FERRY = CraDialogue(
    "1_00000",
    (
        CraTurn(
            "Any ferry from Hull?",
            "",
            Step(FunctionCall("FindFerry", {"port": "Hull"}), {"count": 1}, ""),
            "There is one at 9:30.",
        ),
        CraTurn("Thanks.", "", None, "Welcome."),
    ),
)
GOOD: list[dict[str, Any]] = [
    {"turn": 1, "thought1": "A ferry\nfrom Hull.", "thought2": "One came back."},
    {"turn": 2, "thought": "Nothing more is asked."},
]


def read(value: Any, *, rephrased: bool = False) -> ParsedCra | Rejection:
    text = value if isinstance(value, str) else json.dumps(value)
    return parse_thoughts(text, FERRY, rephrased=rephrased)


def test_thoughts_join_the_given_calls() -> None:
    found = read(GOOD)
    assert isinstance(found, ParsedCra)
    assert found.repairs == ()
    first, second = found.turns
    assert first.thoughts == ("A ferry from Hull.", "One came back.")
    assert first.step is not None
    assert first.step.call == FunctionCall("FindFerry", {"port": "Hull"})
    assert first.response == "There is one at 9:30."
    assert second.thoughts == ("Nothing more is asked.",)


@pytest.mark.parametrize(
    "around", ["```json\n%s\n```", "Here is [the list]:\n%s", "%s\nI hope it helps."]
)
def test_what_stands_around_is_cut_off_and_named(around: str) -> None:
    found = read(around % json.dumps(GOOD))
    assert isinstance(found, ParsedCra)
    assert [repair.rule for repair in found.repairs] == ["text around the list cut off"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "no JSON list"),
        ("I cannot do that.", "no JSON list"),
        ('[{"turn": 1,', "the JSON list is broken"),
        (GOOD[:1], "thoughts for another number of turns"),
        (GOOD[::-1], "the turns are out of order"),
        ([{**GOOD[0], "thought2": ""}, GOOD[1]], "a thought is missing"),
        ([{**GOOD[0], "thought1": None}, GOOD[1]], "a thought is missing"),
        ([GOOD[0], {"turn": 2, "thought": "x" * 3000}], "a thought is longer than"),
        ("[" * 100_000, "the JSON list is broken"),
    ],
)
def test_rejected(value: Any, reason: str) -> None:
    found = read(value)
    assert isinstance(found, Rejection)
    assert found.reason.startswith(reason)


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ("One leaves at 9:30.", None),
        ("One leaves at 9:45.", "the response has other numbers"),
        ("One leaves in the morning.", "the response has other numbers"),
    ],
)
def test_a_rephrased_response_keeps_its_numbers(
    response: str, reason: str | None
) -> None:
    second = {**GOOD[1], "response": "My pleasure."}
    found = read([{**GOOD[0], "response": response}, second], rephrased=True)
    assert getattr(found, "reason", None) == reason
    if isinstance(found, ParsedCra):
        assert [turn.response for turn in found.turns] == [response, "My pleasure."]
