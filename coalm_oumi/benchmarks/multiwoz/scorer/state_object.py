"""A dialogue state as models write it, read from its JSON.

In: ``{"hotel": {"area": "east", "stars": 4}, "train-day": "friday", "taxi": null}``, also
wrapped (`{"belief_state": ...}`, a list), or laid out as MultiWOZ's own data
(`{"hotel": {"semi": {...}, "book": {...}}}`).
Out: ``{"hotel": {"area": "east", "stars": "4"}, "train": {"day": "friday"}}``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from coalm_oumi.benchmarks.wrapped_state import is_empty, unwrapped
from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.environments.multiwoz.data.active_domains import State
from coalm_oumi.environments.multiwoz.data.domains import (
    ANY_VALUES,
    DOMAINS,
    DONTCARE_VALUES,
    tracked_slot,
)
from coalm_oumi.environments.multiwoz.predicted_turn import slot_text

_PARTS = ("semi", "book")
"""What a domain's slots are divided into in MultiWOZ's own layout."""

_BOOKED = "booked"
"""Where that layout has the entries that were booked: no slot."""


def state_object(value: JsonValue) -> State | None:
    """Returns the state that a JSON value holds; None if it is no state.

    Args:
        value: What the model wrote. Members that say nothing (null, empty, `none`,
            `any`) are left out, be they slots or domains. Slots and domains that there
            are not stay, and are wrong. An object with a member that is neither a slot
            nor a domain is no state, unless it names a domain that there is.
    """
    value = unwrapped(value)
    if isinstance(value, list):
        return _listed(value)
    if not isinstance(value, Mapping):
        return None
    state: dict[str, dict[str, str]] = {}
    strange = empty = known = False
    for name, content in value.items():
        domain, dash, slot = (part.strip() for part in name.lower().partition("-"))
        known |= domain in DOMAINS
        if isinstance(content, dict):
            pairs = _slots(content)
            domain = name.strip().lower()
        elif dash:
            pairs = iter([(slot, content)])
        elif _value(content) is None or content is False:
            empty |= domain not in DOMAINS
            continue
        else:
            strange = True
            pairs = iter([("", content)])
        for slot_name, given in pairs:
            text = _value(given)
            if text is not None:
                state.setdefault(domain, {})[tracked_slot(slot_name)] = text
    if strange and not known:
        return None
    return None if empty and not known and not state else state


def _listed(values: list[JsonValue]) -> State | None:
    """Reads the states of a list as one; what is no state is passed over."""
    states = [state_object(value) for value in values]
    merged: dict[str, dict[str, str]] = {}
    for state in states:
        for domain, slots in (state or {}).items():
            merged.setdefault(domain, {}).update(slots)
    return None if all(state is None for state in states) else merged


def _slots(content: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, given in content.items():
        if name.lower() in _PARTS and isinstance(given, dict):
            yield from (pair for pair in given.items() if pair[0] != _BOOKED)
        else:
            yield name, given


def _value(given: JsonValue) -> str | None:
    """Returns a slot's value in one spelling; None if it says nothing."""
    if is_empty(given):
        return None
    if isinstance(given, list):
        given = "|".join(slot_text(one) for one in given if not is_empty(one))
    spelled = " ".join(slot_text(given).lower().split())
    if spelled in DONTCARE_VALUES:
        return "dontcare"
    return None if spelled in ANY_VALUES else spelled
