"""Clock times are told from counts, ranges, fractions, addresses and versions."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalm_oumi.cra.check.evidence import Evidence
from coalm_oumi.cra.check.grounding import grounded
from coalm_oumi.cra.check.quantities import moment_of, quantities, time_of


def clock(text: str) -> set[str]:
    return {f"{m // 60:02}:{m % 60:02}" for m in quantities(text.lower()).times}


@pytest.mark.parametrize(
    ("said", "numbers"),
    [
        ("from 2 to 4 people", {2, 4}),
        ("from two to four people", {2, 4}),
        ("from 6 to 7 people", {6, 7}),
        ("2 to 4 guests", {2, 4}),
        ("5 to 10 people tonight", {5, 10}),
        ("five to six people", {5, 6}),
        ("between 3 and 5 seats", {3, 5}),
        ("a 3 to 1 score", {3, 1}),
        ("20 to 30 dollars", {20, 30}),
        ("about 10 to 12 euros", {10, 12}),
        ("5 to 10 km", {5, 10}),
        ("3 to 5 business days", {3, 5}),
        ("2 to 3 hours", {2, 3}),
        ("from version 2 to 3", {2, 3}),
        ("room 9 to 5", {9, 5}),
        ("2-4", {2, 4}),
        ("2-4 people", {2, 4}),
        ("at 12 Mill Lane", {12}),
        ("to 4 Ocean Drive", {4}),
        ("at 5 star hotels", {5}),
        ("at 415-555-0101", {415, 555, 101}),
        ("1/2 a pizza", {1, 2}),
        ("from version 2.0 to 3.1", {2, 3.1}),
    ],
)
def test_counts_are_numbers_and_no_times_or_dates(
    said: str, numbers: set[float]
) -> None:
    found = quantities(said.lower())
    assert found.numbers == numbers
    assert not found.times
    assert not found.days


@pytest.mark.parametrize(
    ("said", "time"),
    [
        ("ten to four", "15:50"),
        ("twenty-five to six", "17:35"),
        ("5 minutes to 4", "03:55"),
        ("quarter to 6", "17:45"),
        ("at 10 to 4", "15:50"),
        ("10 to 4 pm", "15:50"),
        ("10 to 4 in the afternoon", "15:50"),
        ("tonight, 10 to 8", "19:50"),
        ("20 to 4 o'clock", "15:40"),
        ("20 past 4", "16:20"),
        ("half past seven for 2 people", "19:30"),
        ("ten after nine at night", "21:10"),
        ("from 9 to 5", "17:00"),
        ("2-4 pm", "14:00"),
        ("between 3 and 5", "15:00"),
        ("7 tonight", "19:00"),
    ],
)
def test_a_sign_of_time_makes_a_time(said: str, time: str) -> None:
    assert time in clock(said)


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("11 to 1", "12:49"),
        ("from 9 to 5", "16:51"),
        ("from 10 to 4", "15:50"),
        ("between 5 to 6", "17:55"),
        ("5 after 6", "18:05"),
        ("12 before 3", "14:48"),
        ("at 7 pm", "07:00"),
        ("at 2 to 4 pm", "15:58"),
    ],
)
def test_two_hours_are_no_minutes_and_hour(said: str, wrong: str) -> None:
    assert wrong not in clock(said)


LINKS = st.sampled_from(["to", "after", "before"])
NUMBERS = st.integers(1, 60)
THINGS = st.sampled_from(["people", "guests", "tickets", "dollars", "miles", "chairs"])


@given(NUMBERS, LINKS, NUMBERS, THINGS)
def test_both_of_two_numbers_before_a_thing_stay_numbers(
    first: int, link: str, last: int, thing: str
) -> None:
    found = quantities(f"change it from {first} {link} {last} {thing}")
    assert {first, last} <= found.numbers
    assert all(time % 60 == 0 for time in found.times)


@given(st.integers(0, 23), st.integers(0, 59), st.dates(date(2000, 1, 1)))
def test_a_moment_in_iso_is_its_day_and_its_time_alone(
    hour: int, minute: int, day: date
) -> None:
    text = f"{day.isoformat()}T{hour:02}:{minute:02}:00"
    for zone in ("", "Z", "+02:00", ".000Z"):
        assert moment_of(text + zone) == (day, 60 * hour + minute)
        found = quantities(f"it starts {text}{zone}".lower())
        assert found.times == {60 * hour + minute}
        assert found.days == {(day.year, day.month, day.day)}
        assert not found.numbers


def test_a_time_in_iso_is_a_time() -> None:
    assert time_of("10:00:00Z") == time_of("T10:00") == {600}
    assert moment_of("2019-02-30T10:00:00Z") is None


@pytest.mark.parametrize(
    ("said", "name", "value", "right"),
    [
        ("Change my booking from 2 to 4 people", "party_size", 4, True),
        ("Change my booking from 2 to 4 people", "party_size", 5, False),
        ("Change my booking from 2 to 4 people", "time", "03:58", False),
        ("Change my booking from 2 to 4 people", "time", "15:58", False),
        ("Increase the number of tickets from 3 to 5", "tickets", 5, True),
        ("a table for 4 tonight", "party_size", 4, True),
        ("4 may be too many", "date", "2019-05-04", False),
        ("half of it, 1/2 a pizza", "date", "2019-01-02", False),
        ("on 1/2", "date", "2019-01-02", True),
        ("on 13/12/2019", "date", "2019-12-13", True),
    ],
)
def test_what_counts_and_times_ground(
    said: str, name: str, value: str | int, right: bool
) -> None:
    evidence = Evidence(date(2019, 3, 1))
    evidence.hear(said, user=True)
    assert grounded(value, name, evidence) is right
