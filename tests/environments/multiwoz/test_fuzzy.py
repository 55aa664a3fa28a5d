"""Partial similarity equals fuzzywuzzy's on cases computed with it, and its shortcut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalm_oumi.environments.multiwoz.data.fuzzy import LONGEST, alike, partial_ratio


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("gonville", "gonville hotel", 100),
        ("cityrooms", "cityroomz", 89),
        ("1", "10", 100),
        ("north", "northwest", 100),
        ("saint johns college", "saint john's college", 95),
        ("asian", "asian oriental", 100),
        ("thai", "italian", 75),
        ("curry prince", "curry king", 80),
        ("", "anything", 0),
        ("", "", 100),
        ("abc", "xyz", 0),
    ],
)
def test_known_ratios(one: str, other: str, ratio: int) -> None:
    assert partial_ratio(one, other) == ratio


TEXTS = st.text(alphabet="abcd e'", max_size=25)


@given(TEXTS, TEXTS, st.integers(1, 100))
def test_the_shortcut_decides_as_the_ratio_does(
    one: str, other: str, least: int
) -> None:
    assert alike(one, other, least) == (partial_ratio(one, other) >= least)


@given(
    st.text(alphabet="ab", min_size=190, max_size=260),
    st.text(alphabet="ab", max_size=9),
)
def test_the_shortcut_holds_where_difflib_ignores_frequent_letters(
    long: str, short: str
) -> None:
    assert alike(short, long, 90) == (partial_ratio(short, long) >= 90)


def test_an_endless_text_is_like_none() -> None:
    assert not alike("a", "a" * (LONGEST + 1), 80)
