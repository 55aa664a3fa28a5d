"""Whether the bookings of a goal were made, by the world's booking log.

A goal ``{"hotel": {"info": {"area": "east"}, "book": {"people": "2", "day": "friday",
"stay": "1"}}}`` and a booking of a hotel in the east for two people from friday on, for one
night, give ``{"hotel": True}``. No language model judges: the world knows what it booked.

A booking is as wanted if its entry fits the goal's constraints and its arguments are the
goal's. The wishes that the user gives up once they fail (`fail_info`, `fail_book`) will do
as well, since the world's bookings do not fail. A taxi goes by its places and its time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from coalm_oumi.environments.multiwoz.data.canonical import canonical_time
from coalm_oumi.environments.multiwoz.data.databases import Databases
from coalm_oumi.environments.multiwoz.data.fuzzy import alike
from coalm_oumi.environments.multiwoz.predicted_turn import PredictedTurn
from coalm_oumi.environments.multiwoz.world.tools import TOOLS
from coalm_oumi.environments.multiwoz.world.world import Booking, World

BOOKABLE = ("restaurant", "hotel", "train")
"""The domains that are booked by a reference number; a taxi is booked as well."""

_TIMES = ("time", "leaveAt", "arriveBy")
_LEAST = 80


def wanted_bookings(goal: Mapping[str, Any]) -> tuple[str, ...]:
    """Returns the domains that a goal wants booked.

    Args:
        goal: A dialogue's goal as published.
    """
    booked = [d for d in BOOKABLE if (goal.get(d) or {}).get("book")]
    return (*booked, "taxi") if goal.get("taxi") else tuple(booked)


def check_goal(goal: Mapping[str, Any], world: World) -> dict[str, bool]:
    """Returns, for each domain that is to be booked, whether one booking is as wanted.

    Args:
        goal: A dialogue's goal as published.
        world: The world with its bookings.
    """
    return {
        domain: any(
            _as_wanted(goal[domain], booking, world)
            for booking in world.bookings
            if booking.domain == domain
        )
        for domain in wanted_bookings(goal)
    }


def replayed(turns: Iterable[PredictedTurn], databases: Databases) -> World:
    """Returns a world in which the bookings of stored turns are made again.

    Args:
        turns: The turns; only calls that did not fail are made.
        databases: The databases that they were made in.
    """
    world = World(databases)
    for turn in turns:
        for call in turn.calls:
            tool = TOOLS.get(call.name)
            if tool is not None and tool.kind == "book" and not call.failure:
                world.call(call.name, call.arguments)
    return world


def booked_by_turn(turns: Sequence[PredictedTurn]) -> list[tuple[str, ...]]:
    """Returns the domains that are booked by the end of each turn, taxis apart."""
    booked: list[str] = []
    found: list[tuple[str, ...]] = []
    for turn in turns:
        for call in turn.calls:
            tool = TOOLS.get(call.name)
            if tool is None or tool.kind != "book" or call.failure:
                continue
            if tool.domain in BOOKABLE:
                booked.append(tool.domain)
        found.append(tuple(dict.fromkeys(booked)))
    return found


def _as_wanted(wanted: Mapping[str, Any], booking: Booking, world: World) -> bool:
    info, instead = wanted.get("info") or {}, wanted.get("fail_info") or {}
    if booking.domain == "taxi":
        return all(_same(slot, booking, value) for slot, value in info.items())
    if not any(_fits(booking, each, world) for each in (info, instead) if each):
        return False
    book, other = wanted["book"], wanted.get("fail_book") or {}
    return all(
        _same(slot, booking, value)
        or (slot in other and _same(slot, booking, other[slot]))
        for slot, value in book.items()
        if isinstance(value, str)
    )


def _fits(booking: Booking, info: Mapping[str, Any], world: World) -> bool:
    constraints = {slot: str(value).lower() for slot, value in info.items()}
    fitting = world.query(booking.domain, constraints)
    if booking.domain != "train" or booking.entry is None:
        return booking.entry in fitting
    # A number stands for several trains, and the user was told no more than that.
    return any(entry["trainID"] == booking.entry["trainID"] for entry in fitting)


def _same(slot: str, booking: Booking, wanted: Any) -> bool:
    given, text = booking.arguments.get(slot, ""), str(wanted).lower()
    if slot in _TIMES:
        return bool(given) and canonical_time(given) == canonical_time(text)
    if slot in ("departure", "destination"):
        return bool(given) and alike(given, text, _LEAST)
    return given == text
