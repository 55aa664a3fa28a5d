"""Calls that a model drafts in `<think>` are never made, whole or streamed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalm_oumi.calls import FunctionCall
from coalm_oumi.serving import Call, Reply, ReplyStream, Thought, read_reply
from tests.serving.reply_events import events

ELY, YORK = (FunctionCall("find_bus", {"to": to}) for to in ("Ely", "York"))
WRITTEN = {
    "bracket": '[find_bus(to="{}")]',
    "json": '```\n[{{"name": "find_bus", "arguments": {{"to": "{}"}}}}]\n```',
    "cra": "Action: find_bus(to='{}')",
}
NOTATIONS: list[Any] = list(WRITTEN)
EACH_NOTATION = pytest.mark.parametrize("notation", NOTATIONS)
BUS = ["find_bus"]


def _both(text: str, **options: Any) -> Reply:
    """The reply read whole, which has to be the same as streamed."""
    streamed = events(text, functions=BUS, **options)
    assert streamed == events([text], functions=BUS, **options)
    whole = read_reply(text, functions=BUS, **options)
    calls = [event for event in streamed if isinstance(event, Call)]
    assert tuple(event.call for event in calls) == whole.calls
    thoughts = [event for event in streamed if isinstance(event, Thought)]
    assert tuple(event.text for event in thoughts) == whole.thoughts
    return whole


@EACH_NOTATION
@pytest.mark.parametrize("named", [True, False])
def test_a_draft_is_a_thought_and_the_call_behind_it_is_made(
    notation: Any, named: bool
) -> None:
    draft, call = (WRITTEN[notation].format(to) for to in ("York", "Ely"))
    options = {"notation": notation} if named else {}

    for thought in (f"Perhaps\n{draft}\nbut no.", draft, f"{draft}\n{draft}"):
        for space in ("", "\n", "\n\n"):
            text = f"<think>{space}{thought}{space}</think>{space}"
            assert _both(text + call, **options) == Reply(None, (ELY,), (thought,))
            assert _both(text + "Hello!", **options) == Reply("Hello!", (), (thought,))
            assert _both(f"<think>{space}{thought}", **options).calls == ()
    assert _both(f"<think>\n\n</think>\n\n{call}", **options) == Reply(None, (ELY,))


def test_reasoning_may_stand_in_the_middle_and_several_times() -> None:
    text = (
        'Let me see.\n<think>[find_bus(to="York")]</think>\n[find_bus(to="Ely")]'
        '<think>Action: find_bus(to="York")</think> Done.'
    )

    reply = _both(text)

    assert reply.calls == (ELY,)
    assert reply.content == "Let me see. Done."
    assert len(reply.thoughts) == 2


def test_a_label_may_stand_behind_reasoning() -> None:
    assert _both("<think>a</think>\nSystem: Where to?").content == "Where to?"
    assert _both("<think>a</think>Thought: b\nAction: find_bus(to='Ely')") == Reply(
        None, (ELY,), ("a", "b")
    )


@EACH_NOTATION
def test_reasoning_that_began_in_the_prompt(notation: Any) -> None:
    draft, call = (WRITTEN[notation].format(to) for to in ("York", "Ely"))
    text = f"I could write\n{draft}\nbut no.\n</think>\n\n{call}"
    expected = Reply(None, (ELY,), (f"I could write\n{draft}\nbut no.",))

    assert read_reply(text, functions=BUS) == expected
    for pieces in (text, [text]):
        stream = ReplyStream(functions=BUS, in_reasoning=True)
        found = [event for piece in pieces for event in stream.feed(piece)]
        found += stream.finish()
        assert found == [Thought(expected.thoughts[0]), Call(0, ELY)]


@pytest.mark.parametrize(
    "text",
    [
        '[note(text="say <think> or </think>")]',
        '[{"name": "note", "arguments": {"text": "say <think> or </think>"}}]',
        "Action: note(text='say <think> or </think>')",
    ],
)
def test_an_argument_may_speak_of_the_tags(text: str) -> None:
    assert _both(text).calls == (
        FunctionCall("note", {"text": "say <think> or </think>"}),
    )


@given(st.data())
def test_reasoning_changes_nothing_but_its_place(data: st.DataObject) -> None:
    """Reasoning put before a reply leaves its calls and its words as they are."""
    draft = data.draw(st.sampled_from([*WRITTEN.values(), "{}", '("{}']))
    answer = data.draw(st.sampled_from([*WRITTEN.values(), "To {}?", "System: {}!"]))
    thought = data.draw(st.text()).replace("</think>", "") + draft.format("York")
    answer = answer.format("Ely")
    plain = read_reply(answer, functions=BUS)

    reply = _both(f"<think>{thought}</think>\n{answer}")

    assert (reply.content, reply.calls) == (plain.content, plain.calls)
