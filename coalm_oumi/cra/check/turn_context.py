"""One turn of a dialogue with all that a rule about it may look at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache

from coalm_oumi.calls import FunctionSchema
from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.cra.check.closed_lists import listed_values
from coalm_oumi.cra.check.evidence import Evidence
from coalm_oumi.cra.check.grounding_names import plain
from coalm_oumi.cra.check.quantities import day_of, number_of
from coalm_oumi.cra.dialogue import CraDialogue, CraTurn
from coalm_oumi.cra.functions import FunctionCatalogue

_FAILED = frozenset(("failure", "failed", "fail", "error", "unsuccessful", "denied"))
_SUCCEEDED = frozenset(
    ("success", "successful", "ok", "succeeded", "completed", "done")
)
_CAMEL = re.compile(r"[A-Z]?[a-z]+")


@dataclass(frozen=True)
class TurnContext:
    """A turn in its dialogue.

    Attributes:
        number: The turn's place, from 0.
        dialogue: The dialogue.
        functions: All functions on offer.
        evidence: What was said and observed before the turn, and what the user says in it.
    """

    number: int
    dialogue: CraDialogue
    functions: FunctionCatalogue
    evidence: Evidence

    @property
    def turn(self) -> CraTurn:
        """The turn."""
        return self.dialogue.turns[self.number]

    @property
    def earlier(self) -> tuple[CraTurn, ...]:
        """The turns before it."""
        return self.dialogue.turns[: self.number]

    @property
    def last_response(self) -> str:
        """What the system said in the turn before; empty in the first."""
        return self.earlier[-1].response if self.earlier else ""

    def named(self, name: str) -> list[FunctionSchema]:
        """Returns the functions of a name."""
        return [f for f in self.functions.functions if f.name == name]

    @cached_property
    def before(self) -> Evidence:
        """What was said and observed before the turn."""
        found = Evidence(self.evidence.today)
        for turn in self.earlier:
            found.hear(turn.user, user=True)
            _answer(found, turn)
        return found

    @cached_property
    def later(self) -> Evidence:
        """What the user says in the next two turns, as evidence."""
        found = Evidence(self.evidence.today)
        for turn in self.dialogue.turns[self.number + 1 : self.number + 3]:
            found.hear(turn.user, user=True)
        return found


@dataclass(frozen=True)
class Defaults:
    """What a list of functions assumes, and the words in which it is written.

    Attributes:
        numbers: Default values that are numbers.
        days: Default values that are days.
        words: The words of names, descriptions and closed values, in lower case.
    """

    numbers: frozenset[float] = frozenset()
    days: frozenset[date] = frozenset()
    words: frozenset[str] = field(default=frozenset(), repr=False)


def turn_contexts(
    dialogue: CraDialogue, functions: FunctionCatalogue, today: date | None
) -> Iterator[TurnContext]:
    """Yields the turns of a dialogue; use each before the next is asked for.

    Args:
        dialogue: The dialogue.
        functions: The functions on offer.
        today: The day on which it is held, if that is known.
    """
    evidence = Evidence(today)
    for number, turn in enumerate(dialogue.turns):
        evidence.hear(turn.user, user=True)
        yield TurnContext(number, dialogue, functions, evidence)
        _answer(evidence, turn)


def _answer(evidence: Evidence, turn: CraTurn) -> None:
    for step in turn.steps:
        evidence.observe(step.observation)
    evidence.hear(turn.response)


def outcome(observation: JsonValue) -> str:
    """Says what an observation shows: `success`, `failure`, `empty`, `found`, or nothing.

    A status or an error says it, else a count, else whether there are results at all.
    Nothing (an empty text) is said of plain text.
    """
    if isinstance(observation, Mapping):
        status = observation.get("status", observation.get("success"))
        if (
            status is False
            or str(status).lower() in _FAILED
            or observation.get("error")
        ):
            return "failure"
        if status is True or str(status).lower() in _SUCCEEDED:
            return "success"
        if observation.get("count") == 0:
            return "empty"
        lists = [v for v in observation.values() if isinstance(v, list)]
        if lists and not any(lists) and len(lists) == len(observation):
            return "empty"
        return "found" if observation else "empty"
    if isinstance(observation, list):
        return "found" if observation else "empty"
    return ""


def defaults(functions: FunctionCatalogue) -> Defaults:
    """Returns what a list of functions assumes; read once for each list in use."""
    kept = _LAST.get("functions")
    if kept is None or kept[0] is not functions:
        kept = _LAST["functions"] = (functions, _read_defaults(functions.functions))
    return kept[1]


_LAST: dict[str, tuple[FunctionCatalogue, Defaults]] = {}


def _read_defaults(functions: Sequence[FunctionSchema]) -> Defaults:
    numbers, days, texts = set(), set(), []
    for function in functions:
        texts += [function.name, function.description]
        for parameter in function.parameters:
            definition = parameter.definition
            texts += [parameter.name.replace("_", " "), parameter.description]
            texts += map(str, listed_values(definition))
            default = definition.get("default")
            number = None if default is None else number_of(str(default))
            day = None if default is None else day_of(str(default))
            numbers |= {number} if number is not None else set()
            days |= {day} if day else set()
    words = {word for text in texts for word in plain(_parted(text)).split()}
    return Defaults(frozenset(numbers), frozenset(days), frozenset(words))


@lru_cache(maxsize=4096)
def _parted(text: str) -> str:
    return f"{text} {' '.join(_CAMEL.findall(text))}"
