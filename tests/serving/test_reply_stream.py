"""Replies as calls and words: the same in one piece, and cut at every character."""

from __future__ import annotations

import os

import pytest

from coalm_oumi.calls import FunctionCall
from coalm_oumi.errors import CoalmError
from coalm_oumi.serving import (
    Content,
    Reply,
    ReplyStream,
    arguments_json,
    read_reply,
)
from coalm_oumi.serving.call_reader import MAX_CALL
from tests.serving.generated_calls import NOTATIONS, tasks, written
from tests.serving.reply_events import events

CALLS = int(os.environ.get("COALM_GENERATED_CALLS", "600"))
EACH_NOTATION = pytest.mark.parametrize("notation", NOTATIONS)
BUS = FunctionCall("find_bus", {"to": "Ely"})
CLOCK = FunctionCall("clock", {})


@pytest.mark.parametrize(
    ("text", "content", "calls"),
    [
        ("It leaves at nine.", "It leaves at nine.", ()),
        ("  Two\n\nlines. \n", "  Two\n\nlines. \n", ()),
        ("", None, ()),
        ('[find_bus(to="Ely"), clock()]', None, (BUS, CLOCK)),
        ("[find_bus(to=Ely)]", None, (BUS,)),
        ('\n[ find_bus( to = "Ely" ) , clock() ,]\n', None, (BUS, CLOCK)),
        ("Let me see. [clock()]", "Let me see.", (CLOCK,)),
        ("One.\n[clock()]\nTwo. [clock()]", "One.\nTwo.", (CLOCK, CLOCK)),
        ('```\n[find_bus(to="Ely")]\n```', None, (BUS,)),
        ('[{"name": "find_bus", "arguments": {"to": "Ely"}}]', None, (BUS,)),
        ('```json\n[{"name": "clock", "arguments": {}}]\n```\n', None, (CLOCK,)),
        ('```[{"name": "clock", "arguments": {}}]```', None, (CLOCK,)),
        ("Action: find_bus(to='Ely')", None, (BUS,)),
        ("Action: find_bus(to='Ely'), clock()", None, (BUS, CLOCK)),
        ("Action: find_bus(to=Ely)\nAction: clock()", None, (BUS, CLOCK)),
        ("Action: [find_bus(to='Ely')]", None, (BUS,)),
        ("Action: clock()\nObservation: nine\nThought: So.", None, (CLOCK,)),
        ("Wait.\nAction: clock()", "Wait.", (CLOCK,)),
        ("System: Where to?", "Where to?", ()),
        ("System: Where to?\nUser: Ely.\nSystem: Fine.", "Where to?", ()),
        ("find_bus(to='Ely')", None, (BUS,)),
    ],
)
def test_calls_and_words(
    text: str, content: str | None, calls: tuple[FunctionCall, ...]
) -> None:
    expected = Reply(content, calls)

    assert read_reply(text, functions=["find_bus", "clock"]) == expected


def test_thoughts_stand_apart() -> None:
    text = "Thought: The port is known.\nThe day too.\nAction: clock()"

    assert read_reply(text) == Reply(
        None, (CLOCK,), ("The port is known.\nThe day too.",)
    )
    assert read_reply("Thought: Nothing more to do.").content is not None


@pytest.mark.parametrize(
    "text",
    [
        "[find_bus(",
        '[find_bus(to="Ely"',
        "[find_bus('Ely')]",
        "[see Fig(2)]",
        "[1, 2]",
        "[]",
        "```\n[]\n```",
        "```python\nprint(1)\n```",
        '[{"name": 1}]',
        '[{"name": "f", "arguments": {}, "arguments": {}}]',
        "Action: buy milk",
        "Action: find_bus(to=__import__('os'))",
        "Actions: clock()",
        "Observation: I saw.",
        "a [link](clock) and (clock())",
        "[" * 50,
    ],
)
def test_what_is_no_call_stays_as_it_is_written(text: str) -> None:
    assert read_reply(text, functions=["find_bus", "clock"]) == Reply(text)
    assert read_reply(text) == Reply(text)


def test_a_call_that_breaks_off_is_not_made_and_not_lost() -> None:
    text = "[clock(), find_bus(to="

    assert read_reply(text) == Reply(", find_bus(to=", (CLOCK,))


def test_amid_words_only_listed_functions_are_looked_for() -> None:
    text = "As in [example(a=1)], so [clock()]."

    assert read_reply(text, functions=["clock"]).calls == (CLOCK,)
    assert [call.name for call in read_reply(text).calls] == ["example", "clock"]
    # At the start the client hears of a call that it cannot make.
    assert read_reply("[example(a=1)]", functions=["clock"]).calls != ()


def test_a_notation_that_is_named_is_the_only_one() -> None:
    bracket, json, cra = "[clock()]", '[{"name": "clock"}]', "Action: clock()"

    named = {"bracket": bracket, "json": json, "cra": cra}
    for notation, own in named.items():
        for text in (bracket, json, cra):
            reply = read_reply(text, notation=notation)
            assert reply == (Reply(None, (CLOCK,)) if text is own else Reply(text))
    with pytest.raises(CoalmError, match="notation"):
        ReplyStream(notation="yaml")  # pyright: ignore[reportArgumentType]


def test_words_are_there_at_once_and_a_call_at_its_last_character() -> None:
    stream = ReplyStream(functions=["clock"])

    assert stream.feed("Let me") == [Content("Let me")]
    assert stream.feed(" see. [clo") == [Content(" see.")]
    assert stream.feed("ck(") == []
    assert stream.feed(")") == []
    assert [type(event).__name__ for event in stream.feed("]")] == ["Call"]


@EACH_NOTATION
def test_generated_calls_cut_at_every_character(notation: str) -> None:
    for task in tasks(CALLS, seed=len(notation)):
        text = written(task.calls, notation)

        whole = read_reply(text, functions=task.names)
        single = events(text, functions=task.names)

        assert whole == Reply(None, task.calls)
        assert single == events([text], functions=task.names)


@EACH_NOTATION
def test_generated_calls_in_two_pieces_at_every_place(notation: str) -> None:
    for task in tasks(CALLS // 20, seed=7):
        text = f"So:\n{written(task.calls, notation)}\nDone."
        expected = events([text], functions=task.names)
        assert len(expected) == len(task.calls) + 2
        for cut in range(len(text) + 1):
            pieces = (text[:cut], text[cut:])
            assert events(pieces, functions=task.names) == expected, text[:cut]


def test_arguments_are_an_object_in_a_string() -> None:
    call = FunctionCall("f", {"a": "caf\u00e9", "b": [1, None, True]})

    assert arguments_json(call) == '{"a": "caf\u00e9", "b": [1, null, true]}'


def test_what_never_ends_is_words_and_read_only_once() -> None:
    text = "[f(a='" + "x" * MAX_CALL
    stream = ReplyStream()

    pieces = [stream.feed(text[at : at + 50]) for at in range(0, len(text), 50)]
    said = [event for piece in [*pieces, stream.finish()] for event in piece]

    assert "".join(event.text for event in said if isinstance(event, Content)) == text
