"""The values that a JSON schema lists, wherever in it they stand.

In: ``{"anyOf": [{"enum": ["cat", "dog"]}, {"const": "bird"}, {"type": "null"}]}``.
Out: `cat`, `dog`, `bird`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from coalm_oumi.calls.strict_json import JsonValue

Schema = Mapping[str, JsonValue]
_COMBINED = ("anyOf", "oneOf", "allOf")


@dataclass(frozen=True)
class Argument:
    """An argument of a call, or a part of one.

    Attributes:
        name: Its name; of an item of a list, the list's.
        definitions: What the functions say of it, as JSON schemas.
        functions: The names of the functions that the call may be of.
    """

    name: str
    definitions: Sequence[Schema]
    functions: frozenset[str]

    @cached_property
    def listed(self) -> list[JsonValue]:
        """The values of its closed list; none if it has no such list."""
        return [value for d in self.definitions for value in listed_values(d)]

    def inner(self, key: str | None) -> Argument:
        """Returns the part under a key; None for the items of a list."""
        schemas = [s for d in self.definitions for s in inner_schemas(d, key)]
        if key is not None:
            return Argument(key, schemas, self.functions)
        # What is said of a list whose items are not described is said of each.
        return Argument(self.name, schemas or self.definitions, self.functions)


def listed_values(schema: Schema) -> list[JsonValue]:
    """Returns the values that `enum` and `const` list, without null.

    Args:
        schema: The schema of an argument. Its parts under `anyOf`, `oneOf` and `allOf`
            count too, and those that a reference to the schema itself (`#/$defs/Kind`)
            names.
    """
    found: list[JsonValue] = []
    for part in _parts(schema, schema):
        listed = part.get("enum")
        found += listed if isinstance(listed, list) else []
        found += [part["const"]] if "const" in part else []
    return [value for value in found if value is not None]


def inner_schemas(schema: Schema, name: str | None) -> list[Schema]:
    """Returns the schemas of a property; of the items of a list if `name` is None."""
    found: list[Schema] = []
    for part in _parts(schema, schema):
        below = part.get("items")
        if name is not None:
            properties = part.get("properties")
            below = properties.get(name) if isinstance(properties, Mapping) else None
        if isinstance(below, Mapping):
            shared = {
                key: schema[key] for key in ("$defs", "definitions") if key in schema
            }
            found.append({**shared, **below})
    return found


def _parts(
    schema: Schema, root: Schema, followed: Collection[str] = ()
) -> Iterator[Schema]:
    """Yields a schema and its alternatives; a reference is followed once on a way."""
    yield schema
    reference = schema.get("$ref")
    parts = [p for key in _COMBINED for p in _list(schema.get(key))]
    if isinstance(reference, str) and reference not in followed:
        parts.append(_referred(reference, root))
        followed = {*followed, reference}
    for part in parts:
        if isinstance(part, Mapping):
            yield from _parts(part, root, followed)


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _referred(reference: str, root: Schema) -> JsonValue:
    if not reference.startswith("#/"):
        return None
    found: JsonValue = dict(root)
    for key in reference[2:].split("/"):
        key = key.replace("~1", "/").replace("~0", "~")
        found = found.get(key) if isinstance(found, Mapping) else None
    return found
