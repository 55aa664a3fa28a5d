"""Values are grounded in what was said, by the normalisations that are stated."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from coalm_oumi.calls import FunctionSchema, ParameterSchema
from coalm_oumi.cra.check.evidence import Evidence
from coalm_oumi.cra.check.grounding import grounded
from coalm_oumi.cra.check.quantities import day_of, number_of, quantities, time_of

TODAY = date(2019, 3, 1)  # a Friday


@pytest.mark.parametrize(
    ("said", "name", "value"),
    [
        ("a table for me and bonnie", "party_size", 2),
        ("just for myself", "party_size", 1),
        ("me and my two friends", "seats", 3),
        ("we are four", "travelers", 4),
        ("send $1,320 to Ann", "amount", 1320),
        ("one thousand three hundred and twenty bucks", "amount", 1320),
        ("a direct flight", "number_stops", 0),
        ("at half past 7 in the evening", "time", "19:30"),
        ("quarter to 7 tonight", "time", "18:45"),
        ("evening 5:30 is fine", "time", "17:30"),
        ("at noon", "time", "12:00"),
        ("next Friday", "date", "2019-03-08"),
        ("this Saturday", "date", "2019-03-02"),
        ("the day after tomorrow", "date", "2019-03-03"),
        ("on the 13th", "date", "2019-03-13"),
        ("on 8th of March", "date", "2019-03-08"),
        ("Mar 8, 2019", "date", "2019-03-08"),
        ("in SF", "city", "San Francisco"),
        ("Phoenix, AZ please", "city", "Phoenix"),
        ("at Eric's", "restaurant_name", "Eric's Restaurant"),
        ("something cheap", "price_range", "inexpensive"),
        ("can I bring my dog?", "pets_allowed", True),
        ("three bedrooms", "number_of_beds", 3),
        ("a flat with 4 rooms", "number_of_beds", 4),
        ("a bus for one please", "travelers", 1),
        ("i have one tickets", "passengers", 1),
        ("a song from nine years back", "year", 2010),
        ("something of last year", "year", 2018),
        ("search in San Jose.I like comedies", "city", "San Jose"),
        ("events in ATL...soon", "city", "Atlanta"),
        ("at Vine Cinema in town", "theater_name", "Vine Cinema & Alehouse"),
        ("at Airport Stadium Cinemas", "theater_name", "Airport Stadium 12"),
        ("a suspense movie", "genre", "Thriller"),
    ],
)
def test_what_was_said_grounds_a_value(said: str, name: str, value: Any) -> None:
    evidence = Evidence(TODAY)
    evidence.hear(said, user=True)
    assert grounded(value, name, evidence)


@pytest.mark.parametrize(
    ("said", "name", "value"),
    [
        ("a table for me and bonnie", "party_size", 3),
        ("a luxury ride and i need 3 seats", "seats", 2),
        ("can you find another one", "seats", 1),
        ("at 7 pm", "time", "07:00"),
        ("next Friday", "date", "2019-03-09"),
        ("on March 8th", "date", "2019-03-18"),
        ("in San Diego", "city", "San Jose"),
        ("at Eric's", "restaurant_name", "Maria's Restaurant"),
        ("something cheap", "price_range", "expensive"),
        ("a quiet flat", "pets_allowed", True),
        ("three tickets", "number_of_beds", 3),
        ("the 5:30 train", "seats", 5),
        ("on the 3rd of July", "date", "2019-03-03"),
        ("a song from nine years back", "year", 2011),
        ("at Vine street", "theater_name", "Vine Cinema & Alehouse"),
        ("a cinema in San Jose", "theater_name", "San Bruno Cinema"),
    ],
)
def test_what_nobody_said_is_not_grounded(said: str, name: str, value: Any) -> None:
    evidence = Evidence(TODAY)
    evidence.hear(said, user=True)
    assert not grounded(value, name, evidence)


def test_observations_ground_texts_and_amounts_but_no_truth_values() -> None:
    evidence = Evidence(TODAY)
    evidence.observe({"results": [{"hotel": "The Anchor", "price": 184, "wifi": True}]})
    assert grounded("The Anchor", "hotel_name", evidence)
    assert grounded(184, "amount", evidence)
    assert not grounded(True, "has_wifi", evidence)
    assert not grounded("The Crown", "hotel_name", evidence)


def test_without_today_a_weekday_may_be_any() -> None:
    evidence = Evidence(None)
    evidence.hear("on Friday")
    assert grounded("2024-06-07", "date", evidence)
    assert not grounded("2024-06-08", "date", evidence)


def test_values_are_told_from_other_text() -> None:
    assert day_of("2019-03-08") == date(2019, 3, 8)
    assert day_of("2019-02-30") is None
    assert time_of("19:30") == {1170}
    assert time_of("see you at 7 pm") == set()
    assert number_of("$1,320") == 1320
    assert number_of("12 Main Street") is None
    assert quantities("march 8th at 6:30 pm for two").numbers == {2.0}


SEATS = FunctionSchema(
    "Book",
    "",
    (
        ParameterSchema("seats", {"type": "int", "default": 2}),
        ParameterSchema("number_of_rooms", {"type": "int", "default": 1}),
        ParameterSchema("subtitles", {"type": "bool", "default": False}),
        ParameterSchema("date", {"type": "str", "default": "2019-03-01"}),
        ParameterSchema(
            "class", {"type": "str", "enum": ["Economy", "First"], "default": "Economy"}
        ),
    ),
)


@pytest.mark.parametrize(
    ("said", "name", "value", "expected"),
    [
        ("book it", "seats", 2, True),
        ("book it", "seats", 3, False),
        ("book 4 of them", "seats", 2, False),
        ("for 4 people", "number_of_rooms", 1, True),
        ("4 rooms", "number_of_rooms", 1, False),
        ("play it", "subtitles", False, True),
        ("play it", "subtitles", True, False),
        ("book it", "date", "2019-03-01", True),
        ("book it for the 8th", "date", "2019-03-01", False),
        ("a ticket", "class", "Economy", True),
        ("first class", "class", "Economy", False),
    ],
)
def test_a_default_is_grounded_where_the_user_names_nothing_else(
    said: str, name: str, value: Any, expected: bool
) -> None:
    evidence = Evidence(TODAY)
    evidence.hear(said, user=True)
    assert grounded(value, name, evidence, [SEATS]) is expected
