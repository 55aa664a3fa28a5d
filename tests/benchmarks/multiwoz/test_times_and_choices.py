"""The strict match reads clocks, and takes any one of several gold values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalm_oumi.benchmarks.multiwoz.scorer.state_tracking import track
from coalm_oumi.benchmarks.multiwoz.scorer.tracked_time import tracked_time


def strict(slot: str, gold: str, found: str) -> bool:
    return track({"train": {slot: gold}}, {"train": {slot: found}}).strict.joint()


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("12:30 pm", "12:30"),
        ("12:30 p.m.", "12:30"),
        ("12.30pm", "12:30"),
        ("1230 pm", "12:30"),
        ("12 pm", "12:00"),
        ("12 noon", "12:00"),
        ("noon", "12:00"),
        ("12:05am", "00:05"),
        ("12 a.m", "00:00"),
        ("midnight", "00:00"),
        ("12:00 midnight", "00:00"),
        ("24:30", "00:30"),
        ("24:00", "00:00"),
        ("5:15 pm", "17:15"),
        ("after 5:15 PM", "17:15"),
        ("5 o'clock pm", "17:00"),
        ("17:15 pm", "17:15"),
        ("0:15 pm", "12:15"),
        ("7:00 am", "07:00"),
        ("17:15", "17:15"),
        ("dinner", "dinner"),
    ],
)
def test_times_of_day(text: str, time: str) -> None:
    assert tracked_time(text) == time


@given(st.integers(0, 23), st.integers(0, 59), st.sampled_from(("am", "a.m.", " AM")))
def test_every_minute_on_both_clocks(hour: int, minute: int, half: str) -> None:
    if hour >= 12:
        half = half.replace("a", "p").replace("A", "P")
    twelve = f"{hour % 12 or 12}:{minute:02}{half}"
    assert tracked_time(twelve) == f"{hour:02}:{minute:02}"
    assert strict("leave", f"{hour:02}:{minute:02}", twelve)


@given(st.text(max_size=20))
def test_no_text_stops_the_reading_of_times(text: str) -> None:
    tracked_time(text)


@pytest.mark.parametrize(
    ("gold", "found", "right"),
    [
        ("21:00>20:00", "21:00", True),
        ("21:00>20:00", "8 pm", True),
        ("20:00<21:00", "20:00", True),
        ("19:00|20:00", "20:00", True),
        ("19:00 | 20:00 > 21:00", "21:00", True),
        ("19:00|20:00", "20:00|19:00", True),
        ("12:30 pm|1:30 pm", "13:30", True),
        ("19:00|20:00", "20:00|21:00", False),
        ("20:00", "19:00|20:00", False),
        ("19:00|20:00", "1900 2000", False),
        ("21:00>20:00", "22:00", False),
        ("12:30", "00:30", False),
        ("24:30", "12:30 am", True),
        ("24:30", "12:30 pm", False),
        ("dontcare|17:00", "do n't care", True),
    ],
)
def test_one_of_several_values_is_enough(gold: str, found: str, right: bool) -> None:
    assert strict("leave", gold, found) is right


@pytest.mark.parametrize(
    ("gold", "found", "exact"),
    [
        ("17:15", "17:15", True),
        ("Guest House ", "guest house", True),
        ("guesthouse", "guest house", False),
        ("19:00|20:00", "19:00", False),
        ("17:15", "5:15 pm", False),
        ("17:15", "any", False),
    ],
)
def test_the_exact_match_is_of_texts(gold: str, found: str, exact: bool) -> None:
    tracked = track({"train": {"leaveAt": gold}}, {"Train": {"leave at": found}}).exact
    assert tracked.joint() is exact
