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
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from coalm_oumi.calls import FunctionCall
from coalm_oumi.errors import DataFormatError, expected_one_of, shorten
from coalm_oumi.sources.rows import read_rows

_MOST_TURNS = 200
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_EXPECTED = {
    "id": "expected text. Give the dialogue a name.",
    "turns": f"expected a list of 1 to {_MOST_TURNS} turns.",
    "turn": "expected an object with 'user' and 'system'.",
    "user": "expected text that is not empty.",
    "system": "expected text that is not empty.",
    "call": 'expected {"name": "function", "arguments": {"name": value}}.',
    "failed": "expected true or false.",
    "wants": "expected the name of a function.",
    "says": "expected an object from arguments to the user's words.",
}
_CALL_PROBLEMS = {
    "result": "a call needs what it returned. Add it (null, if it returns nothing).",
    "call": "a result without a call. Add the call.",
}

_Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_SaidWords = Annotated[str, StringConstraints(pattern=r"\S")]


def _day(value: Any) -> date | None:
    if value is None:
        return None
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError
    return date.fromisoformat(value)


def _call(value: Any) -> FunctionCall | None:
    if value is None:
        return None
    name = value.get("name") if isinstance(value, dict) else None
    arguments = value.get("arguments", {}) if isinstance(value, dict) else None
    if not isinstance(name, str) or not isinstance(arguments, dict):
        raise ValueError
    return FunctionCall(name, arguments)


class SeedTurn(BaseModel):
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

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    user: _Words
    system: _Words
    call: Annotated[InstanceOf[FunctionCall] | None, BeforeValidator(_call)] = None
    result: Any = None
    failed: bool = False
    says: dict[str, _SaidWords] = {}
    wants: str = ""

    @model_validator(mode="after")
    def _a_call_has_a_result(self) -> Self:
        given = self.model_fields_set
        if self.call is not None and "result" not in given:
            raise PydanticCustomError("result", "no result")
        if self.call is None and given & {"result", "failed"}:
            raise PydanticCustomError("call", "no call")
        return self


class SeedDialogue(BaseModel):
    """A seed dialogue.

    Attributes:
        dialogue_id: Its name, unique in its file.
        turns: The turns.
        today: The day on which it is held; None if that is not said.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    dialogue_id: Annotated[str, Field(min_length=1, alias="id")]
    turns: Annotated[list[SeedTurn], Field(min_length=1, max_length=_MOST_TURNS)]
    today: Annotated[date | None, BeforeValidator(_day)] = None


def read_seed_dialogues(path: Path) -> Iterator[SeedDialogue]:
    """Reads a file of seed dialogues, `.jsonl` (one a line) or `.json` (a list).

    Raises:
        DataNotFoundError: There is no such file.
        DataFormatError: A dialogue has another form; the message names row and field.
    """
    known: set[str] = set()
    for number, row in read_rows(path):
        try:
            dialogue = SeedDialogue.model_validate({"id": str(number), **row})
        except ValidationError as error:
            place, problem = _first_problem(error)
            raise DataFormatError(problem, path=path, row=number, field=place) from None
        if dialogue.dialogue_id in known:
            problem = f"'{shorten(dialogue.dialogue_id, 40)}' stands twice. Rename one."
            raise DataFormatError(problem, path=path, row=number, field="id")
        known.add(dialogue.dialogue_id)
        yield dialogue


def _first_problem(error: ValidationError) -> tuple[str, str]:
    """Returns the field of the first problem, such as `turns[0].says`, and a sentence."""
    problem = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
    kind, (name, *below) = problem["type"], problem["loc"]
    place, model = str(name), SeedTurn if below else SeedDialogue
    if below:
        place, name = f"{place}[{below[0]}]", "turn"
    if below[1:]:
        place, name = f"{place}.{below[1]}", below[1]
    if kind in _CALL_PROBLEMS:
        return f"{place}.{kind}", _CALL_PROBLEMS[kind]
    if kind == "extra_forbidden":
        known = [field.alias or key for key, field in model.model_fields.items()]
        return place, expected_one_of(name, known)
    if name == "today":
        found = shorten(repr(problem["input"]), 40)
        return place, f"expected a day such as 2026-05-06, found {found}."
    return place, _EXPECTED[str(name)]
