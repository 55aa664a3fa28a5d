"""Which argument a field of a result may fill: `petId` takes the `id` of a pet.

A number as small as 17 stands in nearly every observation. It grounds an argument only
where it stands under a key that fits the argument's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.cra.check.grounding_names import singular

_MOST_NESTED = 20
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+|\d+")
_WRAPPING = frozenset(
    (
        *("result", "item", "data", "record", "entry", "list", "content", "hit"),
        *("match", "object", "value", "row", "response", "payload", "body", "output"),
        *("detail", "info", "attribute", "property", "found", "summary", "page"),
    )
)
"""Names of what holds a result, which say nothing of what it is."""
_COUNTING = frozenset(
    ["count", "total", "number", "length", "index", "limit", "offset"]
)
"""Keys of numbers that count something or other."""


def leaves(
    value: JsonValue, key: str = "", owner: str = "", depth: int = 0
) -> Iterator[tuple[str, str, JsonValue]]:
    """Yields the fields of a result: their keys, of what they are fields, and values.

    Args:
        value: The result.
        key: The key under which it stands.
        owner: The nearest key above that says what the fields belong to (`pets`).
        depth: How deep it stands; what lies deeper than 20 levels is left out.
    """
    if depth > _MOST_NESTED:
        return
    if isinstance(value, Mapping):
        if key and not _wraps(key):
            owner = key
        for name, inner in value.items():
            yield from leaves(inner, str(name), owner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, key, owner, depth + 1)
    elif value is not None:
        yield key, owner, value


def fills(key: str, owner: str, argument: str, functions: frozenset[str]) -> bool:
    """Whether a field may fill an argument.

    - The names are the same, be they in camel or snake case, one or many.
    - The key is a part of the argument's name, and the rest names the owner (`id` of
      `pets` for `petId`) or there is no owner known. `count` and the like need an owner.
    - The argument's name is the end of the key, and the function's name has the rest
      (`petId` for the `id` of `getPet`).

    Args:
        key: The field's key.
        owner: What it is a field of (`leaves`); may be empty.
        argument: The argument's name.
        functions: The names of the functions that the call may be of.
    """
    name, field, of = name_words(argument), name_words(key), set(name_words(owner))
    if not field or not name:
        return False
    if name == field or "".join(name) == "".join((*sorted(of), *field)):
        return True
    size = len(field)
    places = [n for n in range(len(name) - size + 1) if name[n : n + size] == field]
    if places:
        if of & {*name[: places[-1]], *name[places[-1] + size :]}:
            return True
        telling = size > 1 or field[0] not in _COUNTING
        return not of and telling and (name[-size:] == field or size > 1)
    if field[-len(name) :] == name:
        rest = set(field[: -len(name)]) - {"of", "the", *_COUNTING}
        known = {word for function in functions for word in name_words(function)}
        return rest <= known | set(name)
    return False


@lru_cache(maxsize=4096)
def name_words(name: str) -> tuple[str, ...]:
    """Returns the words of a name, in lower case and each in its singular."""
    return tuple(singular(word.lower()) for word in _WORDS.findall(name))


@lru_cache(maxsize=1024)
def _wraps(key: str) -> bool:
    return not name_words(key) or all(
        word in _WRAPPING or word.isdigit() for word in name_words(key)
    )
