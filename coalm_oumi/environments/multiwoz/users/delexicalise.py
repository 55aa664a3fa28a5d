"""Delexicalising replies: values become `[slot]`, which is what the scorer looks for.

In: ``Curry Prince is at 451 Newmarket Rd, Fen Ditton; ring 01223 566388 at 7:30 pm.``
Out: ``[value_name] is at [value_address]; ring [value_phone] at [value_time].``

Only values that the databases or the dialogue's bookings hold become names, addresses,
postcodes, telephone numbers, train ids and references: an invented number is a number.
Spelling is forgiven where it says the same ("Rd", "centre"/"center", "&", spaces in
postcodes and telephone numbers, "the" and "hotel" left out of a name), and a name that is
also plain English ("the place", "ask") counts only where it cannot be that.

Success moves by points with such details. So they are frozen: another rule is another
version, and scores say which version they were made with.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from coalm_oumi.environments.multiwoz.data.databases import Databases
from coalm_oumi.environments.multiwoz.data.domains import (
    AREAS,
    DAYS,
    PRICES,
    VENUE_DOMAINS,
)

DELEXICALISER = "delex_v1"
"""The version of the rules in this module."""

LONGEST_REPLY = 5000
"""A reply of as many characters or more is scored as an empty one (as in the pipeline
that CoALM most probably used)."""

_SLOTS = {"reference": "value_reference", "phone": "value_phone", "type": "value_car"}

_SPELLINGS = (
    (re.compile(r"[\[\]]"), " "),
    (re.compile(r"[\u2018\u2019\u00b4`]"), "'"),
    (re.compile(r"\s+'s\b", re.I), "'s"),
    (re.compile(r"\b(?:b|bed)\s*(?:&|\band\b)\s*(?:b|breakfast)\b", re.I), "b and b"),
    (re.compile(r"\s*&\s*"), " and "),
    (re.compile(r"\bguesthouse", re.I), "guest house"),
)
_WORDS = {
    "rd": "road",
    "street": "st",
    "saint": "st",
    "center": "centre",
    "avenue": "ave",
}
_WORD = re.compile(
    r"(?P<time>\d{1,2}:\d{2}(?:\s*(?:[ap]m\b|[ap]\.m\.?))?)"
    r"|(?P<price>(?:£\s*\d+(?:\.\d{1,2})?|\b\d{1,4}\.\d{2}\b)(?:\s*(?:pounds|gbp)\b)?)"
    r"|(?P<word>[^\W_]+(?:'[^\W_]+)*)",
    re.I,
)
_PHONE = re.compile(r"(?<!\w)(?:\+44[\s()-]*|\(?0)\d[\d\s().-]{6,16}\d(?!\w)")
_BETWEEN = re.compile(r"[\s,\u2013-]*")
_LOCALITIES = ("city centre", "chesterton", "fen ditton", "cherry hinton", "newnham")
# Names and parts of names that are also plain words: never without the rest.
_PLAIN = frozenset(
    {"ask", "j", "place", "junction", "hotel", "restaurant", "university"}
)
# Names that are plain English as a whole: only where each word is capitalised.
_CAPITALISED = frozenset({"the place", "the junction"})
_NAME_EXTRAS = ("restaurant", "hotel")


class _Token(NamedTuple):
    word: str
    start: int
    end: int
    kind: str
    capital: bool


_Words = tuple[str, ...]


class Delexicaliser:
    """Replaces values in replies; made once for all of them.

    Args:
        databases: The databases whose values are known.
    """

    def __init__(self, databases: Databases) -> None:
        self._phones = frozenset(
            str(row["phone"])
            for domain in VENUE_DOMAINS
            for row in databases.rows[domain]
            if row.get("phone")
        )
        self._slots: dict[_Words, str] = {}
        for slot, text in _values(databases):
            self._slots.setdefault(_words(text), slot)
        self._lengths = _lengths(self._slots)

    def __call__(self, reply: str, bookings: Iterable[tuple[str, str]] = ()) -> str:
        """Delexicalises a reply.

        Args:
            reply: What the system said. Brackets in it go, lest they pass for slots.
            bookings: What the bookings so far gave: `reference`, `phone` or `type` (of
                a taxi's car) and its value.

        Returns:
            The reply with `[slot]` in the place of values; empty for one of
            `LONGEST_REPLY` characters or more.
        """
        if len(reply) >= LONGEST_REPLY:
            return ""
        booked = [(kind, value) for kind, value in bookings if value]
        phones = {value for kind, value in booked if kind == "phone"}
        text = _joined_phones(_spelled(reply), self._phones | phones)
        slots = {_words(v): _SLOTS[k] for k, v in booked if k in _SLOTS}
        parts: list[str] = []
        done = 0
        for slot, start, end in self._found(_tokens(text), text, slots):
            parts += [text[done:start], f"[{slot}]"]
            done = end
        return "".join([*parts, text[done:]])

    def _found(
        self, tokens: Sequence[_Token], text: str, booked: Mapping[_Words, str]
    ) -> Iterator[tuple[str, int, int]]:
        """Yields slot, start and end of each value, the longest at each place."""
        own = _lengths(booked)
        place = 0
        while place < len(tokens):
            first = tokens[place]
            lengths = {*own.get(first.word, ()), *self._lengths.get(first.word, ())}
            for length in sorted(lengths, reverse=True):
                run = tokens[place : place + length]
                words = tuple(token.word for token in run)
                slot = booked.get(words) or self._slots.get(words)
                if slot is not None and _stands_together(run, text):
                    yield slot, first.start, run[-1].end
                    place += length
                    break
            else:
                place += 1
                yield from _plain(first)


def _plain(token: _Token) -> Iterator[tuple[str, int, int]]:
    """Yields a time, a price or a number that is no value of a database."""
    if token.kind != "word":
        yield f"value_{token.kind}", token.start, token.end
    elif token.word.isdigit():
        yield "value_count", token.start, token.end


def _lengths(slots: Mapping[_Words, str]) -> dict[str, set[int]]:
    """Returns how many words the values have that begin with a word."""
    lengths: dict[str, set[int]] = {}
    for words in slots:
        if words:
            lengths.setdefault(words[0], set()).add(len(words))
    return lengths


def _stands_together(run: Sequence[_Token], text: str) -> bool:
    """Says whether nothing but commas and hyphens is between the words of a value."""
    for before, after in pairwise(run):
        between = text[before.end : after.start]
        if before.word in ("st", "no"):
            between = between.replace(".", "", 1)
        if not _BETWEEN.fullmatch(between):
            return False
    capitalised = " ".join(token.word for token in run) in _CAPITALISED
    return not capitalised or all(token.capital for token in run)


def _values(databases: Databases) -> Iterator[tuple[str, str]]:
    """Yields slot and value in the order in which equal values are claimed."""
    rows = [row for domain in VENUE_DOMAINS for row in databases.rows[domain]]
    for row in rows:
        for name in _names(str(row["name"])):
            yield "value_name", name
    for row in rows:
        for address in _addresses(str(row.get("address", ""))):
            yield "value_address", address
        for postcode in _postcodes(str(row.get("postcode", ""))):
            yield "value_postcode", postcode
        yield "value_phone", str(row.get("phone", ""))
    for row in databases.rows["train"]:
        number = str(row["trainID"]).lower()
        yield "value_id", number
        yield "value_id", f"{number[:2]} {number[2:]}"
    for row in databases.rows["train"]:
        yield "value_place", str(row["departure"])
        yield "value_place", str(row["destination"])
    for slot, words in (("day", DAYS), ("area", AREAS), ("pricerange", PRICES)):
        for word in words:
            yield f"value_{slot}", word
    for row in databases.rows["restaurant"]:
        yield "value_food", str(row["food"])


def _names(name: str) -> Iterator[str]:
    """Yields a name, then its shorter forms that nothing else is called."""
    yield name
    words = _words(name)
    shorter = [words[1:]] if words[0] == "the" else []
    for form in [words, *shorter]:
        rest = tuple(word for word in form if word not in _NAME_EXTRAS)
        shorter.append(rest)
    for form in shorter:
        if len(form) > 1 or (form and form[0] not in _PLAIN and len(form[0]) > 2):
            yield " ".join(form)


def _addresses(address: str) -> Iterator[str]:
    """Yields an address, then the same without the part of the town it is in."""
    yield address
    short = " ".join(_words(address))
    while locality := next((x for x in _LOCALITIES if short.endswith(f" {x}")), None):
        short = short.removesuffix(locality).strip()
        if len(short.split()) > 1:
            yield short


def _postcodes(postcode: str) -> Iterator[str]:
    """Yields a postcode as one word and with a space at each place it may have one."""
    yield postcode
    for cut in range(3, len(postcode) - 1):
        yield f"{postcode[:cut]} {postcode[cut:]}"
        yield f"{postcode[:2]} {postcode[2:cut]} {postcode[cut:]}"


def _spelled(text: str) -> str:
    for pattern, spelling in _SPELLINGS:
        text = pattern.sub(spelling, text)
    return text


def _joined_phones(text: str, phones: frozenset[str] | set[str]) -> str:
    def joined(match: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", match[0].replace("+44", "0", 1))
        if digits.startswith("00"):  # +44 (0)1223 ...
            digits = digits[1:]
        return digits if digits in phones else match[0]

    return _PHONE.sub(joined, text)


def _tokens(text: str) -> list[_Token]:
    return [
        _Token(
            _canonical(match[0]),
            match.start(),
            match.end(),
            match.lastgroup or "word",
            match[0][:1].isupper(),
        )
        for match in _WORD.finditer(text)
    ]


def _canonical(word: str) -> str:
    word = word.lower().replace("'", "")
    return _WORDS.get(word, word)


def _words(text: str) -> tuple[str, ...]:
    return tuple(token.word for token in _tokens(_spelled(text)))
