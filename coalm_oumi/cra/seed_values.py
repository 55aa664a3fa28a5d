"""Whether a text names a value, and where: the wording of arguments in seed dialogues.

A value is named by its own words; case, `_` and `-` do not matter (`city_bike` is named by
`city bike`). The numbers to twelve may be written in words, a whole amount without its
`.0`. Anything else that means a value (`on Friday`) is told by a turn's `says`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from coalm_oumi.calls.strict_json import JsonValue

_NUMBERS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("ten", "eleven", "twelve"),
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_GAPS = re.compile(r"[\s_\-]+")


def wording(value: JsonValue, text: str) -> str:
    """Returns the words of a text that name a value; empty if none do.

    Args:
        value: A text, number or truth value; a list is named if all its items are.
        text: What is said.
    """
    if isinstance(value, list):
        found = [wording(item, text) for item in value]
        return " and ".join(found) if found and all(found) else ""
    for pattern in _patterns(value):
        match = re.search(rf"(?<![\w.,]){pattern}(?![\w]|[.,]\d)", text, re.IGNORECASE)
        if match is not None:
            return match[0]
    return ""


def _patterns(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        words = [re.escape(word) for word in _GAPS.split(value.strip()) if word]
        if words:
            yield r"[\s_\-]+".join(words)
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, (int, float)):
        is_integer = value == int(value)
        if is_integer:
            # A trailing ".00" is the same amount.
            yield rf"{int(value)}(?:\.0+)?"
        else:
            yield rf"{re.escape(repr(value))}0*"
        if is_integer and 0 <= value < len(_NUMBERS):
            yield _NUMBERS[int(value)]


def leaves(value: JsonValue) -> Iterator[JsonValue]:
    """Yields the texts and numbers of a value, however nested; no truth values."""
    if isinstance(value, dict):
        for below in value.values():
            yield from leaves(below)
    elif isinstance(value, list):
        for below in value:
            yield from leaves(below)
    elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
        yield value


def is_among(value: JsonValue, others: Iterable[JsonValue]) -> bool:
    """Whether a text or number is one of others, whatever their case or type."""
    return any(_plain(value) == _plain(other) for other in others)


def unfounded_number(text: str, said: str, observed: Iterable[JsonValue]) -> str:
    """Returns the first number of a text that was neither said nor observed; or nothing.

    Args:
        text: An answer.
        said: What was said before it.
        observed: The values of arguments and results so far.
    """
    known = {_amount(found) for found in _NUMBER.findall(said)}
    spoken = set(re.findall(r"[a-z]+", said.lower()))
    known.update(float(n) for n, word in enumerate(_NUMBERS) if word in spoken)
    for value in observed:
        known.update(_amount(found) for found in _NUMBER.findall(str(value)))
    for found in _NUMBER.findall(text):
        if _amount(found) not in known:
            return found
    return ""


def _amount(text: str) -> float | str:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return text


def _plain(value: JsonValue) -> str:
    if isinstance(value, float) and value == int(value):
        value = int(value)
    return _GAPS.sub(" ", str(value)).strip().lower()
