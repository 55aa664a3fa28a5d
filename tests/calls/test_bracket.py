"""Calls in brackets: what is read, what is written, and what is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalm_oumi.calls import (
    CallSyntaxError,
    FunctionCall,
    parse_bracket_calls,
    write_bracket_calls,
)
from coalm_oumi.errors import CoalmError, DataFormatError

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
# Names made of the notation's own characters are the ones that could be misread.
names = texts | st.text("ab ()[]{}=,'\"\\/.:-\n\t", max_size=8)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | names
    | st.sampled_from(["true", "None", "NaN", "007", "1e5", "f(x=1)", "]"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner),
    max_leaves=6,
)
calls_drawn = st.lists(
    st.builds(FunctionCall, names, st.dictionaries(names, values, max_size=3)),
    max_size=3,
)


def as_json(calls: Any) -> str:
    """Calls as JSON, which tells 1, 1.0 and True apart."""
    return json.dumps([[call.name, call.arguments] for call in calls])


def one(text: str) -> FunctionCall:
    (call,) = parse_bracket_calls(text)
    return call


def value(text: str) -> Any:
    return one(f"[f(x={text})]").arguments["x"]


@given(calls_drawn)
def test_what_is_written_is_read_back(calls: list[FunctionCall]) -> None:
    assert as_json(parse_bracket_calls(write_bracket_calls(calls))) == as_json(calls)


@given(st.text("[]()={},'\"\\ab1. \n", max_size=40))
def test_any_text_is_calls_or_a_clear_error(text: str) -> None:
    try:
        calls = parse_bracket_calls(text)
    except CallSyntaxError:
        return
    assert as_json(parse_bracket_calls(write_bracket_calls(calls))) == as_json(calls)


def test_calls_are_written_as_toolace_writes_them() -> None:
    calls = [
        FunctionCall(
            "Find Bus",
            {"to": 'the "Évora"', "daily": True, "seats": [1, 2.0], "via": None},
        ),
        FunctionCall("bus/stop", {"options": {"express": False, "gate": None}}),
    ]
    assert write_bracket_calls(calls) == (
        '[Find Bus(to="the \\"\\u00c9vora\\"", daily=True, seats=[1, 2.0], via=None), '
        'bus/stop(options={"express": false, "gate": null})]'
    )


def test_no_calls_are_empty_brackets() -> None:
    assert write_bracket_calls([]) == "[]"
    assert parse_bracket_calls(" [ ] \n") == ()


@pytest.mark.parametrize(
    "name",
    [
        "find_bus",
        "buses.find",
        "Find Bus",
        "/buses/{id}/find",
        "Search & Find: Buses?",
        "Find Today's Bus",
        "Buses, Trams, and Trains",
        "Moving Average (MA)",
        "Moving Average (MA) V2",
        "Buses (2020, 2021) (Beta)",
        "Autobús 公交",
    ],
)
def test_a_name_is_all_that_stands_before_the_arguments(name: str) -> None:
    assert one(f'[{name}(to="Ely")]') == FunctionCall(name, {"to": "Ely"})
    assert parse_bracket_calls(f"[f(a=1), {name}(), g()]")[1] == FunctionCall(name)
    assert write_bracket_calls([FunctionCall(name)]) == f"[{name}()]"


@pytest.mark.parametrize(
    "name", ["", " f", "a(b=1)", "f(1), g", "a]", "a\nb", "'f'", ",f", 'a"b']
)
def test_a_name_that_could_be_misread_is_written_in_quotes(name: str) -> None:
    written = write_bracket_calls([FunctionCall(name, {name: 1})])
    assert written.startswith(f"[{json.dumps(name)}(")
    assert one(written) == FunctionCall(name, {name: 1})


@pytest.mark.parametrize("key", ["to", "sort-by", "x.y", "größe", "a b"])
def test_a_parameter_may_be_named_oddly(key: str) -> None:
    assert one(f"[f({key}=1)]").arguments == {key: 1}
    assert one(f'[f("{key}" = 1)]').arguments == {key: 1}


def test_calls_may_stand_on_several_lines_and_end_in_a_comma() -> None:
    text = '\n[\n  f(\n    a = 1,\n    b = "x",\n  ),\n  g( ),\n]\n'
    assert parse_bracket_calls(text) == (
        FunctionCall("f", {"a": 1, "b": "x"}),
        FunctionCall("g"),
    )


def test_brackets_commas_and_quotes_in_a_text_end_nothing() -> None:
    hard = 'it\'s [1], (2), {3}; a="b", f(x=1)]'
    assert value(json.dumps(hard)) == hard
    assert value("'it\\'s [1], \"x\")]'") == 'it\'s [1], "x")]'


@pytest.mark.parametrize(
    ("text", "offset", "why"),
    [
        ("", 0, "expected '['"),
        ("I cannot help", 0, "expected '['"),
        ("f(x=1)", 0, "expected '['"),
        ("[", 1, "'[' before the calls is not closed"),
        ("[Find Bus", 9, "expected a function's name"),
        ("[No need]", 8, "expected a function's name"),
        ("[f(x=1)", 7, "'[' before the calls is not closed"),
        ("[f(x=1", 2, "'(' of 'f' is not closed"),
        ("[f(x=1]", 6, "expected ',' or ')' behind argument 'x'"),
        ("[f(x", 4, "the arguments of 'f' break off"),
        ("[f(x=", 5, "expected a value"),
        ("[f(x=)]", 5, "expected a value"),
        ('[f(x="Ely)]', 5, "a text in quotes is not closed"),
        ("[f(x=[1, 2)]", 10, "expected ',' or ']'"),
        ("[f(x={'a': 1", 5, "'{' is not closed"),
        ("[f(x=1)] and more", 9, "text behind the calls"),
        ("[f(x=1); g(y=2)]", 7, "expected ',' or ']' behind 'f(...)'"),
        ('[f("Ely")]', 3, "argument 1 of 'f' is positional"),
        ("[f(a=1, Ely)]", 8, "argument 2 of 'f' is positional"),
        ("[f(**{'a': 1})]", 3, "argument 1 of 'f' is positional"),
        ("[f(a=New York, USA)]", 15, "argument 2 of 'f' is positional"),
        ("[f(a=g(b=1))]", 5, "a call inside another"),
        ("[f(a=1, a=2)]", 8, "the argument 'a' twice"),
        ("[(a=1)]", 1, "expected a function's name"),
        ("[f(a==1)]", 5, "expected a value"),
        ("[f(a=b=1)]", 6, "expected ',' or a bracket behind 'b'"),
        ('[f(a=r"b")]', 6, "expected ',' or a bracket behind 'r'"),
        ("[f(a='\ud800')]", 6, "half of a surrogate pair"),
    ],
)
def test_other_texts_are_refused_with_their_place(
    text: str, offset: int, why: str
) -> None:
    with pytest.raises(CallSyntaxError, match=re.escape(why)) as caught:
        parse_bracket_calls(text)
    assert caught.value.offset == offset
    assert f"(character {offset}, at" in str(caught.value)
    assert isinstance(caught.value, CoalmError)
    str(caught.value).encode("utf-8")


def test_the_place_is_shown() -> None:
    with pytest.raises(CallSyntaxError) as caught:
        parse_bracket_calls('[find_bus("Ely", seats=2)]')
    assert str(caught.value) == (
        "argument 1 of 'find_bus' is positional: expected name=value "
        "(character 10, at '\"Ely\", seats=2)]')"
    )


@pytest.mark.parametrize(
    ("argument", "why"),
    [
        (float("nan"), "nan"),
        ([float("inf")], "inf"),
        ([10**5000], "an integer of 4300 digits or more"),
        ("\ud800", "half of a surrogate pair"),
        ({"a": {1: "b"}}, "the key 1, which is no text"),
        ((1, 2), "a tuple, which is no JSON value"),
    ],
)
def test_what_the_notation_cannot_hold_is_not_written(argument: Any, why: str) -> None:
    expected = f"call 'f' cannot be written: argument 'x' holds {re.escape(why)}"
    with pytest.raises(DataFormatError, match=expected):
        write_bracket_calls([FunctionCall("f", {"x": argument})])


def test_a_name_that_is_not_unicode_is_not_written() -> None:
    with pytest.raises(DataFormatError, match="half of a surrogate pair"):
        write_bracket_calls([FunctionCall("\ud800")])


def test_nesting_as_deep_as_allowed_is_read_back() -> None:
    deep: Any = 1
    for _ in range(50):
        deep = [{"a": deep}]
    call = FunctionCall("f", {"x": deep})
    assert one(write_bracket_calls([call])) == call
    with pytest.raises(DataFormatError, match="more than 100 levels"):
        write_bracket_calls([FunctionCall("f", {"x": [deep]})])
    with pytest.raises(CallSyntaxError, match="nested too deeply"):
        value(f"[{json.dumps(deep)}]")


@pytest.mark.parametrize("opening", ["[", "{'a':", "(", "[f(x="])
def test_hostile_nesting_is_refused(opening: str) -> None:
    with pytest.raises(CallSyntaxError):
        parse_bracket_calls("[f(x=" + opening * 100_000)


@pytest.mark.parametrize(
    "part", ["f(x=1), ", "(a) ", "f(a", "'a\\", 'f(x="a\\', "a, ", "=", "  ", "[", "("]
)
def test_a_million_characters_are_read_or_refused_at_once(part: str) -> None:
    text = "[" + part * (1_000_000 // len(part))
    with pytest.raises(CallSyntaxError):
        parse_bracket_calls(text)


def test_the_calls_of_the_1000_real_rows_are_read_and_written_to_the_byte(
    real_data: Path,
) -> None:
    rows = json.loads((real_data / "toolace" / "data.sample1000.json").read_text())
    bracketed = [r for r in rows if "[func1(params_name=" in r["system"]]
    replies = [
        turn["value"]
        for row in bracketed
        for turn in row["conversations"]
        if turn["from"] == "assistant" and turn["value"].startswith("[")
    ]
    assert (len(bracketed), len(replies)) == (947, 893)
    for reply in replies:
        calls = parse_bracket_calls(reply)
        written = write_bracket_calls(calls)
        assert as_json(parse_bracket_calls(written)) == as_json(calls)
        assert written == reply
