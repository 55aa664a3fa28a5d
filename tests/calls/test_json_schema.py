"""Function schemas with a JSON schema of their parameters."""

from __future__ import annotations

from typing import Any

import pytest

from coalm_oumi.calls import (
    FunctionSchema,
    ParameterSchema,
    function_from_json_schema,
    function_to_json_schema,
)

TO = {"description": "Where to.", "type": "string"}
FIND_BUS: dict[str, Any] = {
    "name": "Find Bus",
    "description": "Finds buses.",
    "parameters": {"type": "dict", "properties": {"to": TO}, "required": ["to"]},
    "required": None,
}


def test_properties_are_the_parameters() -> None:
    assert function_from_json_schema(FIND_BUS) == FunctionSchema(
        "Find Bus",
        "Finds buses.",
        (ParameterSchema("to", TO),),
        {"required": ["to"]},
    )


def test_it_is_written_as_json_schema_or_as_toolace_does() -> None:
    function = function_from_json_schema(FIND_BUS)
    written = function_to_json_schema(function)
    assert written == {
        "name": "Find Bus",
        "description": "Finds buses.",
        "parameters": {"type": "object", "properties": {"to": TO}, "required": ["to"]},
    }
    as_toolace = function_to_json_schema(function, object_type="dict")
    assert as_toolace | {"required": None} == FIND_BUS
    assert function_from_json_schema(written) == function


@pytest.mark.parametrize(
    "parameters",
    [None, {}, {"type": "dict"}, {"type": "dict", "properties": {}}],
)
def test_a_function_may_have_no_parameters(parameters: Any) -> None:
    function = function_from_json_schema({"name": "stop", "parameters": parameters})
    assert function == FunctionSchema("stop", extra={"required": []})


def test_further_keys_are_kept() -> None:
    function = function_from_json_schema({"name": "stop", "version": 2})
    assert function_to_json_schema(function)["version"] == 2


@pytest.mark.parametrize(
    ("tool", "why"),
    [
        ("find_bus", "a tool is an object"),
        ({}, "needs a 'name'"),
        ({"name": ""}, "needs a 'name'"),
        ({"name": "f", "description": 1}, "tool 'f': 'description'"),
        ({"name": "f", "parameters": ["to"]}, "tool 'f': 'parameters'"),
        ({"name": "f", "parameters": {"properties": [1]}}, "tool 'f': 'properties'"),
        ({"name": "f", "parameters": {"properties": {"to": 1}}}, "parameter 'to'"),
        ({"name": "f", "parameters": {"required": "to"}}, "tool 'f': 'required'"),
    ],
)
def test_another_thing_is_refused(tool: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        function_from_json_schema(tool)
