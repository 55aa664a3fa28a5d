"""Which words of JSON Schema and OpenAPI hold schemas, names of the user's, or data.

`properties: {default: {$ref: ...}}` has a schema for a property called `default`, and its
`$ref` is a reference. `default: {$ref: ...}` is a value, and its `$ref` is part of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

from coalm_oumi.calls.strict_json import JsonValue

Place = tuple[str, ...]
"""The keys and positions that lead to a value in its file."""

ONE_SCHEMA = frozenset(
    [
        "additionalItems",
        "additionalProperties",
        "contains",
        "contentSchema",
        "else",
        "if",
        "items",
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    ]
)
"""Keywords of JSON Schema whose value is a schema."""
SCHEMA_LISTS = frozenset(["allOf", "anyOf", "items", "oneOf", "prefixItems"])
"""Keywords whose value is a list of schemas; `items` may be either (until 2019-09)."""
SCHEMA_MAPS = frozenset(
    [
        "$defs",
        "definitions",
        "dependencies",
        "dependentSchemas",
        "patternProperties",
        "properties",
    ]
)
"""Keywords whose value is an object from names of the user's to schemas."""
REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
"""Keywords whose value, if a text, refers to a schema."""
_OPENAPI_MAPS = frozenset(
    [
        "callbacks",
        "content",
        "headers",
        "pathItems",
        "paths",
        "requestBodies",
        "responses",
        "schemas",
        "webhooks",
    ]
)
DATA = frozenset(["const", "default", "enum", "example", "examples"])
"""Keywords whose value is a value, or several, and no schema."""


@dataclass(frozen=True)
class Identified:
    """A schema that has a name of its own in its document.

    Attributes:
        place: Where it stands.
        resource: The place of the innermost schema around it, or itself, with an `$id`.
        uri: The `$id` as a full URI, if it has one; else empty.
        anchors: Its `$anchor` and `$dynamicAnchor`.
    """

    place: Place
    resource: Place
    uri: str
    anchors: tuple[str, ...]


def identified_schemas(document: JsonValue) -> Iterator[Identified]:
    """Yields the schemas of a document that have an `$id` or an anchor, in its order.

    Args:
        document: A JSON schema, an OpenAPI document, or a list of tools. What its aliases
            repeat is looked at once.
    """
    seen: set[int] = set()
    stack: list[tuple[JsonValue, Place, bool, Place, str]] = [
        (document, (), False, (), "")
    ]
    while stack:
        value, place, names, resource, uri = stack.pop()
        if not isinstance(value, (dict, list)) or id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, dict) and not names:
            own = _text(value, "$id")
            anchors = [_text(value, key) for key in ("$anchor", "$dynamicAnchor")]
            # Until draft 7 an anchor is an `$id` of a fragment alone.
            anchors.append(own[1:] if own.startswith("#") else "")
            own = "" if own.startswith("#") else own.rstrip("#")
            if own:
                resource, uri = place, urljoin(uri, own)
            if own or any(anchors):
                found = tuple(anchor for anchor in anchors if anchor)
                yield Identified(place, resource, uri if own else "", found)
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        below = [
            (v, (*place, str(k)), _holds_names(k) and not names, resource, uri)
            for k, v in pairs
            if names or not _holds_data(k)
        ]
        stack += reversed(below)


def _holds_names(key: object) -> bool:
    return key in SCHEMA_MAPS or key in _OPENAPI_MAPS


def _holds_data(key: object) -> bool:
    return isinstance(key, str) and (key in DATA or key.startswith("x-"))


def _text(value: dict[str, JsonValue], key: str) -> str:
    found = value.get(key)
    return found if isinstance(found, str) else ""
