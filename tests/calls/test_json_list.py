"""Calls as a JSON list, bare and in a code fence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalm_oumi.calls import (
    FunctionCall,
    fenced,
    parse_json_list,
    unfenced,
    write_json_list,
)

names = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner),
    max_leaves=5,
).filter(lambda value: value not in (float("inf"), float("-inf")))


def test_calls_are_written_on_one_line() -> None:
    calls = [FunctionCall("find_bus", {"to": "Ely", "n": 2}), FunctionCall("stop")]
    assert write_json_list(calls) == (
        '[{"name": "find_bus", "arguments": {"to": "Ely", "n": 2}}, '
        '{"name": "stop", "arguments": {}}]'
    )


def test_no_calls_are_an_empty_list() -> None:
    assert write_json_list([]) == "[]"
    assert parse_json_list("[]") == ()


def test_the_fence_is_bare() -> None:
    assert fenced("[]") == "```\n[]\n```"


@pytest.mark.parametrize(
    "text",
    [
        '[{"name": "f"}]',
        '```\n[{"name": "f"}]\n```',
        '```json\n[{"name": "f"}]\n```',
        ' \n```JSON \n[{"name": "f"}]\n```\n',
        '```[{"name": "f"}]```',
        '```\n[{"name": "f"}]',
    ],
)
def test_a_fence_around_the_calls_is_taken_off(text: str) -> None:
    assert unfenced(text) == '[{"name": "f"}]'
    assert parse_json_list(text) == (FunctionCall("f"),)


@given(
    st.lists(st.builds(FunctionCall, names, st.dictionaries(names, values, max_size=3)))
)
def test_what_is_written_is_read_back(calls: list[FunctionCall]) -> None:
    finite = [c for c in calls if "inf" not in repr(c)]
    assert parse_json_list(fenced(write_json_list(finite))) == tuple(finite)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("no tool fits", "Expecting value"),
        ('{"name": "f"}', "expected a JSON list"),
        ('["f"]', "a call is an object"),
        ('[{"arguments": {}}]', "'name'"),
        ('[{"name": 3}]', "'name'"),
        ('[{"name": "f", "arguments": ["a"]}]', "call 'f': 'arguments'"),
        ('[{"name": "f", "arguments": null}]', "call 'f': 'arguments'"),
        ('[{"name": "f", "arguments": {"a": 1, "a": 2}}]', "stands twice"),
    ],
)
def test_other_texts_are_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_json_list(text)
