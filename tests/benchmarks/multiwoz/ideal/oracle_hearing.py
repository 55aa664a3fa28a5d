"""What the oracle takes from a user's words: the domain, what is wanted, and bookings.

It knows the goal, and goes by the words of each domain and by the goal's values, however
they are put. Of ``Reserve a table there, Friday at 18:00, we are two.`` after ``Anything
thai in the east?`` it hears a restaurant, and a booking with these three values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coalm_oumi.cra.check.number_words import UNITS
from coalm_oumi.environments.multiwoz.data.domains import DOMAINS

_WORDS: Mapping[str, tuple[str, ...]] = {
    "restaurant": ("restaurant", "eat", "dine", "dinner", "lunch", "table", "food"),
    "hotel": (
        "hotel",
        "stay",
        "guesthouse",
        "accommodation",
        "room",
        "nights",
        "stars",
    ),
    "attraction": ("attraction", "visit", "sights", "see"),
    "train": ("train", "trains", "rail", "tickets", "seats"),
    "taxi": ("taxi", "cab", "pick"),
}
_BOOKING = re.compile(r"\b(?:book|reserv|buy)")
_NUMBERS = {word: str(UNITS.index(word)) for word in UNITS[1:11]}
_PLACES = ("name", "departure", "destination")
_NAMED = {"internet": ("internet", "wifi"), "parking": ("parking", "park")}


@dataclass(frozen=True)
class Heard:
    """What the last utterance is about.

    Attributes:
        domain: The domain; empty if none of the goal's.
        wanted: Value by slot of the goal's `info`, as far as the user has said it.
        booked: The same of the goal's `book`; None if no booking is asked for, or not
            all of what it takes has been said.
    """

    domain: str
    wanted: Mapping[str, str]
    booked: Mapping[str, str] | None


def heard(goal: Mapping[str, Any], utterances: Sequence[str]) -> Heard:
    """Returns what the last utterance is about.

    Args:
        goal: The dialogue's goal as published.
        utterances: What the user has said so far, in order.
    """
    said: dict[str, str] = {}
    domain = text = ""
    for utterance in utterances:
        text = _plain(utterance)
        domain = _domain(goal, text, domain)
        said[domain] = f"{said.get(domain, '')} {text}"
    if not domain:
        return Heard("", {}, None)
    wanted = _said(_part(goal, domain, "info"), said[domain])
    details = _part(goal, domain, "book")
    if domain == "taxi":
        return Heard(domain, wanted, wanted)
    booked = _said(details, said[domain])
    asked = _BOOKING.search(text) and details and len(booked) == len(details)
    return Heard(domain, wanted, booked if asked else None)


def _domain(goal: Mapping[str, Any], text: str, before: str) -> str:
    """Returns the domain with most of its words, or that of the utterance before."""
    bare = text
    known = [d for d in DOMAINS if goal.get(d)]
    for domain in known:
        info = _part(goal, domain, "info")
        for slot in _PLACES:
            # A name such as "the huntingdon hotel" tells nothing of the domain.
            if slot in info:
                bare = bare.replace(f" {_plain(info[slot]).strip()} ", " ")
    counts = {d: sum(f" {word} " in bare for word in _WORDS[d]) for d in known}
    most = max(counts.values(), default=0)
    if not most:
        return before
    best = [domain for domain in known if counts[domain] == most]
    return before if before in best else best[0]


def _part(goal: Mapping[str, Any], domain: str, name: str) -> dict[str, str]:
    found = goal[domain].get(name) or {}
    return {slot: value for slot, value in found.items() if isinstance(value, str)}


def _said(wanted: Mapping[str, str], text: str) -> dict[str, str]:
    return {
        slot: value
        for slot, value in wanted.items()
        if any(
            f" {words} " in text
            for words in _NAMED.get(slot) or (_plain(value).strip(),)
        )
    }


def _plain(text: str) -> str:
    """Returns a text's words between spaces, in lower case, numbers as digits."""
    found: list[str] = re.findall(r"[\w:]+(?:'\w+)?", text.lower())
    words = [word.strip(":") for word in found]
    return f" {' '.join([_NUMBERS.get(word, word) for word in words])} "
