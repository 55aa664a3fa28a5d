"""What models write is read, mended by name, or rejected with a reason."""

from __future__ import annotations

import pytest

from coalm_oumi.calls import FunctionCall
from coalm_oumi.cra.read import reply_arguments, reply_lines, reply_turns
from coalm_oumi.cra.read.reply import LONGEST, ParsedCra, Rejection, parse_reply
from coalm_oumi.cra.read.reply_arguments import (
    UnreadableArgumentsError,
    parse_arguments,
)
from tests.cra.mutated_replies import run

PLAIN = """User: Is there a ferry from Hull?
Thought1: FindFerry needs the port alone.
API Name: FindFerry
API Input: {"port": "Hull"}
API Result: {"count": 1, "results": [{"fare": "12"}]}
Thought2: There is one result.
System: There is one for $12.

User: Thank you.
Thought: The user is content. I need no API.
System: You are welcome.
"""


def parsed(text: str) -> ParsedCra:
    found = parse_reply(text)
    assert isinstance(found, ParsedCra), str(found)
    return found


def rejected(text: str) -> Rejection:
    found = parse_reply(text)
    assert isinstance(found, Rejection)
    return found


def rules(found: ParsedCra) -> set[str]:
    return {repair.rule for repair in found.repairs}


def test_the_format_of_table_6_needs_no_repair() -> None:
    found = parsed(PLAIN)
    assert found.repairs == ()
    first, second = found.turns
    assert first.user == "Is there a ferry from Hull?"
    assert first.thought == "FindFerry needs the port alone."
    assert first.step is not None
    assert first.step.call == FunctionCall("FindFerry", {"port": "Hull"})
    assert first.step.observation == {"count": 1, "results": [{"fare": "12"}]}
    assert first.step.thought == "There is one result."
    assert first.response == "There is one for $12."
    assert second.step is None
    assert second.thoughts == ("The user is content. I need no API.",)


def test_emphasis_fences_headings_and_remarks_are_taken_off_by_name() -> None:
    text = PLAIN.replace("User:", "**User:**").replace("Thought1:", "**Thought 1**:")
    text = f"Sure, here it is:\n\n```\n### Turn 1\n{text}```\nShall I write more?\n"
    found = parsed(text)
    assert found.turns == parsed(PLAIN).turns
    assert rules(found) == {
        reply_lines.REMARK,
        reply_lines.FENCE,
        reply_lines.HEADING,
        reply_lines.MARKS,
    }


def test_labels_on_one_line_are_parted() -> None:
    found = parsed("User: Hello. Thought: No API is needed. System: Good day!")
    assert found.turns[0].response == "Good day!"
    assert reply_lines.INSIDE in rules(found)


def test_system_in_an_utterance_is_no_label() -> None:
    found = parsed("User: My System: it broke.\nThought: Sad.\nSystem: Sorry.")
    assert found.turns[0].user == "My System: it broke."


@pytest.mark.parametrize(
    "written",
    [
        '{"port": "Hull", "seats": 2, "open": true}',
        "{'port': 'Hull', 'seats': 2, 'open': True,}",
        "'port': 'Hull', 'seats': 2, 'open': True",
        "port=Hull, seats=2, open=true",
        "- port: Hull\n- seats: 2\n- open: True",
        "BookFerry(port='Hull', seats=2, open=True)",
        '[{"port": "Hull", "seats": 2, "open": true}]',
        '{"name": "BookFerry", "arguments": {"port": "Hull", "seats": 2, "open": true}}',
        '```{"port": "Hull", "seats": 2, "open": true}```',
        '{"port": "Hull", "seats": 2, "open": true, "day": null, "note": ""}',
    ],
)
def test_argument_lists_in_any_notation_are_the_same(written: str) -> None:
    found = parse_arguments(written)
    assert found.values == {"port": "Hull", "seats": 2, "open": True}


def test_values_without_quotes_end_at_the_next_name() -> None:
    found = parse_arguments("city: San Jose, CA, time: 10:30, songs: Calm River")
    assert found.values == {
        "city": "San Jose, CA",
        "time": "10:30",
        "songs": "Calm River",
    }


