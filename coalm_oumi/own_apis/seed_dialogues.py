"""Seed dialogues: what users of somebody's own API say, what is called, what comes back.

A line of the file (an invented one, on several lines here)::

    {"id": "tyre-1", "today": "2026-05-06", "turns": [
      {"user": "My tyre is flat. Can you mend it on Friday?",
       "says": {"day": "Friday"},
       "call": {"name": "bookRepair", "arguments": {"part": "tyre", "day": "2026-05-08"}},
       "result": {"ticket": "R-17", "price": 18.5},
       "system": "Booked for Friday: ticket R-17, 18.50 euros."}]}

`user` and `system` stand in every turn; the rest may be left out: `call` with its
`result` (whatever the API returned) and `failed` (true if it refused); `says`, the user's
words for arguments of the next call that are written otherwise there; and `wants`, the
function that the user is after from this turn on, if the words do not say. `today` is the
day on which the dialogue is held, from which "on Friday" counts; it may be left out too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from coalm_oumi.calls import FunctionCall
from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.errors import DataFormatError, expected_one_of, shorten
from coalm_oumi.sources.rows import read_rows

_TURN_FIELDS = ("user", "system", "call", "result", "failed", "says", "wants")
_FIELDS = ("id", "today", "turns")
_MOST_TURNS = 200
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class SeedTurn:
    """What the user says, what is called, and what the system answers.

    Attributes:
        user: The user's words.
        system: The answer.
        call: The call before the answer, if there is one.
        result: What it returned.
        failed: Whether the API refused it.
        says: For arguments of the next call, the user's words in this turn.
        wants: The function that the user is after from this turn on; empty if not said.
    """

    user: str
    system: str
    call: FunctionCall | None = None
    result: JsonValue = None
    failed: bool = False
    says: Mapping[str, str] = field(default_factory=dict)
    wants: str = ""


@dataclass(frozen=True)
class SeedDialogue:
    """A seed dialogue.

    Attributes:
        dialogue_id: Its name, unique in its file.
        turns: The turns.
        today: The day on which it is held; None if that is not said.
    """

    dialogue_id: str
    turns: tuple[SeedTurn, ...]
    today: date | None = None


def read_seed_dialogues(path: Path) -> Iterator[SeedDialogue]:
    """Reads a file of seed dialogues, `.jsonl` (one a line) or `.json` (a list).

    Raises:
        DataNotFoundError: There is no such file.
        DataFormatError: A dialogue has another form; the message names row and field.
    """
    known: set[str] = set()
    for row, entry in read_rows(path):
        place = _Place(path, row)
        unknown = [name for name in entry if name not in _FIELDS]
        if unknown:
            raise place.error(unknown[0], expected_one_of(unknown[0], _FIELDS))
        name = entry.get("id", str(row))
        if not isinstance(name, str) or not name:
            raise place.error("id", "expected text. Give the dialogue a name.")
        if name in known:
            raise place.error("id", f"'{shorten(name, 40)}' stands twice. Rename one.")
        known.add(name)
        turns = entry.get("turns")
        if not isinstance(turns, list) or not 0 < len(turns) <= _MOST_TURNS:
            raise place.error("turns", f"expected a list of 1 to {_MOST_TURNS} turns.")
        yield SeedDialogue(
            name,
            tuple(place.turn(turn, f"turns[{n}]") for n, turn in enumerate(turns)),
            place.day(entry.get("today")),
        )


@dataclass(frozen=True)
class _Place:
    path: Path
    row: int

    def error(self, name: str, problem: str) -> DataFormatError:
        return DataFormatError(problem, path=self.path, row=self.row, field=name)

    def day(self, entry: Any) -> date | None:
        if entry is None:
            return None
        try:
            if isinstance(entry, str) and _DAY.fullmatch(entry):
                return date.fromisoformat(entry)
        except ValueError:
            pass
        raise self.error(
            "today",
            f"expected a day such as 2026-05-06, found {shorten(repr(entry), 40)}.",
        )

    def turn(self, entry: Any, place: str) -> SeedTurn:
        if not isinstance(entry, dict):
            raise self.error(place, "expected an object with 'user' and 'system'.")
        for name in entry:
            if name not in _TURN_FIELDS:
                raise self.error(f"{place}.{name}", expected_one_of(name, _TURN_FIELDS))
        texts = {}
        for name in ("user", "system"):
            text = entry.get(name)
            if not isinstance(text, str) or not text.strip():
                raise self.error(f"{place}.{name}", "expected text that is not empty.")
            texts[name] = text.strip()
        call = self._call(entry.get("call"), f"{place}.call")
        if call is not None and "result" not in entry:
            raise self.error(
                f"{place}.result",
                "a call needs what it returned. Add it (null, if it returns nothing).",
            )
        if call is None and ("result" in entry or "failed" in entry):
            raise self.error(f"{place}.call", "a result without a call. Add the call.")
        failed, wants = entry.get("failed", False), entry.get("wants", "")
        if not isinstance(failed, bool):
            raise self.error(f"{place}.failed", "expected true or false.")
        if not isinstance(wants, str):
            raise self.error(f"{place}.wants", "expected the name of a function.")
        says = entry.get("says", {})
        if not isinstance(says, dict) or not all(
            isinstance(words, str) and words.strip() for words in says.values()
        ):
            raise self.error(
                f"{place}.says",
                "expected an object from arguments to the user's words.",
            )
        return SeedTurn(
            texts["user"],
            texts["system"],
            call,
            entry.get("result"),
            failed,
            says,
            wants,
        )

    def _call(self, entry: Any, place: str) -> FunctionCall | None:
        if entry is None:
            return None
        name = entry.get("name") if isinstance(entry, dict) else None
        arguments = entry.get("arguments", {}) if isinstance(entry, dict) else None
        if not isinstance(name, str) or not isinstance(arguments, dict):
            raise self.error(
                place, 'expected {"name": "function", "arguments": {"name": value}}.'
            )
        return FunctionCall(name, arguments)
