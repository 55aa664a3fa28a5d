"""A function of somebody's own API, as its catalogue describes it.

In, of an OpenAPI file (an invented one)::

    /bikes/{bikeId}: {get: {operationId: getBike, summary: Show a bike, tags: [bikes],
                            parameters: [{name: bikeId, in: path, required: true,
                                          schema: {type: string}}]}}

Out: ``ApiFunction("getBike", "Show a bike", "bikes", False,
(ApiArgument("bikeId", {"type": "string"}, True),), {})``.
"""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.errors import shorten
from coalm_oumi.sources.api_document import Node

_NO_NAME = re.compile(r"[^A-Za-z0-9_]+")
# What only documents a schema, or what a model need not know.
_LEFT_OUT = ("example", "examples", "xml", "externalDocs", "discriminator", "$comment")
_MOST_ARGUMENTS = 200


@dataclass(frozen=True)
class ApiArgument:
    """An argument of a function.

    Attributes:
        name: Its name in a call.
        schema: Its JSON schema, references filled in.
        required: Whether a call needs it.
    """

    name: str
    schema: Mapping[str, JsonValue]
    required: bool

    @property
    def description(self) -> str:
        """What it means; empty if the catalogue does not say."""
        found = self.schema.get("description")
        return found if isinstance(found, str) else ""


@dataclass(frozen=True)
class ApiFunction:
    """A function of an API.

    Attributes:
        name: Its name in a call.
        description: What it does, in a few words.
        service: What it belongs to: an OpenAPI tag; may be empty.
        changes: Whether a call changes something (books, cancels, pays), as opposed to
            looking something up.
        arguments: Its arguments, the required ones first.
        results: The schema of each field of a result, as far as it is described.
    """

    name: str
    description: str
    service: str
    changes: bool
    arguments: tuple[ApiArgument, ...]
    results: Mapping[str, Mapping[str, JsonValue]]


def call_name(written: str, where: Node) -> str:
    """Returns a name that can stand in an action: `list-bikes` becomes `list_bikes`.

    Args:
        written: The name in the catalogue.
        where: Where it stands, for messages.

    Raises:
        DataFormatError: Nothing of the name is left.
    """
    name = (
        _NO_NAME.sub("_", written).strip("_") if _NO_NAME.search(written) else written
    )
    if name[:1].isdigit():
        name = f"_{name}"
    if keyword.iskeyword(name):
        name = f"{name}_"
    if not name.strip("_"):
        raise where.error(
            f"the name '{shorten(written, 40)}' has no letter or digit that can stand "
            "in a call. Give it another one."
        )
    return name


def plain_schema(node: Node) -> dict[str, JsonValue]:
    """Returns a schema with its references filled in and its `allOf` joined.

    Raises:
        DataFormatError: It is not an object, or a reference cannot be followed.
    """
    if isinstance(node.value, bool) or node.value is None:
        return {}
    found = node.expect(dict, "a JSON schema (an object)").plain()
    return _joined(_without(found))


