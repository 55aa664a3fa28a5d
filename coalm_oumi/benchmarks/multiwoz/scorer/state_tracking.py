"""Dialogue state tracking: joint goal accuracy, slot F1, and what kind of error was made.

Gold ``{"hotel": {"stars": "4", "area": "dontcare"}}``, predicted ``{"hotel": {"stars":
"3"}}``: not joint; `stars` is a wrong value, the missing `area` a dontcare error.

Three rules say when two states are the same:

- *lenient*, as multiwoz-helper computes it: the same slots, and values with a partial
  similarity above 95. `1` then equals `10`, `north` `northwest`: any part of a value does.
- *strict*: the same slots, and the same letters and digits in their values, once these
  are spelled in one way (`strict_value`). Where the gold has several values (`a|b`), one
  of them is enough.
- *exact*, as published trackers (TRADE's evaluation and its descendants) compute it: the
  same set of domain, slot and value, as text in lower case. Several values are one text.

The strict rule forgives what says the same: an apostrophe costs a match by the lenient one
(`saint johns college`), a slot set to `any` does as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from coalm_oumi.benchmarks.multiwoz.scorer.strict_value import same_value, tracked_value
from coalm_oumi.environments.multiwoz.data.active_domains import State
from coalm_oumi.environments.multiwoz.data.canonical import helper_value
from coalm_oumi.environments.multiwoz.data.domains import ANY_VALUES, tracked_slot
from coalm_oumi.environments.multiwoz.data.fuzzy import alike

Slot = tuple[str, str]
"""A domain and a slot of it."""

FlatState = Mapping[Slot, str]

ErrorKind = Literal["missed", "extra", "wrong_value", "dontcare"]

ERROR_KINDS: tuple[ErrorKind, ...] = ("missed", "extra", "wrong_value", "dontcare")
"""A slot of the gold that is not there; one that the gold has not; another value; and
any of these where the gold or the prediction says that the user does not care."""

_ABOVE = 95


class SlotCounts(NamedTuple):
    """Counts of slots, to add up to precision, recall and F1.

    Attributes:
        right: Predicted slots that the gold has with the same value.
        predicted: Predicted slots.
        gold: Slots of the gold.
    """

    right: int
    predicted: int
    gold: int


@dataclass(frozen=True)
class Comparison:
    """How one turn's state compares with the gold by one rule.

    Attributes:
        gold: The gold state.
        found: The predicted state; None for a turn that was not predicted.
        same: The slots on which both agree.
    """

    gold: FlatState
    found: FlatState | None
    same: frozenset[Slot]

    def joint(self, domain: str | None = None) -> bool:
        """Says whether the state is right; a turn that was not predicted is not.

        Args:
            domain: Look at this domain's slots only.
        """
        if self.found is None:
            return False
        if domain is None:
            return len(self.same) == len(self.found) == len(self.gold)
        slots = self.gold.keys() | self.found.keys()
        return all(slot in self.same for slot in slots if slot[0] == domain)

    def counts(self, domain: str | None = None) -> SlotCounts:
        """Counts slots, of one domain if given."""
        sides = (self.same, self.found or {}, self.gold)
        if domain is None:
            return SlotCounts(*map(len, sides))
        return SlotCounts(*(sum(s[0] == domain for s in side) for side in sides))

    @cached_property
    def errors(self) -> Mapping[ErrorKind, tuple[Slot, ...]]:
        """The slots that are wrong, by kind of error."""
        found = self.found or {}
        kinds: dict[ErrorKind, list[Slot]] = {kind: [] for kind in ERROR_KINDS}
        for slot in sorted((self.gold.keys() | found.keys()) - self.same):
            kinds[_kind(self.gold.get(slot), found.get(slot))].append(slot)
        return {kind: tuple(slots) for kind, slots in kinds.items() if slots}


class TurnTracking(NamedTuple):
    """How one turn's state compares with the gold.

    Attributes:
        strict: By the strict rule.
        lenient: By the lenient rule.
        exact: By the exact rule.
    """

    strict: Comparison
    lenient: Comparison
    exact: Comparison


def _kind(gold: str | None, found: str | None) -> ErrorKind:
    if "dontcare" in (gold, found):
        return "dontcare"
    if found is None:
        return "missed"
    return "extra" if gold is None else "wrong_value"


def track(gold: State, found: State | None) -> TurnTracking:
    """Compares a turn's state with the gold.

    Args:
        gold: The gold state.
        found: The predicted state; None for a turn that was not predicted.
    """
    return TurnTracking(
        strict=_compared(gold, found, strict_state, same_value),
        lenient=_compared(gold, found, lenient_state, _alike),
        exact=_compared(gold, found, exact_state, str.__eq__),
    )


def _compared(
    gold: State,
    found: State | None,
    flat: Callable[[State], FlatState],
    same: Callable[[str, str], bool],
) -> Comparison:
    wanted = flat(gold)
    given = None if found is None else flat(found)
    shared = wanted.keys() & (given or {}).keys()
    agreed = frozenset(s for s in shared if given and same(given[s], wanted[s]))
    return Comparison(wanted, given, agreed)


def strict_state(state: State) -> FlatState:
    """Returns a state's slots with their values in one spelling.

    Args:
        state: Value by slot by domain, in any of the spellings that slots have.

    Returns:
        Value by domain and slot; slots that say nothing (`any`, `none`, empty) are left
        out.
    """
    return {
        (domain.lower(), slot): tracked_value(slot, text)
        for domain, slots in state.items()
        for slot, text in ((tracked_slot(name), text) for name, text in slots.items())
        if text.strip().lower() not in ANY_VALUES
    }


def lenient_state(state: State) -> FlatState:
    """Returns a state's slots with their values as multiwoz-helper compares them."""
    return {
        (domain, slot): helper_value(slot, text)
        for domain, slots in state.items()
        for slot, text in ((tracked_slot(name), text) for name, text in slots.items())
    }


def exact_state(state: State) -> FlatState:
    """Returns a state's slots with their values in lower case.

    Slots that say nothing are left out, as those trackers leave out `none`.
    """
    return {
        (domain.lower(), tracked_slot(name)): " ".join(text.lower().split())
        for domain, slots in state.items()
        for name, text in slots.items()
        if text.strip().lower() not in ANY_VALUES
    }


def _alike(found: str, gold: str) -> bool:
    return alike(found, gold, _ABOVE + 1)
