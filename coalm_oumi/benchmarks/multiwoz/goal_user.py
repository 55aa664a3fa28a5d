"""A user by rule: asks for what the goal wants, part by part, until it has it.

Of a goal with a restaurant to find and to book it says, one after the other::

    About the restaurant: it should be in the east and serve thai food.
    About the restaurant: what are the phone number and the postcode?
    About the restaurant: please book it for 2 people at 18:00 on friday.

and each of them twice at most, if the reply lacks a name, what was asked for, or the
reference number. It reads replies as the scorer does, by delexicalising them, and knows
nothing but the goal's final wishes. No model is needed: for tests, for a first look, and
for a comparison of models that no second model has a part in.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from coalm_oumi.benchmarks.multiwoz.delexicalise import Delexicaliser
from coalm_oumi.benchmarks.multiwoz.dialogues import Dialogue
from coalm_oumi.benchmarks.multiwoz.domains import DOMAINS, VENUE_DOMAINS
from coalm_oumi.benchmarks.multiwoz.goals import scorer_goal
from coalm_oumi.benchmarks.multiwoz.placeholders import (
    named_placeholders,
    requestables_in,
)
from coalm_oumi.benchmarks.multiwoz.predicted_turn import PredictedTurn
from coalm_oumi.conductor import Reply, Request

GOAL_USER = "goal_user_v1"
"""The version of the rules in this module."""

OPENING = "About the {domain}: "
"""How each of its utterances begins."""

_TIMES_SAID = 2
_ASKED = {
    "PHONE": "phone number",
    "ADDRESS": "address",
    "POST": "postcode",
    "TRAINID": "train id",
}
_OTHER = ("area", "food", "pricerange", "type", "stars", "entrance fee", "duration")
_OF_TRAIN = ("price", "leaveAt", "arriveBy", "internet", "parking", "car type")
_WORDS = {
    "pricerange": "price range",
    "leaveAt": "departure time",
    "arriveBy": "arrival time",
}
_WISHES: Mapping[str, str] = {
    "area": "be in the {}",
    "pricerange": "be {}",
    "food": "serve {} food",
    "name": "be the one called {}",
    "stars": "have {} stars",
    "departure": "go from {}",
    "destination": "go to {}",
    "day": "be on {}",
    "leaveAt": "leave at {} or later",
    "arriveBy": "arrive by {}",
}
_BOOKED = {
    "people": "for {} people",
    "day": "on {}",
    "time": "at {}",
    "stay": "for {} nights",
}


class GoalUser:
    """The user of one dialogue.

    Args:
        dialogue: The test's dialogue, for its goal.
        delexicalise: Reads replies; the same for all users.
    """

    def __init__(self, dialogue: Dialogue, delexicalise: Delexicaliser) -> None:
        self._goal = dialogue.goal
        wanted = scorer_goal(dialogue.goal)
        self._wanted = {d: wanted[d] for d in DOMAINS if d in wanted}
        self._left = list(self._wanted)
        self._delexicalise = delexicalise
        self._got: dict[str, set[str]] = {domain: set() for domain in self._wanted}
        self._said: dict[str, int] = {}

    def says(
        self, turns: Sequence[PredictedTurn]
    ) -> Generator[Request, Reply, str | None]:
        """Returns the next utterance; None when all is got, or nothing more helps."""
        yield from ()
        if turns and self._left:
            self._got[self._left[0]] |= self._given(turns)
        while self._left:
            domain = self._left[0]
            for step in (self._find, self._ask, self._book):
                text = step(domain)
                key = f"{domain} {step.__name__}"
                if text and self._said.get(key, 0) < _TIMES_SAID:
                    self._said[key] = self._said.get(key, 0) + 1
                    return OPENING.format(domain=domain) + text
            self._left.pop(0)
        return None

    def _given(self, turns: Sequence[PredictedTurn]) -> set[str]:
        known = [
            (kind, str(call.result[kind]))
            for turn in turns
            for call in turn.calls
            if isinstance(call.result, Mapping)
            for kind in ("reference", "phone", "type")
            if kind in call.result
        ]
        text = named_placeholders(self._delexicalise(turns[-1].response, known))
        return set(requestables_in(text)) | ({"NAME"} if "NAME" in text else set())

    def _find(self, domain: str) -> str:
        sign = "NAME" if domain in VENUE_DOMAINS else "TRAINID"
        if domain == "taxi" or sign in self._got[domain]:
            return ""
        info = self._goal[domain].get("info") or {}
        wishes = [_wish(slot, str(value)) for slot, value in info.items()]
        return f"it should {' and '.join(wishes) or 'be a good one'}."

    def _ask(self, domain: str) -> str:
        if domain == "taxi":
            return ""
        missing = [
            _ASKED[name]
            for name in self._wanted[domain].requestable
            if name in _ASKED and name not in self._got[domain]
        ]
        first = not self._said.get(f"{domain} _ask")
        if first:
            asked = self._goal[domain].get("reqt") or ()
            others = [slot for slot in asked if slot in (*_OTHER, *_OF_TRAIN)]
            missing += [_WORDS.get(slot, slot) for slot in others]
        if not missing:
            return ""
        listed = " and the ".join(dict.fromkeys(missing))
        return f"what {'is' if len(missing) == 1 else 'are'} the {listed}?"

    def _book(self, domain: str) -> str:
        if domain == "taxi":
            return self._taxi()
        book: Mapping[str, Any] = self._goal[domain].get("book") or {}
        if not book or "REFERENCE" in self._got[domain]:
            return ""
        parts = [
            _BOOKED[slot].format(value)
            for slot, value in book.items()
            if slot in _BOOKED
        ]
        return f"please book it {' '.join(parts)} and tell me the reference number."

    def _taxi(self) -> str:
        if "PHONE" in self._got["taxi"]:
            return ""
        info = self._goal["taxi"].get("info") or {}
        wishes = [_wish(slot, str(value)) for slot, value in info.items()]
        if not {"departure", "destination"} & set(info):
            wishes.append("take me from the one place to the other")
        return (
            f"please book one; it should {' and '.join(wishes)}. What are the phone "
            "number and the car?"
        )


def _wish(slot: str, value: str) -> str:
    if slot in ("internet", "parking"):
        return f"have {slot}" if value == "yes" else f"need no {slot}"
    if slot == "type":
        return f"be of the type {value}"
    return _WISHES.get(slot, f"have the {slot} {{}}").format(value)
