"""Function schemas as JSON Schema tools."""

from __future__ import annotations

import pytest

from coalm_oumi.calls import FunctionSchema
from coalm_oumi.calls.json_schema_tool import json_schema_tool, json_schema_type


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        ("str", {"type": "string"}),
        ("int", {"type": "integer"}),
        ("number", {"type": "number"}),
        ("List[int]", {"type": "array", "items": {"type": "integer"}}),
        ("list", {"type": "array"}),
        ("Optional[Dict[str, int]]", {"type": "object"}),
        (
            "List[List[str]]",
            {"type": "array", "items": {"type": "array", "items": {"type": "string"}}},
        ),
        ("Tuple[float, float]", {"type": "array"}),
        ("Union[int, str]", {}),
        ("Callable", {}),
        ("", {}),
        ("List[" * 5000 + "]" * 5000, None),
    ],
)
def test_types_in_python_s_words(kind: str, schema: dict | None) -> None:
    found = json_schema_type(kind)
    assert found["type"] == "array" if schema is None else found == schema


def test_a_function_with_required_and_optional_parameters() -> None:
    function = FunctionSchema.from_xlam(
        {
            "name": "find_bus",
            "description": "Finds buses.",
            "parameters": {
                "to": {"description": "Where to.", "type": "str"},
                "seats": {"description": "How many.", "type": "int", "default": 1},
                "via": {"description": "Stops.", "type": "List[str], optional"},
            },
        }
    )
    assert json_schema_tool(function) == {
        "type": "function",
        "function": {
            "name": "find_bus",
            "description": "Finds buses.",
            "parameters": {
                "type": "object",
                "properties": {
                    "to": {"type": "string", "description": "Where to."},
                    "seats": {
                        "type": "integer",
                        "description": "How many.",
                        "default": 1,
                    },
                    "via": {
                        "type": "array",
                        "items": {"type": "string"},
                        "description": "Stops.",
                    },
                },
                "required": ["to"],
            },
        },
    }


def test_a_list_of_required_parameters_counts() -> None:
    tool = {"name": "f", "parameters": {"a": {"type": "str", "default": ""}}}
    function = FunctionSchema.from_xlam({**tool, "required": ["a"]})
    assert json_schema_tool(function)["function"]["parameters"]["required"] == ["a"]
