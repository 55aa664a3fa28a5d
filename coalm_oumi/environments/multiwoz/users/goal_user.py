"""A user by rule: asks for what the goal wants, part by part, until it has it.

Of a goal with a restaurant to find and to book it says, one after the other::

    I'm looking for somewhere to eat. It should be in the east and serve thai food.
    Could you tell me the postcode and the phone number?
    Please book a table for two people at 18:00 on friday and tell me the reference number.

and each of them twice at most, if the reply lacks a name, what was asked for, or the
reference number. Its words are drawn for each dialogue (`user_wording`). It reads replies
as the scorer does, by delexicalising them, and knows nothing but the goal's final wishes.
No model is needed: for tests, for a first look, and for a comparison of models that no
second model has a part in.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from coalm_oumi.environments.multiwoz.data.dialogues import Dialogue
from coalm_oumi.environments.multiwoz.data.domains import DOMAINS, VENUE_DOMAINS
from coalm_oumi.environments.multiwoz.data.goals import scorer_goal
from coalm_oumi.environments.multiwoz.predicted_turn import PredictedTurn
from coalm_oumi.environments.multiwoz.users.delexicalise import Delexicaliser
from coalm_oumi.environments.multiwoz.users.placeholders import (
    named_placeholders,
    requestables_in,
)
from coalm_oumi.environments.multiwoz.users.user_wording import Wording
from coalm_oumi.evaluation.conductor import Reply, Request
from coalm_oumi.seeding import stable_random

GOAL_USER = "goal_user_v2"
"""The version of the rules in this module and of the words in `user_wording`."""

_TIMES_SAID = 2
_ASKED = {
    "PHONE": "phone number",
    "ADDRESS": "address",
    "POST": "postcode",
    "TRAINID": "train id",
}
_OTHER = ("area", "food", "pricerange", "type", "stars", "entrance fee", "duration")
_OF_TRAIN = ("price", "leaveAt", "arriveBy", "internet", "parking", "car type")
_FIELDS = {
    "food": "kind of food",
    "pricerange": "price range",
    "leaveAt": "departure time",
    "arriveBy": "arrival time",
}
_BOOKED = ("people", "day", "time", "stay")


class GoalUser:
    """The user of one dialogue.

    Args:
        dialogue: The test's dialogue, for its goal.
        delexicalise: Reads replies; the same for all users.
        seed: Fixes the words, together with the dialogue's id.
    """

    def __init__(
        self, dialogue: Dialogue, delexicalise: Delexicaliser, seed: int = 0
    ) -> None:
        self._words = Wording(stable_random(seed, GOAL_USER, dialogue.id))
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
                key = f"{domain} {step.__name__}"
                said = self._said.get(key, 0)
                if said < _TIMES_SAID and (text := step(domain, said > 0)):
                    self._said[key] = said + 1
                    return text
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

    def _find(self, domain: str, again: bool) -> str:
        sign = "NAME" if domain in VENUE_DOMAINS else "TRAINID"
        if domain == "taxi" or sign in self._got[domain]:
            return ""
        return self._words.find(domain, self._info(domain), again=again)

    def _ask(self, domain: str, again: bool) -> str:
        if domain == "taxi":
            return ""
        missing = [
            _ASKED[name]
            for name in self._wanted[domain].requestable
            if name in _ASKED and name not in self._got[domain]
        ]
        if not again:
            asked = self._goal[domain].get("reqt") or ()
            others = [slot for slot in asked if slot in (*_OTHER, *_OF_TRAIN)]
            missing += [_FIELDS.get(slot, slot) for slot in others]
        return self._words.ask([*dict.fromkeys(missing)]) if missing else ""

    def _book(self, domain: str, again: bool) -> str:
        if domain == "taxi":
            got = "PHONE" in self._got["taxi"]
            return "" if got else self._words.taxi(self._info("taxi"))
        book: Mapping[str, Any] = self._goal[domain].get("book") or {}
        if not book or "REFERENCE" in self._got[domain]:
            return ""
        wanted = {slot: str(book[slot]) for slot in _BOOKED if slot in book}
        return self._words.book(domain, wanted)

    def _info(self, domain: str) -> dict[str, str]:
        info = self._goal[domain].get("info") or {}
        return {slot: str(value) for slot, value in info.items()}
