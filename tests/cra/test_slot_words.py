"""Slots, values and intents in words."""

from __future__ import annotations

import pytest

from coalm_oumi.cra.write.slot_words import fact, goals, question, short, wish
from coalm_oumi.sources.sgd_schema import IntentSchema, SlotSchema

FLAG = ("True", "False")


def flag(name: str) -> SlotSchema:
    return SlotSchema(name, "", True, FLAG)


@pytest.mark.parametrize(
    ("slot", "asked", "yes", "no", "wanted"),
    [
        (
            "has_live_music",
            "whether it has live music",
            "it has live music",
            "it does not have live music",
            "it should have live music",
        ),
        (
            "serves_alcohol",
            "whether it serves alcohol",
            "it serves alcohol",
            "it does not serve alcohol",
            "it should serve alcohol",
        ),
        (
            "pets_allowed",
            "whether pets are allowed",
            "pets are allowed",
            "pets are not allowed",
            "pets should be allowed",
        ),
        (
            "is_unisex",
            "whether it is unisex",
            "it is unisex",
            "it is not unisex",
            "it should be unisex",
        ),
        (
            "subtitles",
            "whether it comes with subtitles",
            "it comes with subtitles",
            "it comes without subtitles",
            "it should come with subtitles",
        ),
    ],
)
def test_a_flag_is_a_clause(
    slot: str, asked: str, yes: str, no: str, wanted: str
) -> None:
    schema = flag(slot)
    assert question(schema) == asked
    assert fact(schema, "True") == yes
    assert fact(schema, "False") == no
    assert wish(schema, "True") == wanted


def test_a_value_is_a_clause_or_an_item() -> None:
    seats = SlotSchema("number_of_seats")
    assert question(seats) == "the number of seats"
    assert fact(seats, "2") == "the number of seats is 2"
    assert wish(seats, "dontcare") == "the number of seats does not matter"
    assert short(seats, "2") == "number of seats 2"


@pytest.mark.parametrize(
    ("name", "description", "expected"),
    [
        ("FindFerry", "Find a ferry.", ("find a ferry", "find the ferry")),
        ("CheckBalance", "Check a user's balance", ("check the balance",)),
        (
            "SearchOnewayFlight",
            "Search for flights",
            ("search for flights", "search for the one-way flight"),
        ),
        ("LookupMusic", "", ("look up the music",)),
    ],
)
def test_an_intent_is_an_infinitive(
    name: str, description: str, expected: tuple[str, ...]
) -> None:
    assert goals(IntentSchema(name, description)) == expected