def _without(value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return [_without(item) for item in value]
    if not isinstance(value, dict):
        return value
    # The names of properties are the user's own, whatever they are called.
    value = _of_2020(value)
    return {
        key: {name: _without(below) for name, below in inner.items()}
        if key == "properties" and isinstance(inner, dict)
        else _without(inner)
        for key, inner in value.items()
        if key not in _LEFT_OUT
    }


def _of_2020(schema: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Returns a schema in the words of JSON Schema 2020-12; OpenAPI 3.0 has its own."""
    found = {key: value for key, value in schema.items() if key != "nullable"}
    for bound in ("minimum", "maximum"):
        key = f"exclusive{bound.capitalize()}"
        if isinstance(found.get(key), bool) and found.pop(key) and bound in found:
            found[key] = found.pop(bound)
    pattern = found.get("pattern")
    if isinstance(pattern, str):
        try:
            re.compile(pattern)
        except re.error:
            # JavaScript's notation, which Python cannot check.
            del found["pattern"]
    return found


def _joined(schema: dict[str, JsonValue]) -> dict[str, JsonValue]:
    parts = schema.get("allOf")
    if not isinstance(parts, list):
        return schema
    whole: dict[str, JsonValue] = {}
    own = {key: value for key, value in schema.items() if key != "allOf"}
    for part in (*parts, own):
        if not isinstance(part, dict):
            continue
        part = _joined(part)
        both = (whole, part)
        properties, required = [], []
        for one in both:
            if isinstance(one.get("properties"), dict):
                properties.append(one["properties"])
            if isinstance(one.get("required"), list):
                required += [n for n in one["required"] if n not in required]
        whole = {**whole, **part}
        if properties:
            whole["properties"] = {k: v for one in properties for k, v in one.items()}
        if required:
            whole["required"] = required
    return whole


def schema_arguments(
    schema: Mapping[str, JsonValue], where: Node, *, required: bool = True
) -> Iterator[ApiArgument]:
    """Yields the properties of an object's schema as arguments.

    Args:
        schema: The schema, references filled in.
        where: Where it stands, for messages.
        required: Whether the object itself has to be given.

    Raises:
        DataFormatError: A property is no schema.
    """
    properties = schema.get("properties") or {}
    needed = schema.get("required") or []
    if not isinstance(properties, dict):
        raise where.error("'properties' is not an object.")
    if not isinstance(needed, list) or not all(isinstance(n, str) for n in needed):
        raise where.error("'required' is not a list of names.")
    unknown = [name for name in needed if name not in properties]
    if unknown:
        raise where.error(
            f"'required' names '{shorten(unknown[0], 40)}', which is no property. "
            "Describe it under 'properties', or take it out."
        )
    for name, below in properties.items():
        if below is True:
            below = {}
        if not isinstance(below, dict):
            raise where.error(f"the property '{shorten(name, 40)}' is no schema.")
        if not below.get("readOnly"):
            given = required and name in needed
            yield ApiArgument(call_name(name, where), _joined(below), given)


def checked(function: ApiFunction, where: Node) -> ApiFunction:
    """Returns a function with each argument once, the required ones first.

    Raises:
        DataFormatError: Two arguments of one name differ, or there are too many.
    """
    found: dict[str, ApiArgument] = {}
    for argument in function.arguments:
        other = found.get(argument.name)
        if other is not None and schema_kind(other.schema) != schema_kind(
            argument.schema
        ):
            raise where.error(
                f"the argument '{argument.name}' of '{function.name}' is described "
                f"twice, as {schema_kind(other.schema)} and as "
                f"{schema_kind(argument.schema)}. Rename one of them."
            )
        required = argument.required or (other is not None and other.required)
        found[argument.name] = ApiArgument(argument.name, argument.schema, required)
    for argument in found.values():
        _check_schema(argument, function, where)
    if len(found) > _MOST_ARGUMENTS:
        raise where.error(
            f"'{function.name}' has {len(found)} arguments; {_MOST_ARGUMENTS} are the "
            "most that can be used."
        )
    ordered = sorted(found.values(), key=lambda argument: not argument.required)
    return ApiFunction(
        function.name,
        function.description,
        function.service,
        function.changes,
        tuple(ordered),
        function.results,
    )


def _check_schema(argument: ApiArgument, function: ApiFunction, where: Node) -> None:
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(dict(argument.schema))
    except SchemaError as error:
        raise where.error(
            f"the argument '{argument.name}' of '{function.name}' has no JSON schema "
            f"that can be used: {shorten(error.message, 120)}. Correct it."
        ) from error


def schema_kind(schema: Mapping[str, JsonValue]) -> str:
    """Returns `str`, `int`, `float`, `bool`, `list`, `dict`, or `any` for other schemas.

    Args:
        schema: A JSON schema. Of a type that may also be null, the other one counts.
    """
    kinds = schema.get("type")
    if isinstance(kinds, list):
        kinds = [kind for kind in kinds if kind != "null"]
        kinds = kinds[0] if len(kinds) == 1 else None
    if kinds is None and isinstance(schema.get("enum"), list):
        types = {type(value) for value in schema["enum"] if value is not None}
        names = {str: "str", int: "int", bool: "bool", float: "float"}
        return names.get(types.pop(), "any") if len(types) == 1 else "any"
    if kinds is None and isinstance(schema.get("properties"), dict):
        return "dict"
    return _KINDS.get(kinds, "any") if isinstance(kinds, str) else "any"


def value_text(value: JsonValue, kind: str) -> str:
    """Returns a value as a text from which it can be told again, given its kind.

    Args:
        value: Any JSON value.
        kind: As `schema_kind` says. A value of another kind is written as it is.
    """
    if kind in ("list", "dict", "any") or isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False)
    # Python's words, as SGD has them: `True`, `None`.
    return value if isinstance(value, str) else str(value)


_KINDS = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "array": "list",
    "object": "dict",
}


def result_fields(schema: Mapping[str, JsonValue]) -> dict[str, dict[str, JsonValue]]:
    """Returns the fields of a result: of an object, a list of them, or a page of one.

    Args:
        schema: The schema of what a call returns, references filled in.
    """
    schema = _joined(dict(schema))
    items = schema.get("items")
    if isinstance(items, dict):
        return result_fields(items)
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return {}
    known = {name: p for name, p in properties.items() if isinstance(p, dict)}
    lists = [p for p in known.values() if schema_kind(p) == "list"]
    of_objects = [result_fields(p) for p in lists]
    inner = [fields for fields in of_objects if fields]
    return {**known, **inner[0]} if len(inner) == 1 else known
