"""The databases that MultiWOZ's dialogues are about: venues and trains of Cambridge.

In, an entry of `restaurant_db.json` (an invented one)::

    {"id": "7", "name": "the blue heron", "area": "east", "food": "thai",
     "pricerange": "cheap", "phone": "01223000000", "address": "1 Mill Road",
     "postcode": "cb13nf", "type": "restaurant", "location": [52.2, 0.1]}

Out: the same object, in `Databases.rows["restaurant"]`. The scorer decides by these
files what a reply may offer, so that they are the scorer's own (mwzeval at 7f19ee0), not
those of the dialogue archive, which differ in details.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from coalm_oumi.environments.multiwoz.data.canonical import canonical_value, minutes
from coalm_oumi.environments.multiwoz.data.domains import (
    DATABASE_DOMAINS,
    DONTCARE_VALUES,
    scorer_slot,
)
from coalm_oumi.environments.multiwoz.data.fuzzy import alike
from coalm_oumi.environments.multiwoz.data.world_index import Entry, WorldIndex
from coalm_oumi.errors import DataFormatError
from coalm_oumi.sources.rows import read_json

_TEXTS: Mapping[str, tuple[str, ...]] = {
    "restaurant": ("id", "name", "area", "food", "pricerange", "address", "postcode"),
    "hotel": ("id", "name", "area", "pricerange", "stars", "type", "internet"),
    "attraction": ("id", "name", "area", "type", "address", "phone", "postcode"),
    "train": ("trainID", "day", "departure", "destination", "leaveAt", "arriveBy"),
}


@dataclass(frozen=True)
class Databases:
    """The entries of each database.

    Attributes:
        rows: The entries by domain, in the order of the file.
        digest: SHA-256 over all of them, in hexadecimal.
    """

    rows: Mapping[str, tuple[Entry, ...]]
    digest: str

    @cached_property
    def index(self) -> WorldIndex:
        """The entries as the world looks them up."""
        return WorldIndex(self.rows)

    @classmethod
    def of(cls, rows: Mapping[str, tuple[Entry, ...]]) -> Databases:
        """Makes databases of entries; a domain not given has none."""
        filled = {domain: tuple(rows.get(domain, ())) for domain in DATABASE_DOMAINS}
        text = json.dumps(filled, sort_keys=True)
        return cls(filled, hashlib.sha256(text.encode()).hexdigest())


def load_databases(folder: Path) -> Databases:
    """Loads `restaurant_db.json`, `hotel_db.json`, `attraction_db.json`, `train_db.json`.

    Args:
        folder: The folder that holds them.

    Raises:
        DataNotFoundError: One is missing.
        DataFormatError: One is no list of entries with the fields of its domain.
    """
    return Databases.of(
        {d: _read(folder / f"{d}_db.json", _TEXTS[d]) for d in DATABASE_DOMAINS}
    )


def _read(path: Path, fields: tuple[str, ...]) -> tuple[Entry, ...]:
    rows = read_json(path)
    if not isinstance(rows, list) or not rows:
        raise DataFormatError("expected a JSON list of entries.", path=path)
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise DataFormatError("expected an object.", path=path, row=number)
        for name in fields:
            if not isinstance(row.get(name), str):
                raise DataFormatError(
                    "expected text. Fetch the file again.",
                    path=path,
                    row=number,
                    field=name,
                )
    return tuple(rows)


class VenueIndex:
    """Which entries match a state, by mwzeval's rules (database.py at 7f19ee0).

    Names, foods and stations match from a partial similarity of 90 on; times are upper
    and lower bounds; all else must be equal; a value `?` in the database matches
    everything, as does a value that says "don't care".
    """

    _FUZZY: Mapping[str, frozenset[str]] = {
        "hotel": frozenset({"name"}),
        "attraction": frozenset({"name"}),
        "restaurant": frozenset({"name", "food"}),
        "train": frozenset({"departure", "destination"}),
    }
    # What mwzeval drops from the entries, so that no state can name it.
    _HIDDEN = frozenset(
        {"location", "openhours", "price", "takesbookings", "introduction", "signature"}
    )
    _LEAST = 90

    def __init__(self, databases: Databases) -> None:
        self._columns = {d: self._by_slot(d, databases.rows[d]) for d in databases.rows}
        self._ids = {
            domain: tuple(
                str(row["trainID" if domain == "train" else "id"]) for row in rows
            )
            for domain, rows in databases.rows.items()
        }
        # Bit i of a mask stands for entry i.
        self._masks: dict[tuple[str, str, str], int] = {}
        self._sets: dict[tuple[str, int], frozenset[str]] = {}

    def matching(self, domain: str, state: Mapping[str, str]) -> frozenset[str]:
        """Returns the ids of the entries that a domain's state allows.

        Args:
            domain: The domain; one without a database has no entries.
            state: Value by slot (`domains.scorer_slot`); unknown slots count for nothing.
        """
        columns = self._columns.get(domain)
        if columns is None:
            return frozenset()
        mask = (1 << len(self._ids[domain])) - 1
        for slot, value in state.items():
            if slot in columns and value not in DONTCARE_VALUES | {"not mentioned"}:
                mask &= self._mask(domain, slot, value)
        key = domain, mask
        if key not in self._sets:
            ids = self._ids[domain]
            self._sets[key] = frozenset(n for i, n in enumerate(ids) if mask >> i & 1)
        return self._sets[key]

    def _by_slot(
        self, domain: str, rows: tuple[Entry, ...]
    ) -> dict[str, dict[str, int]]:
        """Returns, by slot and value, the mask of the entries that have it."""
        hidden = self._HIDDEN - ({"price"} if domain == "train" else set())
        columns: dict[str, dict[str, int]] = {}
        for name in rows[0] if rows else ():
            if name in hidden:
                continue
            column = columns.setdefault(scorer_slot(name), {})
            for i, row in enumerate(rows):
                value = str(row.get(name, "?"))
                column[value] = column.get(value, 0) | 1 << i
        return columns

    def _mask(self, domain: str, slot: str, value: str) -> int:
        key = domain, slot, value
        if key not in self._masks:
            wanted = canonical_value(slot, value)
            self._masks[key] = sum(
                mask
                for present, mask in self._columns[domain][slot].items()
                if present == "?" or self._fits(domain, slot, present, wanted)
            )
        return self._masks[key]

    def _fits(self, domain: str, slot: str, present: str, wanted: str) -> bool:
        if slot == "arrive":
            return minutes(present) <= minutes(wanted)
        if slot == "leave":
            return minutes(present) >= minutes(wanted)
        if slot in self._FUZZY[domain]:
            return alike(present, wanted, self._LEAST)
        return present == wanted
