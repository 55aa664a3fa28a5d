"""Which entries fit an argument of a lookup, by the world's rules, computed once.

A benchmark makes thousands of calls, most of them with values that came before. An entry
is a bit of a mask, so that several arguments are met by what their masks have in common.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from coalm_oumi.environments.multiwoz.data.canonical import (
    canonical_time,
    canonical_value,
    minutes,
)
from coalm_oumi.environments.multiwoz.data.fuzzy import alike

Entry = Mapping[str, Any]
"""A venue or train, as its database has it."""

LEAST = 80
"""The partial similarity from which on names, foods, types and stations match."""

_FUZZY: Mapping[str, frozenset[str]] = {
    "restaurant": frozenset({"name", "food"}),
    "hotel": frozenset({"name"}),
    "attraction": frozenset({"name", "type"}),
    "train": frozenset({"departure", "destination"}),
}
# Values come from models: what is remembered has to have an end.
_MOST_REMEMBERED = 1 << 16


class WorldIndex:
    """The entries of databases by what they hold.

    Args:
        rows: The entries by domain.
    """

    def __init__(self, rows: Mapping[str, Sequence[Entry]]) -> None:
        self._rows = rows
        self._columns: dict[tuple[str, str], dict[str, int]] = {}
        self._masks: dict[tuple[str, str, str], int] = {}

    def fitting(self, domain: str, wanted: Mapping[str, str]) -> Iterator[Entry]:
        """Yields the entries that fit all arguments, in the order of the database.

        Args:
            domain: A domain with a database.
            wanted: Value by parameter, as text in lower case.
        """
        rows: Sequence[Entry] = self._rows[domain]
        mask = (1 << len(rows)) - 1
        for slot, value in wanted.items():
            mask &= self._mask(domain, slot, value)
        while mask:
            lowest = mask & -mask
            yield rows[lowest.bit_length() - 1]
            mask ^= lowest

    def _mask(self, domain: str, slot: str, wanted: str) -> int:
        key = domain, slot, wanted
        if key not in self._masks:
            if len(self._masks) >= _MOST_REMEMBERED:
                self._masks.clear()
            spelled = argument_spelling(slot, wanted)
            found = 0
            for present, mask in self._column(domain, slot).items():
                if _fits(domain, slot, present, spelled):
                    found |= mask
            self._masks[key] = found
        return self._masks[key]

    def _column(self, domain: str, slot: str) -> dict[str, int]:
        """Returns, by value, the mask of the entries that have it."""
        key = domain, slot
        if key not in self._columns:
            column: dict[str, int] = {}
            for place, row in enumerate(self._rows[domain]):
                present = str(row.get(slot, "")).lower()
                column[present] = column.get(present, 0) | 1 << place
            self._columns[key] = column
        return self._columns[key]


def argument_spelling(slot: str, value: str) -> str:
    """Returns `guesthouse` for `guest house`, `yes` for `free`, `17:30` for `5:30 pm`."""
    if slot in ("type", "internet", "parking"):
        return canonical_value(slot, value)
    return canonical_time(value) if slot in ("arriveBy", "leaveAt") else value


def _fits(domain: str, slot: str, present: str, wanted: str) -> bool:
    if slot == "arriveBy":
        return minutes(present) <= minutes(wanted)
    if slot == "leaveAt":
        return minutes(present) >= minutes(wanted)
    if slot in _FUZZY[domain]:
        return alike(present, wanted, LEAST)
    return present == wanted
