"""JSON read strictly: what two readers could understand differently is refused.

The standard library keeps the last of two equal keys, accepts `NaN` and halves of
surrogate pairs (which no file can hold again), and ends in a `RecursionError` on
hostile nesting. Tool definitions and model replies are untrusted text, so each of these
is a `ValueError` here.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from itertools import chain
from typing import Any, Literal, NoReturn

from coalm_oumi.errors import shorten

MAX_DEPTH = 100
"""Arrays and objects that may stand inside each other. Far below Python's own limit, so
that what can be read can be compared and written again wherever that is done."""

# A value as `json.loads` returns it. There is no recursive alias before Python 3.12.
JsonValue = Any


def _object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) != len(pairs):
        counts = Counter(key for key, _ in pairs)
        repeated = next(key for key, count in counts.items() if count > 1)
        raise ValueError(f"the key '{shorten(repeated)}' stands twice in one object")
    return found


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{text} is too large a number")
    return value


# Where half of a surrogate pair may be; a text without these has none.
_ESCAPED = re.compile(r"\\u[dD][89a-fA-F]")
_WRITTEN = re.compile(r"[\ud800-\udfff]")


def _checked(value: JsonValue, text: str) -> JsonValue:
    """Returns a value if it can be written again; `text` is what it was read from."""
    if text.count("[") + text.count("{") > MAX_DEPTH:
        level = [value] if isinstance(value, (dict, list)) else []
        for _ in range(MAX_DEPTH):
            parts = (i.values() if isinstance(i, dict) else i for i in level)
            items = chain.from_iterable(parts)
            level = [item for item in items if isinstance(item, (dict, list))]
        if level:
            raise ValueError("it is nested too deeply")
    return _without_half_pairs(value, text)


def _may_hold_half_pairs(text: str) -> bool:
    # Most texts are told by the two quick questions alone.
    if "\\u" in text and _ESCAPED.search(text):
        return True
    return not text.isascii() and _WRITTEN.search(text) is not None


def _without_half_pairs(value: JsonValue, text: str) -> JsonValue:
    if _may_hold_half_pairs(text):
        try:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            raise ValueError("it holds half of a surrogate pair") from None
    return value


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_constant, parse_float=_float
)
_DECODER_OF_REPEATED_KEYS = json.JSONDecoder(
    parse_constant=_constant, parse_float=_float
)


def loads(text: str) -> JsonValue:
    """Parses one JSON document.

    Args:
        text: The document.

    Returns:
        Objects as dicts in their written order, arrays as lists, scalars as they are.

    Raises:
        ValueError: It is not JSON, repeats a key in one object, holds NaN, Infinity or
            half of a surrogate pair, or is nested in more than `MAX_DEPTH` levels.
    """
    try:
        return _checked(_DECODER.decode(text), text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def raw_decode(
    text: str, start: int = 0, *, repeated_keys: Literal["refuse", "last"] = "refuse"
) -> tuple[JsonValue, int]:
    """Parses the JSON value that begins at `start`, and returns it with its end.

    Args:
        text: Text in which a JSON value begins at `start`; anything may follow it.
        start: Offset in characters.
        repeated_keys: Whether an object that repeats a key is refused, or the key's
            `last` value taken.

    Returns:
        The value, and the offset of the first character behind it.

    Raises:
        ValueError: As for `loads`.
    """
    strict = repeated_keys == "refuse"
    decoder = _DECODER if strict else _DECODER_OF_REPEATED_KEYS
    try:
        value, end = decoder.raw_decode(text, start)
        return _checked(value, text[start:end]), end
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def dumps(value: JsonValue) -> str:
    """Writes JSON as the published Hammer rows have it: `", "`, `": "`, ASCII only.

    Args:
        value: What `loads` returns.

    Raises:
        ValueError: `value` holds NaN or Infinity.
    """
    return json.dumps(value, allow_nan=False)
