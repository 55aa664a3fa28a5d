"""The words of the rule-based user: several for everything it may say, drawn by dialogue.

To find a restaurant in the east that serves thai food, one dialogue has::

    I'm looking for somewhere to eat. It should be in the east and serve thai food.

and another ``Can you help me find a restaurant? I want it to serve thai food and be
located in the east.`` The draws are fixed by the seed and the dialogue, so that a model
meets the same words as another one, and a dialogue that is run again is the same.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

_NOUNS: Mapping[str, tuple[str, ...]] = {
    "restaurant": ("a restaurant", "somewhere to eat", "a place to dine"),
    "hotel": ("a place to stay", "somewhere to stay", "accommodation"),
    "attraction": ("an attraction", "a place to visit", "something to visit"),
    "train": ("a train", "a train connection", "a train ride"),
    "taxi": ("a taxi", "a cab"),
}
_FIND = (
    "I'm looking for {noun}. It should {wishes}.",
    "Can you help me find {noun}? I want it to {wishes}.",
    "I need {noun}, please. It has to {wishes}.",
    "Hi, could you search for {noun}? It needs to {wishes}.",
    "Next I would like {noun}. It must {wishes}.",
)
_FIND_AGAIN = (
    "I still need {noun}. As I said, it should {wishes}.",
    "Sorry, which one is it? I asked for {noun} that should {wishes}.",
    "You named none yet. I want {noun}; it has to {wishes}.",
)
_ASK = (
    "What {is_are} the {fields}?",
    "Could you tell me the {fields}?",
    "Can I get the {fields}, please?",
    "I would also like to know the {fields}.",
    "Thanks. Please give me the {fields}.",
)
_BOOK: Mapping[str, tuple[str, ...]] = {
    "restaurant": (
        "Please book a table {details} and tell me the reference number.",
        "Can you reserve a table {details}? I'll need the reference number.",
        "I'd like to book a table {details}. What is the reference number?",
        "Great, make a reservation {details} and give me the reference, please.",
    ),
    "hotel": (
        "Please book it {details} and tell me the reference number.",
        "Can you reserve a room {details}? I'll need the reference number.",
        "I'd like to book a room {details}. What is the reference number?",
        "Great, make a reservation {details} and give me the reference, please.",
    ),
    "train": (
        "Please book it {details} and tell me the reference number.",
        "Can you buy tickets {details}? I'll need the reference number.",
        "I'd like to book seats {details}. What is the reference number?",
        "Great, reserve that one {details} and give me the reference, please.",
    ),
}
_TAXI = (
    "I need {noun}; it should {wishes}. What are the car and its phone number?",
    "Please book {noun}. It has to {wishes}. I'd like the phone number and the car.",
    "Can you get me {noun}? It must {wishes}. Tell me the car and the contact number.",
)
_WISHES: Mapping[str, tuple[str, ...]] = {
    "area": ("be in the {}", "be located in the {}", "be in the {} of town"),
    "pricerange": ("be {}", "be in the {} price range", "have {} prices"),
    "food": ("serve {} food", "offer {} food", "have {} food"),
    "name": ("be the one called {}", "be called {}", "have the name {}"),
    "stars": ("have {} stars", "be rated {} stars"),
    "type": ("be of the type {}", "be a {}"),
    "departure": ("go from {}", "depart from {}", "start in {}"),
    "destination": ("go to {}", "take me to {}", "head for {}"),
    "day": ("be on {}", "run on {}"),
    "leaveAt": ("leave at {} or later", "leave after {}", "not leave before {}"),
    "arriveBy": ("arrive by {}", "get there by {}", "be there by {}"),
}
_TAXI_WISHES: Mapping[str, tuple[str, ...]] = {
    "leaveAt": ("leave at {}", "pick me up at {}"),
    "departure": ("pick me up at {}", "start at {}", "go from {}"),
}
_BOOLEAN: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "internet": (
        ("have internet", "have free internet", "come with internet"),
        ("need no internet", "do without internet"),
    ),
    "parking": (
        ("have parking", "have free parking", "offer parking"),
        ("need no parking", "do without parking"),
    ),
}
_DETAILS: Mapping[str, tuple[str, ...]] = {
    "day": ("on {}", "for {}"),
    "time": ("at {}",),
}
_COUNTED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "people": (
        ("for {} person", "for {} people"),
        ("for a party of {}", "for a party of {}"),
    ),
    "stay": (("for {} night", "for {} nights"), ("staying {} night", "{} nights")),
}
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight")


class Wording:
    """The words of one dialogue's user.

    Args:
        draws: What they are drawn with.
    """

    def __init__(self, draws: random.Random) -> None:
        self._draws = draws

    def find(self, domain: str, wanted: Mapping[str, str], *, again: bool) -> str:
        """Asks for an entry that fits.

        Args:
            domain: What kind of entry.
            wanted: Value by slot of the goal.
            again: Whether the user has asked for it before.
        """
        template = self._draws.choice(_FIND_AGAIN if again else _FIND)
        wishes = self._wishes(domain, wanted) or ["be a good one"]
        return self._filled(template, domain, wishes)

    def ask(self, fields: Sequence[str]) -> str:
        """Asks for fields of the entry.

        Args:
            fields: Their names in plain words.
        """
        listed = _listed(self._shuffled(fields), "and the")
        is_are = "is" if len(fields) == 1 else "are"
        return self._draws.choice(_ASK).format(is_are=is_are, fields=listed)

    def book(self, domain: str, wanted: Mapping[str, str]) -> str:
        """Asks for a booking of the entry.

        Args:
            domain: What kind of entry.
            wanted: Value by slot of the goal's booking.
        """
        details = [self._detail(slot, value) for slot, value in wanted.items()]
        listed = " ".join(filter(None, self._shuffled(details)))
        return self._draws.choice(_BOOK[domain]).format(details=listed)

    def taxi(self, wanted: Mapping[str, str]) -> str:
        """Asks for a taxi.

        Args:
            wanted: Value by slot of the goal.
        """
        wishes = self._wishes("taxi", wanted)
        if not {"departure", "destination"} & set(wanted):
            wishes.append("take me from the one place to the other")
        return self._filled(self._draws.choice(_TAXI), "taxi", wishes)

    def _filled(self, template: str, domain: str, wishes: Sequence[str]) -> str:
        noun = self._draws.choice(_NOUNS[domain])
        return template.format(noun=noun, wishes=_listed(wishes))

    def _wishes(self, domain: str, wanted: Mapping[str, str]) -> list[str]:
        wishes = [self._wish(domain, slot, value) for slot, value in wanted.items()]
        return self._shuffled(wishes)

    def _wish(self, domain: str, slot: str, value: str) -> str:
        if slot in _BOOLEAN:
            return self._draws.choice(_BOOLEAN[slot][value != "yes"])
        forms = (_TAXI_WISHES if domain == "taxi" else {}).get(slot) or _WISHES[slot]
        return self._draws.choice(forms).format(value)

    def _detail(self, slot: str, value: str) -> str:
        if slot not in _COUNTED:
            return self._draws.choice(_DETAILS[slot]).format(value)
        one, more = self._draws.choice(_COUNTED[slot])
        number = value
        if (
            value.isdigit()
            and int(value) < len(_NUMBERS)
            and self._draws.random() < 0.5
        ):
            number = _NUMBERS[int(value)]
        return (one if value == "1" else more).format(number)

    def _shuffled(self, parts: Sequence[str]) -> list[str]:
        return self._draws.sample(list(parts), len(parts))


def _listed(parts: Sequence[str], last: str = "and") -> str:
    *first, end = parts
    return f"{', '.join(first)} {last} {end}" if first else end
