"""Function schemas as JSON Schema tools, which chat templates and trainers take.

In, in xLAM's notation: a parameter of type `List[int], optional` with default `[]`.
Out: `{"type": "array", "items": {"type": "integer"}}`, not among the required ones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from coalm_oumi.calls.model import FunctionSchema, ParameterSchema
from coalm_oumi.calls.strict_json import JsonValue

_NAMES = {
    "str": "string",
    "string": "string",
    "int": "integer",
    "integer": "integer",
    "float": "number",
    "number": "number",
    "bool": "boolean",
    "boolean": "boolean",
    "list": "array",
    "array": "array",
    "tuple": "array",
    "set": "array",
    "dict": "object",
    "object": "object",
}
_GENERIC = re.compile(r"([A-Za-z]+)\[(.*)\]")
_DEEPEST = 8


def json_schema_tool(function: FunctionSchema) -> dict[str, JsonValue]:
    """Returns a function as `{"type": "function", "function": {...}}`.

    A parameter is required if the source's own list says so; without such a list, if
    its type does not say `optional` and it has no default.

    Args:
        function: The schema, its types in Python's words or in JSON Schema's. A type
            in other words is left out, which allows any value.
    """
    listed = function.extra.get("required")
    required = [
        p.name
        for p in function.parameters
        if (p.name in listed if isinstance(listed, list) else _required(p))
    ]
    parameters = {
        "type": "object",
        "properties": {p.name: _parameter(p) for p in function.parameters},
        "required": required,
    }
    described = {"name": function.name, "description": function.description}
    return {"type": "function", "function": {**described, "parameters": parameters}}


def _required(parameter: ParameterSchema) -> bool:
    kind = parameter.type.lower()
    return "optional" not in kind and not parameter.has_default


def _parameter(parameter: ParameterSchema) -> dict[str, JsonValue]:
    return _definition(parameter.definition)


def _definition(
    definition: Mapping[str, JsonValue], depth: int = 0
) -> dict[str, JsonValue]:
    """Returns a definition with its types, and those inside it, in JSON Schema's words."""
    kept = {key: value for key, value in definition.items() if key != "type"}
    if depth <= _DEEPEST:
        if isinstance(items := kept.get("items"), dict):
            kept["items"] = _definition(items, depth + 1)
        if isinstance(properties := kept.get("properties"), dict):
            kept["properties"] = {
                name: _definition(value, depth + 1)
                if isinstance(value, dict)
                else value
                for name, value in properties.items()
            }
    if isinstance(definition.get("type"), list):  # JSON Schema's, of several types
        return {"type": definition["type"], **kept}
    kind = str(definition.get("type", ""))
    kind = re.sub(r",?\s*optional$", "", kind, flags=re.IGNORECASE)
    return {**json_schema_type(kind), **kept}


def json_schema_type(kind: str, *, depth: int = 0) -> dict[str, JsonValue]:
    """Returns a type in Python's words as JSON Schema; `{}` for one not understood.

    Args:
        kind: Such as `int`, `List[str]`, `Optional[Dict[str, float]]`.
        depth: How deep in brackets it stands; types nested deeper than 8 are `{}`.
    """
    kind = kind.strip()
    if kind.lower() in _NAMES:
        return {"type": _NAMES[kind.lower()]}
    match = _GENERIC.fullmatch(kind)
    if match is None or depth > _DEEPEST:
        return {}
    outer, inner = match[1].lower(), match[2]
    if outer == "optional":
        return json_schema_type(inner, depth=depth + 1)
    if outer not in _NAMES:
        return {}
    schema: dict[str, JsonValue] = {"type": _NAMES[outer]}
    items = json_schema_type(inner, depth=depth + 1)
    if schema["type"] == "array" and items:
        schema["items"] = items
    return schema
