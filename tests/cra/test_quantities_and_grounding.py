"""Values are grounded in what was said, by the normalisations that are stated."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from coalm_oumi.cra.grounding import Evidence, grounded
from coalm_oumi.cra.quantities import day_of, number_of, quantities, time_of

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
