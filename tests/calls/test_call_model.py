"""Function schemas, and whether calls resolve."""

from __future__ import annotations

from typing import Any

import pytest

from coalm_oumi.calls import FunctionCall, FunctionSchema, ParameterSchema, unresolved

FIND_BUS: dict[str, Any] = {
    "name": "find_bus",
    "description": "Finds buses.",
    "parameters": {
        "to": {"description": "Where to.", "type": "str"},
        "seats": {"description": "How many.", "type": "int, optional", "default": 1},
    },
    "required": ["to"],
}


def schema(name: str, *parameters: str) -> FunctionSchema:
    return FunctionSchema(name, "", tuple(ParameterSchema(p, {}) for p in parameters))


def test_a_schema_is_read_and_written_again() -> None:
    found = FunctionSchema.from_xlam(FIND_BUS)
    assert (found.name, found.description) == ("find_bus", "Finds buses.")
    assert [p.name for p in found.parameters] == ["to", "seats"]
    assert found.to_xlam() == FIND_BUS


def test_a_parameter_tells_its_type_description_and_default() -> None:
    to, seats = FunctionSchema.from_xlam(FIND_BUS).parameters
    assert (to.type, to.description, to.has_default, to.default) == (
        "str",
        "Where to.",
        False,
        None,
    )
    assert (seats.type, seats.has_default, seats.default) == ("int, optional", True, 1)


def test_an_empty_default_is_a_default() -> None:
    assert ParameterSchema("p", {"default": None}).has_default


@pytest.mark.parametrize(
    ("tool", "why"),
    [
        ("find_bus", "a tool is an object, not a string"),
        ([], "a tool is an object, not a list"),
        ({}, "needs a 'name'"),
        ({"name": ""}, "needs a 'name'"),
        ({"name": 1}, "needs a 'name'"),
        ({"name": "f", "description": 1}, "tool 'f': 'description'"),
        ({"name": "f", "parameters": ["p"]}, "tool 'f': 'parameters'"),
        ({"name": "f", "parameters": None}, "not null"),
        ({"name": "f", "parameters": {"p": "int"}}, "tool 'f', parameter 'p'"),
    ],
)
def test_other_tools_are_refused(tool: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        FunctionSchema.from_xlam(tool)


@pytest.mark.parametrize(
    ("call", "tools", "why"),
    [
        (FunctionCall("f", {"a": 1}), [schema("f", "a", "b")], None),
        (FunctionCall("f"), [schema("f")], None),
        (FunctionCall("f", {"b": 1}), [schema("f", "a"), schema("f", "b")], None),
        (FunctionCall("g"), [schema("f")], "'g' names no listed tool"),
        (FunctionCall("f", {"c": 1}), [schema("f", "a")], "is 'c'"),
        (
            FunctionCall("f", {"a": 1, "b": 2}),
            [schema("f", "a"), schema("f", "b")],
            "all its arguments together",
        ),
    ],
)
def test_a_call_resolves_to_one_tool_with_all_its_arguments(
    call: FunctionCall, tools: list[FunctionSchema], why: str | None
) -> None:
    found = unresolved([call], tools)
    assert found is None if why is None else why in str(found)
