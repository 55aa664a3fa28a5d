"""Values are spelled as mwzeval and multiwoz-helper compare them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalm_oumi.benchmarks.multiwoz.scorer.strict_value import tracked_value
from coalm_oumi.environments.multiwoz.data.canonical import (
    canonical_time,
    canonical_value,
    helper_value,
    minutes,
)
from coalm_oumi.environments.multiwoz.data.domains import scorer_slot, tracked_slot


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("after 5:15", "05:15"),
        ("by 9:00", "09:00"),
        ("1715", "17:15"),
        ("9", "09:00"),
        ("5:30 pm", "17:30"),
        ("12:30pm", "24:30"),
        ("7 p.m.", "19:00"),
        ("09:00 am", "09:00"),
        ("noon", "12:00"),
        ("one o'clock p.m., please", "13:00"),
        ("17 : 15", "17:15"),
        ("18:00.", "18:00"),
        ("", "00:00"),
        ("half past five pm", "half past five"),
        ("9" * 10_000 + " pm", "9" * 10_000 + ":00"),
    ],
)
def test_times(text: str, time: str) -> None:
    assert canonical_time(text) == time


@given(st.text(max_size=20))
def test_no_text_stops_the_reading_of_times(text: str) -> None:
    assert minutes(canonical_time(text)) >= 0


@pytest.mark.parametrize(
    ("slot", "value", "spelled"),
    [
        ("food", "Portugese", "portuguese"),
        ("name", "Caffee Uno", "caffe uno"),
        ("destination", "christ college", "christ's college"),
        ("name", "kings & queens", "kings and queens"),
        ("type", "guest house", "guesthouse"),
        ("internet", "free", "yes"),
        ("area", "Centre", "Centre"),
        ("arrive", "after 5:15", "05:15"),
    ],
)
def test_values_of_inform_and_success(slot: str, value: str, spelled: str) -> None:
    assert canonical_value(slot, value) == spelled


def test_values_of_joint_goal_accuracy() -> None:
    assert helper_value("name", "alexander bed and breakfast") == "alexander b and b"
    assert helper_value("area", "Centre") == "Centre"
    assert tracked_value("area", " Centre ") == "centre"
    assert tracked_value("food", "do n't care") == "dontcare"


@pytest.mark.parametrize(
    ("name", "slot", "tracked"),
    [
        ("leaveAt", "leave", "leave"),
        ("leave at", "leave", "leave"),
        ("arriveby", "arrive", "arrive"),
        ("bookpeople", "bookpeople", "people"),
        ("price range", "pricerange", "pricerange"),
    ],
)
def test_names_of_slots(name: str, slot: str, tracked: str) -> None:
    assert (scorer_slot(name), tracked_slot(name)) == (slot, tracked)
