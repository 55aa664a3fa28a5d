"""Delexicalising, version 1: its rules are frozen, and here is what they give."""

from __future__ import annotations

import hashlib

import pytest

from coalm_oumi.environments.multiwoz import Databases, MultiwozData
from coalm_oumi.environments.multiwoz.users.delexicalise import (
    DELEXICALISER,
    LONGEST_REPLY,
    Delexicaliser,
)


@pytest.fixture(scope="module")
def delexicalise(small_databases: Databases) -> Delexicaliser:
    return Delexicaliser(small_databases)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("The Blue Heron is cheap.", "[value_name] is [value_pricerange]."),
        ("blue heron, in the East", "[value_name], in the [value_area]"),
        ("Fenland is nice", "[value_name] is nice"),
        ("It is at 1 Mill Rd, City Centre.", "It is at [value_address]."),
        ("It is at 1 mill road.", "It is at [value_address]."),
        ("27 Station St. and more", "[value_address]. and more"),
        ("old yard, clay lane", "[value_address]"),
        ("CB1 3NF or cb13nf", "[value_postcode] or [value_postcode]"),
        ("Ring 01223 000 001.", "Ring [value_phone]."),
        ("Ring (01223) 000-001 now", "Ring [value_phone] now"),
        ("Ring +44 1223 000001", "Ring [value_phone]"),
        ("TR0002 or TR 0002", "[value_id] or [value_id]"),
        (
            "from Ely at 17:30 on Friday",
            "from [value_place] at [value_time] on [value_day]",
        ),
        ("at 5:30 pm.", "at [value_time]."),
        ("It costs £4.40, or 4.40 pounds", "It costs [value_price], or [value_price]"),
        ("for 2 people, 3 nights", "for [value_count] people, [value_count] nights"),
        ("thai food", "[value_food] food"),
    ],
)
def test_values_of_the_databases(
    delexicalise: Delexicaliser, reply: str, expected: str
) -> None:
    assert delexicalise(reply) == expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("Ring 01223 999999.", "Ring [value_count] [value_count]."),
        ("Take TR9999", "Take TR9999"),
        ("Your reference is ZZ99ZZ99", "Your reference is ZZ99ZZ99"),
        ("[value_phone] [phone]", " value_phone   phone "),
        ("The place is booked. Is the place fine?",) * 2,
        ("The Place is a nightclub", "[value_name] is a nightclub"),
        ("blue. Heron", "blue. Heron"),
    ],
)
def test_what_is_invented_or_plain_english_is_no_value(
    delexicalise: Delexicaliser, reply: str, expected: str
) -> None:
    assert delexicalise(reply) == expected


def test_what_bookings_gave(delexicalise: Delexicaliser) -> None:
    bookings = [
        ("reference", "AB12CD34"),
        ("phone", "07123456789"),
        ("type", "red skoda"),
    ]
    reply = "Reference ab12cd34; a Red Skoda, 07123 456789."
    assert delexicalise(reply, bookings) == (
        "Reference [value_reference]; a [value_car], [value_phone]."
    )


def test_an_endless_reply_is_empty(delexicalise: Delexicaliser) -> None:
    assert delexicalise("The Blue Heron. " * (LONGEST_REPLY // 16 + 1)) == ""


def test_version_1_never_changes(real_multiwoz: MultiwozData) -> None:
    # All 7,372 gold replies: who changes this digest makes a new version.
    assert DELEXICALISER == "delex_v1"
    delexicalise = Delexicaliser(real_multiwoz.databases)
    hasher = hashlib.sha256()
    for dialogue in real_multiwoz.dialogues.values():
        for turn in dialogue.turns:
            hasher.update(delexicalise(turn.system, turn.references).encode())
    assert hasher.hexdigest() == (
        "335dbe54a15cf31b736ee25d6a00b5cf05a179497abba71ab1f2539ccb54bccc"
    )
