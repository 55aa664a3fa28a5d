"""The `Action: F(a='v')` notation of CRA."""

from __future__ import annotations

import contextlib
import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalm_oumi.calls import FunctionCall, parse_action, write_action, write_literal

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,12}", fullmatch=True) | (
    st.sampled_from(
        [*keyword.kwlist, "_0", "größe", "城市", "of\ufb01ce", "नाम", "get-on", "a.b-c"]
    )
)
texts = st.text(st.characters(exclude_categories=["Cs"]))
scalars = (
    texts
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
    | st.none()
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
    ),
    max_leaves=8,
)
calls = st.builds(
    FunctionCall,
    st.lists(names, min_size=1, max_size=3).map(".".join),
    st.dictionaries(names, values, max_size=4),
)


@given(calls)
def test_what_is_written_is_read_again(call: FunctionCall) -> None:
    found = parse_action(write_action(call))
    assert found == call
    assert repr(found) == repr(call)  # 1 is not True, and -0.0 is not 0.0
    assert list(found.arguments) == list(call.arguments)


def test_the_action_of_figure_6_is_written() -> None:
    call = FunctionCall(
        "BuyEventTickets",
        {
            "event_name": "Jazz Festival",
            "number_of_seats": 2,
            "date": "2023-10-07",
            "city_of_event": "New York",
        },
    )
    assert write_action(call) == (
        "BuyEventTickets(event_name='Jazz Festival', number_of_seats=2, "
        "date='2023-10-07', city_of_event='New York')"
    )


def test_a_call_without_arguments() -> None:
    assert write_action(FunctionCall("GetAlarms")) == "GetAlarms()"
    assert parse_action("Action: GetAlarms()") == FunctionCall("GetAlarms")


@pytest.mark.parametrize(
    "text",
    ["F(a='x')", "Action: F(a='x')", "  Action:F(a = 'x' ,)\n", 'F(\n  a="x"\n)'],
)
def test_spaces_quotes_and_the_word_before_do_not_matter(text: str) -> None:
    assert parse_action(text) == FunctionCall("F", {"a": "x"})


@pytest.mark.parametrize(
    "text",
    [
        "F(from='Ely', class=1)",
        "F( from = 'Ely' ,\n class=1,)",
        "F(from='''Ely''', class=1)",
        'F(from="Ely", # in=2, from=3)\n class=1)',
    ],
)
def test_words_of_python_are_names(text: str) -> None:
    assert parse_action(text) == FunctionCall("F", {"from": "Ely", "class": 1})


def test_what_looks_like_an_argument_inside_a_value_is_none() -> None:
    text = "F(a=', from=1, ', b={'in': [', x=', \"'\"]}, c='''x', d='y''')"
    assert parse_action(text) == FunctionCall(
        "F", {"a": ", from=1, ", "b": {"in": [", x=", "'"]}, "c": "x', d='y"}
    )


def test_names_are_kept_as_they_are_spelled() -> None:
    (name,) = parse_action("get-on(of\ufb01ce=1)").arguments
    assert name == "of\ufb01ce"


def test_quotes_and_brackets_inside_a_value() -> None:
    call = FunctionCall("F", {"name": 'Bj\'s "Brew" (House), [x]=1'})
    assert parse_action(write_action(call)) == call


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "expected a function's name"),
        ("F", "expected a function's name and '[(]'"),
        ("F(a='x'), G()", "text behind the call .*at ', G"),
        ("F(a='x'", "'[(]' of 'F' is not closed"),
        ("F('x')", "argument 1 of 'F' is positional"),
        ("F(**{'a': 1})", "argument 1 of 'F' is positional"),
        ("F(a=1, a=2)", "the argument 'a' twice"),
        ("F(a={'b': 1, 'b': 2})", "'b' stands twice"),
        ("F(a={1: 2})", "key is not text"),
        ("F(a={**b})", "not a literal"),
        ("F(a=b)", "not a literal"),
        ("F(a=__import__('os').system('true'))", "not a literal"),
        ("F(a=f'{b}')", "not a literal"),
        ("F(a=(1, 2))", "not a literal"),
        ("F(a=1+1)", "expected ',' or '[)]' behind argument 'a'"),
        ("F(a=-True)", "not a literal"),
        ("F(a=b'x')", "bytes"),
        ("F(a=1j)", "complex"),
        ("F(a=...)", "ellipsis"),
        ("F(a=1e999)", "inf"),
        ("F(a='\\ud800')", "surrogate"),
        ("(lambda: F)(a=1)", "expected a function's name"),
        ("F(a='x')(b=1)", "text behind the call"),
        ("F(a=\x00)", "not a literal"),
        ("F(a='x)", "not closed"),
        ("F(9a=1)", "argument 1 of 'F' is positional"),
        ("F(a\\\n=1)", "argument 1 of 'F' is positional"),
        ("F(from='x', from='y')", "the argument 'from' twice"),
    ],
)
def test_anything_else_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_action(text)


@pytest.mark.parametrize(
    "text",
    [
        "F(a=" + "[" * 10_000,
        "F(a=" + "[" * 90 + "]" * 90 + ")",
        "F(a=" + "-" * 20_000 + "1)",
        "F(a=" + "+".join("1" * 12_000) + ")",
        "F" + ".b" * 15_000 + "(a=b.c)",
        "F(a=" + "1" * 20_000 + ")",
        "F(a=" + "1" * 500 + ")",
        "F(a='" + "x" * 40_000 + "')",
    ],
)
def test_hostile_text_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        parse_action(text)


@given(st.text(max_size=60))
def test_no_text_ends_in_another_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        parse_action(text)


@pytest.mark.parametrize(
    "call",
    [
        FunctionCall("find bus"),
        FunctionCall("F(a=1)"),
        FunctionCall(""),
        FunctionCall("F", {"user id": "Ely"}),
        FunctionCall("F", {"2nd": 1}),
        FunctionCall("F", {"a": float("nan")}),
        FunctionCall("F", {"a": 10**401}),
        FunctionCall("F", {"a": {1: 2}}),
        FunctionCall("F", {"a": ("x",)}),
        FunctionCall("F", {"a": "\ud800"}),
    ],
)
def test_what_could_not_be_read_again_is_not_written(call: FunctionCall) -> None:
    with pytest.raises(ValueError):
        write_action(call)


def test_a_literal_is_written_as_python_does() -> None:
    value = {"count": 1, "results": [{"open": True, "name": "Bj's"}]}
    assert write_literal(value) == (
        "{'count': 1, 'results': [{'open': True, 'name': \"Bj's\"}]}"
    )
