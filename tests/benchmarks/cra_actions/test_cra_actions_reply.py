"""What a reply to the action prompt is read as."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalm_oumi.benchmarks.cra_actions import Reply, parse_reply
from coalm_oumi.calls import FunctionCall, write_action

FERRY = Reply("call", FunctionCall("FindFerry", {"port": "Hull", "seats": 2}))
CALL = "FindFerry(port='Hull', seats=2)"
RESPONSE = Reply("response")


@pytest.mark.parametrize(
    "text",
    [
        f"Action: {CALL}",
        f"  Action: {CALL}\n",
        f"Action : {CALL}",
        f"```\nAction: {CALL}\n```",
        f"Action:\n```python\n{CALL}\n```",
        f"Thought: The port is known.\nAction: {CALL}",
        f"I search.\n\nAction: {CALL}",
        f"Action: {CALL}\nObservation: {{'count': 0}}\nThought: None.\nSystem: Sorry.",
        f"Action: {CALL}\nThis finds a ferry.",
        f"Action: {CALL}\nAction: FindFerry(port='Rye')",
        "Action: FindFerry(\n  port='Hull',\n  seats=2,\n)",
        "Action: FindFerry(port=Hull, seats=2)",
        CALL,
        f"{CALL}\nObservation: {{}}",
    ],
)
def test_a_call(text: str) -> None:
    assert parse_reply(text) == FERRY


@pytest.mark.parametrize(
    "text",
    [
        "System: From which port?",
        "Thought: The port is missing.\nSystem: From which port?",
        f"System: I could run {CALL}.\nAction: {CALL}",
        "System: It leaves at 9.\nUser: Thanks.",
    ],
)
def test_a_response(text: str) -> None:
    assert parse_reply(text) == RESPONSE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "From which port?",
        "Thought: I need the port.",
        "System:",
        "System: \nAction: ",
        f"I would call {CALL}.",
        "User: Hull\nObservation: 3",
        "FindFerry(port='Hull'",
        "grand(total required",
    ],
)
def test_neither(text: str) -> None:
    assert parse_reply(text) == Reply(None)


@pytest.mark.parametrize(
    "text",
    [
        "Action:",
        "Action: FindFerry",
        "Action: FindFerry(port='Hull'",
        "Action: FindFerry('Hull')",
        f"Action: {CALL}, {CALL}",
        "Action: [FindFerry(port='Hull')]",
        "Action: none",
        "Action: F(x=" + "[" * 5_000 + ")",
        "Action: F(x=" + "1" * 100_000 + ")",
    ],
)
def test_a_call_that_cannot_be_read_is_still_a_decision(text: str) -> None:
    reply = parse_reply(text)
    assert reply == Reply("call", None)
    assert not reply.is_readable


VALUES = st.one_of(st.text(st.characters(codec="utf-8")), st.integers(), st.booleans())


@given(st.dictionaries(st.from_regex(r"a_[a-z]{1,5}", fullmatch=True), VALUES))
def test_every_action_that_can_be_written_is_read(arguments: dict[str, object]) -> None:
    call = FunctionCall("GetRide", arguments)  # pyright: ignore[reportArgumentType]
    assert parse_reply(f"Action: {write_action(call)}") == Reply("call", call)


@given(st.text())
def test_no_text_stops_the_reader(text: str) -> None:
    for shown in (text, f"Action: {text}", f"F({text}"):
        assert parse_reply(shown).decision in ("call", "response", None)
