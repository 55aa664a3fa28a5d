"""When two JSON values are the same: the one rule by which calls and states are compared.

    >>> same_json({"zip": "CB7", "seats": 2.0}, {"seats": 2, "zip": "CB7"})
    True

The members of an object have no order, the elements of an array have one, a number is its
value however it is written (`2`, `2.0`), and `true` is no number. Text is compared code
point by code point: nothing is trimmed, folded or normalised.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from coalm_oumi.calls.strict_json import JsonValue


def canonical_json(value: JsonValue) -> str:
    """Returns a value in the spelling that is the same for all that is the same value.

    Args:
        value: A JSON value; tuples are arrays.

    Returns:
        JSON in ASCII with sorted keys, and whole numbers without a decimal point.
    """
    return json.dumps(in_one_spelling(value))


def same_json(one: JsonValue, other: JsonValue) -> bool:
    """Says whether two values are the same JSON value."""
    return canonical_json(one) == canonical_json(other)


def in_one_spelling(value: JsonValue) -> JsonValue:
    """Returns a value with sorted keys, and whole numbers as integers."""
    if isinstance(value, Mapping):
        return {str(key): in_one_spelling(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, list | tuple):
        return [in_one_spelling(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
