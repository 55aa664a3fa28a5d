"""The domains of MultiWOZ, their slots, and the names that slots go by.

The data writes `leaveAt`, predictions `leave`, `leaveat`, `leave at` or `bookpeople`;
here each slot has one name: `leave`, `people`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

DOMAINS = ("restaurant", "hotel", "attraction", "train", "taxi")
"""The domains of the test dialogues; police and hospital do not occur in them."""

VENUE_DOMAINS = ("restaurant", "hotel", "attraction")
"""The domains whose entries are places with a name."""

DATABASE_DOMAINS = (*VENUE_DOMAINS, "train")
"""The domains with a database."""

TRACKED_SLOTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "restaurant": (
            "area",
            "food",
            "name",
            "pricerange",
            "day",
            "people",
            "time",
        ),
        "hotel": (
            "area",
            "internet",
            "name",
            "parking",
            "pricerange",
            "stars",
            "type",
            "day",
            "people",
            "stay",
        ),
        "attraction": ("area", "name", "type"),
        "train": ("arrive", "day", "departure", "destination", "leave", "people"),
        "taxi": ("arrive", "departure", "destination", "leave"),
    }
)
"""The 30 slots of a dialogue state, by domain."""

AREAS = ("centre", "east", "north", "south", "west")
PRICES = ("cheap", "moderate", "expensive")
DAYS = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)

FINITE_VALUES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "area": AREAS,
        "pricerange": PRICES,
        "day": DAYS,
        "stars": ("0", "1", "2", "3", "4", "5"),
        "internet": ("yes", "no", "free"),
        "parking": ("yes", "no", "free"),
    }
)
"""The slots with a short list of values. A hotel's `type` has one too, an attraction's
is matched by likeness."""

HOTEL_TYPES = ("hotel", "guesthouse")

ANY_VALUES = frozenset({"", "any", "anything", "none", "not mentioned"})
"""Values that say nothing about a slot."""

DONTCARE_VALUES = frozenset(
    {"dontcare", "don't care", "dont care", "do n't care", "do not care"}
)
"""The spellings of "the user does not care"; a state writes `dontcare`."""

_TIMES = {"arriveby": "arrive", "leaveat": "leave"}
_BOOKINGS = {"bookday", "bookpeople", "bookstay", "booktime"}


@lru_cache(maxsize=1 << 12)
def scorer_slot(name: str) -> str:
    """Returns a slot's name as mwzeval has it: `leave at` and `leaveAt` are `leave`."""
    name = name.lower().replace(" ", "")
    return _TIMES.get(name, name)


@lru_cache(maxsize=1 << 12)
def tracked_slot(name: str) -> str:
    """Returns a slot's name in `TRACKED_SLOTS`: `bookpeople` is `people` as well."""
    name = scorer_slot(name)
    return name.removeprefix("book") if name in _BOOKINGS else name


def finite_values(domain: str, slot: str) -> tuple[str, ...] | None:
    """Returns the values that a slot can have, None if there is no short list."""
    if slot == "type":
        return HOTEL_TYPES if domain == "hotel" else None
    return FINITE_VALUES.get(slot)
