"""Dialogue states that a model puts into something, and members that say nothing.

    >>> unwrapped([{"belief_state": {"hotel": {"area": "north"}}}])
    {'hotel': {'area': 'north'}}

Models asked for a state call it by its name, or list it as the only one; and they name
every domain or slot that there is, with null where nothing was said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from coalm_oumi.calls.strict_json import JsonValue, loads

_NAMES = frozenset({"state", "states", "belief", "beliefstate"})
_NAMES |= {"dialoguestate", "dialogstate", "dialoguestates"}


def unwrapped(value: JsonValue) -> JsonValue:
    """Returns the state itself out of what it is put into.

    Args:
        value: A state, or an object that calls it `state`, `belief_state`,
            `dialogue_state` or the like, or a list that holds nothing else, or these in
            each other. The wrapped state may be JSON as text, or say nothing: then it
            is empty.
    """
    while True:
        inner = _inner(value)
        if inner is None:
            return value
        value = inner


def is_empty(value: JsonValue) -> bool:
    """Says whether a member of a state says nothing: null, or empty."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, dict | list) and not value)


def _inner(value: JsonValue) -> Any:
    if isinstance(value, list):
        return value[0] if len(value) == 1 else None
    if not isinstance(value, Mapping):
        return None
    named = [key for key in value if _is_name(key)]
    others = (value[key] for key in value if key not in named)
    if len(named) != 1 or any(isinstance(other, dict) for other in others):
        return None
    inner = value[named[0]]
    return {} if is_empty(inner) else _object(inner)


def _is_name(key: str) -> bool:
    return re.sub(r"[\W_]", "", key).lower() in _NAMES


def _object(value: JsonValue) -> Any:
    if isinstance(value, str):
        try:
            value = loads(value)
        except ValueError:
            return None
    return value if isinstance(value, dict | list) else None
