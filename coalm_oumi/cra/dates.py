"""Dates of calls that nothing states, and the line that states today's date.

In: ``User: A table for tomorrow.`` and ``Action: Reserve(date='2019-03-02')``. Which day
"tomorrow" is cannot be known from that, and a model that learns such actions learns to make
up a year. Out: the date is undated, unless the prompt says ``Today's date: 2019-03-01
(Friday)``.

A date is stated if it stands whole, with its year, in an utterance, an observation or an
earlier action; and, where the prompt states today's date, if words give it: a weekday,
"tomorrow", "in three days", a day with or without its month (the next or the last one), or
today itself, which is what is meant if no day is named. A year is stated if it stands
there, or if today's date is stated and words say how long ago it was. What thoughts say
counts for nothing: they are the model's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Literal

from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.cra.check.grounding_names import folded
from coalm_oumi.cra.check.quantities import Quantities, dates
from coalm_oumi.cra.dialogue import CraDialogue, CraTurn

UndatedActions = Literal["keep", "drop"]
"""What becomes of an action with a date that nothing states."""
UNDATED = "an action has a date that nothing states"
"""Reason of a note: the action's sample is kept."""
UNDATED_DROPPED = "an action has a date that nothing states, and is left out"
"""Reason of a note: the dialogue is kept without the action's sample."""

_DATE = re.compile(r"(?<!\d)(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)")
_YEAR = re.compile(r"(?:19|20)\d\d")
_WEEKDAYS = (
    *("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
)
_LONGEST_MONTHS = 61  # from a 31st to the next one, in days
_LONGEST_YEAR = 366
_WEEKDAY_REACH = 14  # a weekday is this week's or the next one's, as in `quantities`


@dataclass(frozen=True)
class Undated:
    """An argument with a date that nothing states.

    Attributes:
        turn: The turn of the call, from 0.
        step: The place of the call in its turn, from 0.
        function: The function.
        name: The argument.
        value: The date, or the year.
    """

    turn: int
    step: int
    function: str
    name: str
    value: str

    def __str__(self) -> str:
        return f"turn {self.turn}: {self.function} {self.name}={self.value!r}"


def today_words(day: date) -> str:
    """Returns a day as prompts state it: `2019-03-01 (Friday)`."""
    return f"{day.isoformat()} ({_WEEKDAYS[day.weekday()]})"


def undated_values(dialogue: CraDialogue, today: date | None) -> Iterator[Undated]:
    """Yields the dates of a dialogue's calls that nothing before the call states.

    Args:
        dialogue: The dialogue.
        today: Today's date where the prompt states it; None where it does not.
    """
    last = max((n for n, t in enumerate(dialogue.turns) if _has_dates(t)), default=-1)
    stated = _Stated(today)
    for number, turn in enumerate(dialogue.turns[: last + 1]):
        stated.hear(turn.user)
        for place, step in enumerate(turn.steps):
            for name, value in step.call.arguments.items():
                for text in _texts(value):
                    for found in stated.missing(text):
                        yield Undated(number, place, step.call.name, name, found)
            stated.show(dict(step.call.arguments))
            stated.show(step.observation)
        stated.hear(turn.response)


@dataclass
class _Stated:
    """What dates have been stated so far."""

    today: date | None
    days: set[date] = field(default_factory=set)
    years: set[str] = field(default_factory=set)
    meant: Quantities = field(default_factory=Quantities)

    def hear(self, utterance: str) -> None:
        self._take(utterance)
        self.meant.add(_dates(folded(utterance)))

    def show(self, value: JsonValue) -> None:
        for text in _texts(value):
            self._take(text)

    def _take(self, text: str) -> None:
        self.days.update(_days(text))
        self.years.update(_YEAR.findall(text))

    def missing(self, text: str) -> Iterator[str]:
        """Yields the dates of a value that are not stated."""
        for day in _days(text):
            if not self._states(day):
                yield day.isoformat()
        # Only where somebody spoke of a year is a number of four digits known to be one.
        if _YEAR.fullmatch(text) and self.meant.years_ago and text not in self.years:
            ago = None if self.today is None else self.today.year - int(text)
            if ago not in self.meant.years_ago:
                yield text

    def _states(self, day: date) -> bool:
        def named(year: int, month: int) -> bool:
            return (year, month, day.day) in self.meant.days

        if day in self.days or named(day.year, day.month):
            return True
        if self.today is None:
            return False
        ahead = (day - self.today).days
        return (
            ahead == 0
            or ahead in self.meant.offsets
            or (0 <= ahead <= _WEEKDAY_REACH and day.weekday() in self.meant.weekdays)
            or (abs(ahead) <= _LONGEST_YEAR and named(0, day.month))
            or (abs(ahead) <= _LONGEST_MONTHS and named(0, 0))
        )


def _has_dates(turn: CraTurn) -> bool:
    texts = (text for step in turn.steps for text in _texts(dict(step.call.arguments)))
    return any(_DATE.search(text) or _YEAR.fullmatch(text) for text in texts)


def _days(text: str) -> Iterator[date]:
    for match in _DATE.finditer(text):
        try:
            yield date(int(match[1]), int(match[3]), int(match[4]))
        except ValueError:
            continue


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield str(value)


@lru_cache(maxsize=4096)
def _dates(text: str) -> Quantities:
    return dates(text)
