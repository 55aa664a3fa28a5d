"""Function schemas whose parameters are a JSON schema: ToolACE, BFCL, and most APIs.

A schema (an invented one)::

    {"name": "Find Bus", "description": "Finds buses.",
     "parameters": {"type": "dict",
                    "properties": {"to": {"description": "Where to.", "type": "string"}},
                    "required": ["to"]},
     "required": null}

becomes `FunctionSchema("Find Bus", "Finds buses.", (ParameterSchema("to", {...}),),
{"required": ["to"]})`. ToolACE and BFCL write the type `dict` for JSON schema's
`object`; ToolACE adds a `required` outside the parameters that is always null.
"""

from __future__ import annotations

from coalm_oumi.calls.model import FunctionSchema, ParameterSchema
from coalm_oumi.calls.strict_json import JsonValue


def function_from_json_schema(tool: JsonValue) -> FunctionSchema:
    """Reads a schema in this notation (module docstring).

    Args:
        tool: The schema. A function without parameters may have none, null or an empty
            object there.

    Returns:
        The function; its required parameters stand in `extra`, under `required`.

    Raises:
        ValueError: A key is missing or has another type; the message says which.
    """
    if not isinstance(tool, dict):
        raise ValueError("a tool is an object with 'name' and 'parameters'")
    name = tool.get("name")
    if not isinstance(name, str) or not name:
        raise ValueError("a tool needs a 'name', a string that is not empty")
    description = tool.get("description") or ""
    parameters = tool.get("parameters") or {}
    if not isinstance(description, str):
        raise ValueError(f"tool '{name}': 'description' is not a string")
    if not isinstance(parameters, dict):
        raise ValueError(f"tool '{name}': 'parameters' is not an object")
    properties = parameters.get("properties") or {}
    if not isinstance(properties, dict):
        raise ValueError(f"tool '{name}': 'properties' is not an object")
    for parameter, definition in properties.items():
        if not isinstance(definition, dict):
            raise ValueError(
                f"tool '{name}', parameter '{parameter}': its definition is not an "
                "object"
            )
    known = ("name", "description", "parameters", "required")
    extra = {key: value for key, value in tool.items() if key not in known}
    required = parameters.get("required") or tool.get("required") or []
    if not isinstance(required, list):
        raise ValueError(f"tool '{name}': 'required' is not a list")
    return FunctionSchema(
        name=name,
        description=description,
        parameters=tuple(ParameterSchema(p, d) for p, d in properties.items()),
        extra={**extra, "required": required},
    )


def function_to_json_schema(
    function: FunctionSchema, *, object_type: str = "object"
) -> dict[str, JsonValue]:
    """Writes a function in this notation, ready for JSON.

    Args:
        function: The function.
        object_type: The type of its parameters: `object` in JSON schema, `dict` in
            ToolACE and BFCL. The parameters' own types stay as the source has them.
    """
    extra = {key: value for key, value in function.extra.items() if key != "required"}
    return {
        "name": function.name,
        "description": function.description,
        "parameters": {
            "type": object_type,
            "properties": {p.name: dict(p.definition) for p in function.parameters},
            "required": list(function.extra.get("required") or []),
        },
        **extra,
    }
