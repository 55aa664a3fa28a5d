"""Which goals the world can fulfil, and why it cannot fulfil the others.

A goal ``{"hotel": {"info": {"area": "west", "stars": "5"}, "reqt": ["phone"]}}`` is
unfulfillable for ``{"hotel": "no entry has area=west, stars=5"}``.

A domain can be fulfilled if some entry fits its final constraints (`info`; `fail_info` is
what is to fail first) and has all that is asked for. A booking can always be made then,
and a taxi always be had.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from coalm_oumi.environments.multiwoz.data.domains import DATABASE_DOMAINS
from coalm_oumi.environments.multiwoz.data.world_index import Entry
from coalm_oumi.environments.multiwoz.world.world import World

_UNKNOWN = ("", "?")


def unfulfillable(goal: Mapping[str, Any], world: World) -> dict[str, str]:
    """Returns the domains of a goal that cannot be fulfilled, each with the reason.

    Args:
        goal: A dialogue's goal as published.
        world: The world; nothing is booked in it.
    """
    reasons: dict[str, str] = {}
    for domain in DATABASE_DOMAINS:
        wanted = goal.get(domain)
        if not isinstance(wanted, dict) or not wanted:
            continue
        info = {slot: str(v).lower() for slot, v in (wanted.get("info") or {}).items()}
        entries = world.query(domain, info)
        if not entries:
            constraints = ", ".join(f"{slot}={v}" for slot, v in sorted(info.items()))
            reasons[domain] = f"no entry has {constraints}"
            continue
        asked = [slot for slot in wanted.get("reqt") or () if _is_field(entries, slot)]
        lacking = min(
            ([s for s in asked if not _known(e, s)] for e in entries), key=len
        )
        if lacking:
            reasons[domain] = f"no fitting entry says its {' and '.join(lacking)}"
    return reasons


def _is_field(entries: Sequence[Entry], slot: str) -> bool:
    return any(slot in entry for entry in entries)


def _known(entry: Entry, slot: str) -> bool:
    return str(entry.get(slot, "")) not in _UNKNOWN
