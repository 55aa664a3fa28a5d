"""A function of somebody's own API, as its catalogue describes it.

In, of an OpenAPI file (an invented one)::

    /bikes/{bikeId}: {get: {operationId: getBike, summary: Show a bike, tags: [bikes],
                            parameters: [{name: bikeId, in: path, required: true,
                                          schema: {type: string}}]}}

Out: ``ApiFunction("getBike", "Show a bike", "bikes", False,
(ApiArgument("bikeId", {"type": "string"}, True, "path"),), {})``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.errors import shorten
from coalm_oumi.own_apis.document import Node
from coalm_oumi.own_apis.names import ORIGINAL_NAME, ORIGINAL_PLACE, call_names

_MOST_ARGUMENTS = 200


@dataclass(frozen=True)
class ApiArgument:
    """An argument of a function.

    Attributes:
        name: Its name in a call.
        schema: Its JSON schema, references filled in. If the catalogue has another name,
            that one stands under `ORIGINAL_NAME`, and its place under `ORIGINAL_PLACE`.
        required: Whether a call needs it.
        place: Where it goes: `path`, `query`, `body`; empty if the catalogue has no
            places.
    """

    name: str
    schema: Mapping[str, JsonValue]
    required: bool
    place: str = ""

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
        original: What it is called in the catalogue, if that is another name; of an
            operation without one, method and path (`get /bikes/{bikeId}`).
    """

    name: str
    description: str
    service: str
    changes: bool
    arguments: tuple[ApiArgument, ...]
    results: Mapping[str, Mapping[str, JsonValue]]
    original: str = ""


def schema_arguments(
    schema: Mapping[str, JsonValue], where: Node, *, place: str = ""
) -> Iterator[ApiArgument]:
    """Yields the properties of an object's schema as arguments.

    A name that is required without being described is an argument too: of any value, or
    of those that `patternProperties` or `additionalProperties` describe.

    Args:
        schema: The schema, in one form (`plain_schema`).
        where: Where it stands, for messages.
        place: What the arguments have as their place.

    Raises:
        DataFormatError: A property is no schema, or one is required that may not be given.
    """
    properties = schema.get("properties") or {}
    needed = schema.get("required") or []
    if not isinstance(properties, dict):
        raise where.error("'properties' is not an object.")
    if not isinstance(needed, list) or not all(isinstance(n, str) for n in needed):
        raise where.error("'required' is not a list of names.")
    undescribed = {n: _undescribed(n, schema) for n in needed if n not in properties}
    for name, below in {**properties, **undescribed}.items():
        if below is True:
            below = {}
        if below is False and name not in needed:
            continue
        if below is False:
            raise where.error(
                f"'required' names '{shorten(name, 40)}', which may not be given. "
                "Describe it under 'properties', or take it out."
            )
        if not isinstance(below, dict):
            raise where.error(f"the property '{shorten(name, 40)}' is no schema.")
        if not below.get("readOnly"):
            yield ApiArgument(name, below, name in needed, place)


def _undescribed(name: str, schema: Mapping[str, JsonValue]) -> JsonValue:
    """Returns the schema of a property that `properties` does not have."""
    patterns = schema.get("patternProperties")
    fitting = [
        below
        for pattern, below in (patterns if isinstance(patterns, dict) else {}).items()
        if _matches(pattern, name)
    ]
    if fitting:
        return fitting[0] if len(fitting) == 1 else {"allOf": fitting}
    return schema.get("additionalProperties", {})


def _matches(pattern: str, name: str) -> bool:
    try:
        return re.search(pattern, name) is not None
    except re.error:
        return False


def checked(function: ApiFunction, where: Node) -> ApiFunction:
    """Returns a function whose arguments have names of their own, the required ones first.

    Args:
        function: The function; its arguments have their names in the catalogue.
        where: Where it stands, for messages.

    Raises:
        DataFormatError: An argument has no schema that can be used, or there are too many.
    """
    written = [(argument.name, argument.place) for argument in function.arguments]
    found = [
        _called(argument, name)
        for argument, name in zip(
            function.arguments, call_names(written, "argument"), strict=True
        )
    ]
    for argument in found:
        _check_schema(argument, function, where)
    if len(found) > _MOST_ARGUMENTS:
        raise where.error(
            f"'{function.name}' has {len(found)} arguments; {_MOST_ARGUMENTS} are the "
            "most that can be used."
        )
    ordered = sorted(found, key=lambda argument: not argument.required)
    return replace(function, arguments=tuple(ordered))


def _called(argument: ApiArgument, name: str) -> ApiArgument:
    """Returns an argument under another name, its own one kept."""
    if name == argument.name:
        return argument
    original = {ORIGINAL_NAME: argument.name}
    if argument.place:
        original[ORIGINAL_PLACE] = argument.place
    return replace(argument, name=name, schema={**argument.schema, **original})


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
    """Returns a value as a text from which it can be read back, given its kind.

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
        schema: The schema of what a call returns, in one form (`plain_schema`).
    """
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
