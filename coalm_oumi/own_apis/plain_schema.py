"""JSON schemas of catalogues in one form: references filled in, JSON Schema 2020-12.

In, of an OpenAPI 3.0 file::

    {allOf: [{$ref: "#/components/schemas/Day"}], nullable: true, example: 2026-05-01}

Out: ``{"type": ["string", "null"], "format": "date"}``.

Only what stands where a schema stands is read as one: `$ref` in a `default` or an `enum`
is data. A schema that holds itself ends, at the second time, in one that allows anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.own_apis.document import Node
from coalm_oumi.own_apis.schema_keywords import (
    ONE_SCHEMA,
    REFERENCES,
    SCHEMA_LISTS,
    SCHEMA_MAPS,
)

Schema = dict[str, JsonValue]
# What only documents a schema, what a model need not know, and what names schemas for
# references, which are filled in.
_LEFT_OUT = frozenset(
    [
        "$anchor",
        "$comment",
        "$defs",
        "$dynamicAnchor",
        "$id",
        "$schema",
        "definitions",
        "discriminator",
        "example",
        "examples",
        "externalDocs",
        "xml",
    ]
)
DESCRIBING = frozenset(
    [
        "default",
        "deprecated",
        "description",
        "format",
        "nullable",
        "readOnly",
        "title",
        "writeOnly",
    ]
)
"""Keywords that allow and forbid no value: of several, the last one stands."""
_DEEPEST = 60


def plain_schema(node: Node) -> Schema:
    """Returns a schema with its references filled in and its `allOf` joined.

    Raises:
        DataFormatError: It is not an object, a reference cannot be followed, it is nested
            too deeply, or there is too much of it.
    """
    if node.value is None or isinstance(node.value, bool):
        return {}
    return _expected(node, _schema(node, 0))


def _expected(node: Node, found: JsonValue) -> JsonValue:
    return found if node.expect(dict, "a JSON schema (an object)") else {}


def _schema(node: Node, depth: int) -> JsonValue:
    """Returns a schema in its one form; what is none, as it is."""
    node.document.count(node)
    if depth > _DEEPEST:
        raise node.error("it is nested too deeply.")
    if not isinstance(node.value, dict):
        return node.value
    identity = node.value.get("$id")
    if isinstance(identity, str) and not identity.startswith("#"):
        node = node.embedded()
    found: Schema = {}
    parts: list[JsonValue] = []
    for key, value in node.value.items():
        if key in _LEFT_OUT:
            continue
        if not isinstance(value, (dict, list, bool)) and key not in REFERENCES:
            node.document.count(node)
            found[key] = value
            continue
        below = node.below(key, value)
        if key in REFERENCES and isinstance(value, str):
            parts.append(_referred(node, value, depth))
        elif key in SCHEMA_LISTS and isinstance(value, list):
            found[key] = [_schema(one, depth + 1) for one in _members(below)]
        elif key in ONE_SCHEMA:
            found[key] = _schema(below, depth + 1)
        elif key in SCHEMA_MAPS and isinstance(value, dict):
            found[key] = _named(below, depth)
        else:
            _count(below)
            found[key] = value
    if isinstance(found.get("allOf"), list):
        parts += found.pop("allOf")
    return _nullable(_joined(parts, _of_2020(found)))


def _members(node: Node) -> Iterator[Node]:
    for position, value in enumerate(node.value):
        yield node.below(str(position), value)


def _named(node: Node, depth: int) -> JsonValue:
    """Returns an object of schemas, whatever their names are."""
    # No JSON Schema, but not seldom: the whole object stands elsewhere.
    node = node.followed()
    if not isinstance(node.value, dict):
        return node.value
    return {
        name: value
        if isinstance(value, list)
        else _schema(node.below(name, value), depth + 1)
        for name, value in node.value.items()
    }


def _referred(node: Node, reference: str, depth: int) -> JsonValue:
    target = node.target(reference)
    if target.within[-1] in node.within:
        return {}
    if isinstance(target.value, bool):
        return target.value
    return _expected(target, _schema(target, depth + 1))


def _count(node: Node) -> None:
    """Counts the values that data consists of."""
    stack: list[JsonValue] = [node.value]
    while stack:
        value = stack.pop()
        node.document.count(node)
        if isinstance(value, dict):
            stack += value.values()
        elif isinstance(value, list):
            stack += value


def _of_2020(schema: Schema) -> Schema:
    """Returns a schema in the words of JSON Schema 2020-12; earlier ones had others."""
    for bound in ("minimum", "maximum"):
        key = f"exclusive{bound.capitalize()}"
        if isinstance(schema.get(key), bool) and schema.pop(key) and bound in schema:
            schema[key] = schema.pop(bound)
    if isinstance(schema.get("items"), list):
        schema["prefixItems"] = schema.pop("items")
        if "additionalItems" in schema:
            schema["items"] = schema.pop("additionalItems")
    # JavaScript's notation may be one that Python cannot check.
    pattern = schema.get("pattern")
    if isinstance(pattern, str) and not _compiles(pattern):
        del schema["pattern"]
    patterns = schema.get("patternProperties")
    if isinstance(patterns, dict):
        schema["patternProperties"] = {
            k: v for k, v in patterns.items() if _compiles(k)
        }
    return schema


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _joined(parts: list[JsonValue], own: Schema) -> Schema:
    """Joins the parts of an `allOf`, and what references stand for, with the rest.

    What two of them limit in different ways stays in an `allOf`.
    """
    if not parts:
        return own
    joined: Schema = {}
    others: list[JsonValue] = []
    for part in (*parts, own):
        if not isinstance(part, dict):
            others += [part] if part is False else []
            continue
        part = dict(part)
        others += part.pop("allOf", [])
        if isinstance(part.get("properties"), dict):
            part["properties"] = _both(
                joined.get("properties") or {}, part["properties"]
            )
        if isinstance(part.get("required"), list):
            known = joined.get("required") or []
            new = [name for name in part["required"] if name not in known]
            part["required"] = [*known, *new]
        limits = {
            key: value
            for key, value in joined.items()
            if key in part
            and part[key] != value
            and key not in DESCRIBING
            and key not in ("properties", "required")
            and not key.startswith("x-")
        }
        others += [limits] if limits else []
        joined = {**joined, **part}
    return {**joined, "allOf": others} if others else joined


def _both(first: Schema, second: Schema) -> Schema:
    """Joins two objects of properties."""
    shared = {
        name: _joined([first[name]], below)
        for name, below in second.items()
        if isinstance(first.get(name), dict) and isinstance(below, dict)
    }
    return {**first, **second, **shared}


def _nullable(schema: Schema) -> Schema:
    """Returns a schema of OpenAPI 3.0 that allows null in the words of 2020-12."""
    if schema.pop("nullable", None) is not True:
        return schema
    kind = schema.get("type")
    if isinstance(kind, (str, list)):
        kinds = [kind] if isinstance(kind, str) else kind
        schema["type"] = [*kinds, *(["null"] if "null" not in kinds else [])]
    if "const" in schema:
        schema["enum"] = [schema.pop("const")]
    if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    inner = {key: schema[key] for key in _INNER if key in schema}
    # What is no schema is reported with the argument's name (`function.checked`).
    if not inner or not _is_schema(inner) or allows_null(inner):
        return schema
    schema = {key: value for key, value in schema.items() if key not in inner}
    null = {"type": "null"}
    if len(inner) == 1 and set(inner) <= {"anyOf", "oneOf"}:
        return {**schema, **{key: [*value, null] for key, value in inner.items()}}
    return {**schema, "anyOf": [inner, null]}


_INNER = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else")


def allows_null(schema: Mapping[str, JsonValue]) -> bool:
    """Whether null is a value that a JSON schema allows.

    Args:
        schema: A schema in one form that is one of JSON Schema.
    """
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema).is_valid(None)


def _is_schema(schema: Schema) -> bool:
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError:
        return False
    return True
