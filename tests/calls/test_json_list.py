"""Calls as a JSON list, bare and in a code fence."""

from __future__ import annotations

import json

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
        ('[{"name": "f", "arguments": 3, "args": {}}]', "call 'f': 'arguments'"),
        ('[{"name": "f", "city": "Ely"}]', "call 'f': 'city' cannot stand"),
        ('[{"name": "f", "arguments": {}, "city": "Ely"}]', "'city' cannot stand"),
        ('[{"name": "f", "arguments": {}, "args": {"a": 1}}]', "'args' differ"),
        ('[{"name": "f", "args": {"a": 1}, "kwargs": {"a": true}}]', "differ"),
        ('[{"name": "f", "input": "a bus to Ely"}]', "the text of 'input'"),
        ('[{"name": "f", "arguments": "[1]"}]', "'arguments' is not an object"),
        (
            '[{"name": "f", "description": "d", "parameters": {"a": 1}}]',
            "'description'",
        ),
        (
            '[{"name": "f", "parameters": {"type": "object", "properties": {}}}]',
            "schema",
        ),
        ('[{"tool": "f", "arguments": {}}]', "'name'"),
        ('[{"function": "f", "arguments": {}}]', "'name'"),
        ('[{"function": {"name": "f"}, "arguments": {"a": 1}}]', "'name'"),
        ('[{"function": {"arguments": {"a": 1}}}]', "'name'"),
        ('[{"name": "f", "arguments": {"a": 1, "a": 2}}]', "stands twice"),
    ],
)
def test_other_texts_are_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_json_list(text)


@pytest.mark.parametrize(
    "entry",
    [
        *(
            f'{{"name": "f", "{key}": {{"a": 1}}}}'
            for key in ("arguments", "parameters", "args", "params", "input", "kwargs")
        ),
        '{"parameters": {"a": 1}, "type": "function", "name": "f"}',
        '{"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}}',
        r'{"name": "f", "arguments": "{\"a\": 1}"}',
        r'{"id": "c", "function": {"name": "f", "arguments": "{\"a\": 1}"}, "index": 0}',
        '{"type": "function", "function": {"name": "f", "parameters": {"a": 1}}}',
        '{"name": "f", "arguments": null, "args": {"a": 1}}',
        '{"name": "f", "arguments": {"a": 1}, "kwargs": {"a": 1}}',
        '{"name": "f", "arguments": {"a": 1}, "why": "it is asked for"}',
    ],
)
def test_arguments_are_read_under_each_name_in_use(entry: str) -> None:
    assert parse_json_list(f"[{entry}]") == (FunctionCall("f", {"a": 1}),)


@pytest.mark.parametrize(
    "entry",
    [
        '{"name": "f"}',
        '{"name": "f", "id": 3, "type": "function"}',
        '{"name": "f", "arguments": null}',
        '{"name": "f", "parameters": ""}',
        '{"name": "f", "input": "{}"}',
        '{"name": "f", "input": "null"}',
        '{"name": "f", "arguments": {}, "description": ""}',
        '{"function": {"name": "f"}}',
    ],
)
def test_a_call_without_arguments_says_nothing_else(entry: str) -> None:
    assert parse_json_list(f"[{entry}]") == (FunctionCall("f"),)


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    st.dictionaries(names, st.integers(), min_size=1),
)
def test_what_is_said_is_called_or_nothing_is(key: str, said: dict[str, int]) -> None:
    """No key makes a call without the arguments that stand under it."""
    text = json.dumps([{"name": "f", key: said}])
    try:
        calls = parse_json_list(text)
    except ValueError:
        return
    assert calls == (FunctionCall("f", said),)
