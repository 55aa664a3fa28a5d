"""Values in Python's notation: what `ast` says they are, or a reason."""

from __future__ import annotations

import ast
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalm_oumi.calls import CallSyntaxError
from coalm_oumi.calls.python_literal import PythonLiteralReader, write_literal

PIECES = (
    *("'", '"', "'''", '"""', "\\", "\n", "\r\n", " ", "a", "x41", "N{DASH}", "r", "b"),
    *(
        "[",
        "]",
        "{",
        "}",
        "(",
        ")",
        ",",
        ":",
        "#",
        "0",
        "7",
        ".5",
        "1_0",
        "e9",
        "0x",
        "-",
    ),
    *("True", "None", "'k': ", "u", "f", "\\u00e9", "\\ud800"),
)


def value(text: str) -> object:
    """Reads a text that is a value and nothing else."""
    reader = PythonLiteralReader(text)
    found = reader.value()
    assert not reader.next()
    return found


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_a_value_is_the_one_that_python_has(text: str) -> None:
    try:
        found = value(text)
    except (CallSyntaxError, AssertionError):
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert repr(ast.literal_eval(f"(\n{text}\n)")) == repr(found)


@pytest.mark.parametrize(
    "text",
    [
        r"'\d\x41\N{BULLET}\u00e9'",
        r"r'\d\'x'",
        '"""a\nb"""',
        "u'a' 'b'\n\"c\"",
        "('a'\n'b')",
        "[0x1F, 1_000, .5, 5., +3, - 1, 1e5, 2E-3, 0o17]",
        "{'a' 'b': [{}], # a remark\n'c': (1),}",
        "'a\\\r\nb'",
    ],
)
def test_what_python_reads_is_read(text: str) -> None:
    assert value(text) == ast.literal_eval(f"({text})")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("true", "not a literal .*character 0"),
        ("[1, Ely]", "not a literal .*character 4"),
        ("(1, 2)", "not a literal"),
        ("007", "not a literal"),
        ("'''a'", "a text in quotes is not closed"),
        ("'a\nb'", "a text in quotes is not closed"),
        ("rb'a'", "a bytes, which is no JSON value"),
        ("'a' b'c'", "not a literal"),
        (r"'\ud83d\ude00'", "half of a surrogate pair"),
        ("9" * 401, "an integer of 401 digits or more"),
        ("[" * 51, "nested too deeply"),
        ("(" * 9_999, "nested too deeply"),
        ("{1: 2}", "key is not text"),
    ],
)
def test_other_texts_are_refused_with_their_place(text: str, why: str) -> None:
    with pytest.raises(CallSyntaxError, match=why):
        value(text)


def test_a_value_is_written_as_python_does() -> None:
    written = {"count": 1, "results": [{"open": True, "name": "Bj's"}]}
    assert write_literal(written) == (
        "{'count': 1, 'results': [{'open': True, 'name': \"Bj's\"}]}"
    )
