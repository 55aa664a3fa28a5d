"""Where a value stands in a text, and in which spelling."""

from __future__ import annotations

import pytest

from coalm_oumi.datasets.spelling import (
    has_number_word,
    has_other_numeral,
    mentions,
    word,
)


@pytest.mark.parametrize(
    ("value", "text", "after"),
    [
        (5, "for 5, or 5.", "for X, or X."),
        (5, "15 55 5km a5 1.5 5.1 -5 2/5 10:5 5,000 1,5 5-6", None),
        (-5, "at -5 degrees", "at X degrees"),
        (2.5, "2.5 and 12.5", "X and 12.5"),
        ("Ely", "Ely, Elysium, 'Ely'", "X, Elysium, 'X'"),
        ("New York", "in New York.", "in X."),
        ("$HOME", "US$HOME ($HOME)", "USX (X)"),
        ("c++", "c++ and c++11", "X and X11"),
        ("5", "5 seats, 1.5 and 5km", "X seats, 1.5 and 5km"),
        ("2024-01-10", "on 2024-01-10.", "on X."),
        (r"a\b.c", r"a\b.c, a\bxc", r"X, a\bxc"),
        ("straße", "Hauptstraße straße", "Hauptstraße X"),
    ],
)
def test_a_value_is_replaced_as_a_whole_word_only(
    value: int | float | str, text: str, after: str | None
) -> None:
    assert word(value).sub("X", text) == (text if after is None else after)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "5km"),
        (5, "5.0"),
        (5, "10:05"),
        (5, "2024-05-01"),
        (5, "the 5th"),
        (1000, "1,000"),
        (2.0, "2"),
        (-5, "5 below zero"),
        ("5", "5km"),
        (0.5, ".5"),
    ],
)
def test_a_number_is_found_in_other_digits(value: int | float | str, text: str) -> None:
    assert has_other_numeral(value, text)


@pytest.mark.parametrize(
    ("value", "text"),
    [(5, "5"), (5, "15"), (5, "1.5"), (5, "50,005"), ("Ely", "5"), ("five", "5")],
)
def test_other_numbers_are_not_taken_for_it(
    value: int | float | str, text: str
) -> None:
    assert not has_other_numeral(value, text)


@pytest.mark.parametrize(
    ("value", "text", "found"),
    [
        (5, "Five seats", True),
        (1, "the first page", True),
        (100, "a hundred", True),
        ("3", "three", True),
        (3.0, "three", True),
        (5, "fiver", False),
        (5, "six", False),
        ("a", "one", False),
    ],
)
def test_a_number_is_found_in_words(
    value: int | float | str, text: str, found: bool
) -> None:
    assert has_number_word(value, text) is found


def test_a_text_is_mentioned_in_any_case() -> None:
    assert mentions("ELY", "to ely")
    assert not mentions("ely", "elysium")
