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
from coalm_oumi.errors import expected_one_of, shorten
from coalm_oumi.sources.records import BadRowError
from coalm_oumi.sources.rows import Row, read_rows

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
        try:
            dialogue = _dialogue(entry, row)
            if dialogue.dialogue_id in known:
                name = shorten(dialogue.dialogue_id, 40)
                raise BadRowError("id", f"'{name}' stands twice. Rename one.")
        except BadRowError as error:
            raise error.at(path, row) from error
        known.add(dialogue.dialogue_id)
        yield dialogue


def _dialogue(entry: Row, row: int) -> SeedDialogue:
    _expect_known(entry, _FIELDS)
    name = entry.get("id", str(row))
    if not isinstance(name, str) or not name:
        raise BadRowError("id", "expected text. Give the dialogue a name.")
    turns = entry.get("turns")
    if not isinstance(turns, list) or not 0 < len(turns) <= _MOST_TURNS:
        raise BadRowError(
            "turns", f"expected a list of 1 to {_MOST_TURNS} turns, {_found(turns)}."
        )
    return SeedDialogue(
        name,
        tuple(_turn(turn, f"turns[{n}]") for n, turn in enumerate(turns)),
        _day(entry.get("today")),
    )


def _expect_known(entry: Row, fields: tuple[str, ...], place: str = "") -> None:
    for name in entry:
        if name not in fields:
            raise BadRowError(f"{place}{name}", expected_one_of(name, fields))


def _day(entry: Any) -> date | None:
    if entry is None:
        return None
    try:
        if isinstance(entry, str) and _DAY.fullmatch(entry):
            return date.fromisoformat(entry)
    except ValueError:
        pass
    raise BadRowError("today", f"expected a day such as 2026-05-06, {_found(entry)}.")


def _found(value: Any) -> str:
    return f"found {shorten(repr(value), 40)}"


def _turn(entry: Any, place: str) -> SeedTurn:
    if not isinstance(entry, dict):
        raise BadRowError(
            place, f"expected an object with 'user' and 'system', {_found(entry)}."
        )
    _expect_known(entry, _TURN_FIELDS, f"{place}.")
    texts: dict[str, str] = {}
    for name in ("user", "system"):
        text = entry.get(name)
        if not isinstance(text, str) or not text.strip():
            raise BadRowError(
                f"{place}.{name}", f"expected text that is not empty, {_found(text)}."
            )
        texts[name] = text.strip()
    call = _call(entry.get("call"), f"{place}.call")
    if call is not None and "result" not in entry:
        raise BadRowError(
            f"{place}.result",
            "a call needs what it returned. Add it (null, if it returns nothing).",
        )
    if call is None and ("result" in entry or "failed" in entry):
        raise BadRowError(f"{place}.call", "a result without a call. Add the call.")
    failed, wants = entry.get("failed", False), entry.get("wants", "")
    if not isinstance(failed, bool):
        raise BadRowError(
            f"{place}.failed", f"expected true or false, {_found(failed)}."
        )
    if not isinstance(wants, str):
        raise BadRowError(
            f"{place}.wants", f"expected the name of a function, {_found(wants)}."
        )
    says = entry.get("says", {})
    if not isinstance(says, dict) or not all(
        isinstance(words, str) and words.strip() for words in says.values()
    ):
        problem = (
            f"expected an object from arguments to the user's words, {_found(says)}."
        )
        raise BadRowError(f"{place}.says", problem)
    result, user, system = entry.get("result"), texts["user"], texts["system"]
    return SeedTurn(user, system, call, result, failed, says, wants)


def _call(entry: Any, place: str) -> FunctionCall | None:
    if entry is None:
        return None
    name = entry.get("name") if isinstance(entry, dict) else None
    arguments = entry.get("arguments", {}) if isinstance(entry, dict) else None
    if not isinstance(name, str) or not isinstance(arguments, dict):
        raise BadRowError(
            place, 'expected {"name": "function", "arguments": {"name": value}}.'
        )
    return FunctionCall(name, arguments)
