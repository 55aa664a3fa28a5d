"""The notation in which thoughts are worded, and the drawing of a wording from it.

``[a|b|]``
    one of the alternatives, which may themselves hold brackets; an empty one leaves
    the place out.
``{slot}``
    a field, filled as it is: brackets in a value mean nothing.

`phrase("[Now|Next] I ask for the {slot}.", {"slot": "city"}, rng)` gives
`Now I ask for the city.` or `Next I ask for the city.`
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

_TOKEN = re.compile(r"[\[\]|]|\{\w+\}|[^\[\]|{}]+")


@dataclass(frozen=True)
class _Field:
    name: str


@dataclass(frozen=True)
class _Choice:
    options: tuple[_Sequence, ...]


_Sequence = tuple["str | _Field | _Choice", ...]


def phrase(pattern: str, fields: Mapping[str, str], rng: random.Random) -> str:
    """Draws a wording.

    Args:
        pattern: A pattern in this module's notation.
        fields: The text for each field that the drawn wording has.
        rng: Source of the draws.

    Raises:
        KeyError: A drawn wording has a field that is not given.
        ValueError: The pattern's brackets do not match.
    """
    parts: list[str] = []
    _expand(_compiled(pattern), fields, rng, parts)
    return "".join(parts)


def draw(patterns: Sequence[str], fields: Mapping[str, str], rng: random.Random) -> str:
    """Draws one of several patterns, then a wording of it."""
    return phrase(patterns[int(rng.random() * len(patterns))], fields, rng)


def enumeration(items: Sequence[str], last: str = "and") -> str:
    """Joins items as prose does: `a`, `a and b`, `a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def _expand(
    sequence: _Sequence,
    fields: Mapping[str, str],
    rng: random.Random,
    parts: list[str],
) -> None:
    for node in sequence:
        if isinstance(node, str):
            parts.append(node)
        elif isinstance(node, _Field):
            parts.append(fields[node.name])
        else:
            picked = node.options[int(rng.random() * len(node.options))]
            _expand(picked, fields, rng, parts)


@cache
def _compiled(pattern: str) -> _Sequence:
    tokens = _TOKEN.findall(pattern)
    if "".join(tokens) != pattern:
        raise ValueError(f"a brace in '{pattern}' stands for no field")
    sequence, rest = _sequence(tokens)
    if rest:
        raise ValueError(f"a bracket or bar too many in '{pattern}'")
    return sequence


def _sequence(tokens: list[str]) -> tuple[_Sequence, list[str]]:
    nodes: list[str | _Field | _Choice] = []
    while tokens and tokens[0] not in "|]":
        sign, *tokens = tokens
        if sign == "[":
            choice, tokens = _choice(tokens)
            nodes.append(choice)
        elif sign.startswith("{"):
            nodes.append(_Field(sign[1:-1]))
        else:
            nodes.append(sign)
    return tuple(nodes), tokens


def _choice(tokens: list[str]) -> tuple[_Choice, list[str]]:
    options: list[_Sequence] = []
    while True:
        option, tokens = _sequence(tokens)
        options.append(option)
        if not tokens:
            raise ValueError("a bracket is not closed")
        sign, *tokens = tokens
        if sign == "]":
            return _Choice(tuple(options)), tokens