@pytest.mark.parametrize("nothing", ["", "None", "N/A", "{}", "()", "none."])
def test_nothing_is_no_arguments(nothing: str) -> None:
    assert parse_arguments(nothing).values == {}


def test_what_stands_in_a_value_is_kept() -> None:
    found = parse_arguments("{'code': 007, 'seats': 2#3, 'note': : none}")
    assert found.values == {"code": "007", "seats": "2#3", "note": ": none"}


@pytest.mark.parametrize(
    "bad", ["just words", "a='x', a='y'", "{'a': 1, 'a': 2}", "[1, 2]", "=5"]
)
def test_other_text_is_no_argument_list(bad: str) -> None:
    with pytest.raises(UnreadableArgumentsError):
        parse_arguments(bad)


def test_a_missing_result_is_left_out_and_named() -> None:
    lines = [line for line in PLAIN.split("\n") if not line.startswith("API Result")]
    found = parsed("\n".join(lines))
    step = found.turns[0].step
    assert step is not None
    assert step.observation is None
    assert reply_turns.NO_RESULT in rules(found)


def test_two_calls_in_a_turn_are_both_kept() -> None:
    again = (
        "API Name: GetTide\nAPI Input: day=today\nAPI Result: high\nThought2: Wet.\n"
    )
    found = parsed(PLAIN.replace("System: There", f"{again}System: There"))
    names = [step.call.name for step in found.turns[0].steps]
    assert names == ["FindFerry", "GetTide"]
    assert found.turns[0].steps[1].observation == "high"
    assert rules(found) == {
        reply_turns.SEVERAL_CALLS,
        reply_arguments.NO_BRACES,
        reply_arguments.KEPT_AS_TEXT,
    }


def test_actions_as_in_figure_6_are_read() -> None:
    found = parsed(
        "User: a\nThought: b\nAction: F(x='1')\nObservation: {}\nThought: c\nSystem: d"
    )
    step = found.turns[0].step
    assert step is not None
    assert (step.call, step.observation) == (FunctionCall("F", {"x": "1"}), {})


def test_none_as_a_name_is_no_call() -> None:
    found = parsed("User: a\nThought: b\nAPI Name: None\nAPI Input: N/A\nSystem: c")
    assert found.turns[0].step is None
    assert rules(found) == {reply_turns.NO_CALL}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("I cannot help with that.", "no labelled line is found"),
        ("User: a\nThought: b\n", "the reply breaks off in a turn"),
        ("User: a\nThought: b\nUser: c\nSystem: d", "a turn has no response"),
        ("System: d", "a turn does not begin with the user"),
        (
            "User: [User Input]\nThought: b\nSystem: c",
            "a placeholder of the prompt is left",
        ),
        (
            "User: a\nThought: b\nAPI Name: F and G\nSystem: c",
            "a function's name cannot be read",
        ),
        (
            "User: a\nThought: b\nAPI Name: F\nAPI Input: ???\nSystem: c",
            "the arguments of a call cannot be read",
        ),
        ("User: \ud800", "half of a surrogate pair"),
        ("x" * (LONGEST + 1), "longer than a dialogue can be"),
    ],
)
def test_what_cannot_be_mended_is_rejected_with_a_reason(
    text: str, reason: str
) -> None:
    assert rejected(text).reason == reason


def test_a_last_turn_without_an_answer_is_left_out() -> None:
    found = parsed(f"{PLAIN}\nUser: One more thing")
    assert len(found.turns) == 2
    assert reply_turns.BROKEN_OFF in rules(found)


def test_mutated_replies_break_nothing() -> None:
    outcome = run(1500, seed=7)
    assert outcome.failures == []
    assert outcome.parsed > 100
    assert outcome.rejected > 100


@pytest.mark.parametrize(
    "piece", ["{", "F(", "a: b, ", "Thought1: ", "'a': 'b", "\n- a: b"]
)
def test_deep_and_long_replies_end(piece: str) -> None:
    head = "User: a\nThought: b\nAPI Name: F\nAPI Input: "
    text = head + piece * ((LONGEST - len(head)) // len(piece))
    assert isinstance(parse_reply(text), (ParsedCra, Rejection))
