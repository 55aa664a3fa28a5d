"""Days of a month as ordinals: those in words, their spellings, and what is none."""

from __future__ import annotations

import pytest

from coalm_oumi.cra.check.quantities import dates, quantities

DAYS = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"),
    *("ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth"),
    *("sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth"),
    *(f"twenty-{word}" for word in ("first", "second", "third", "fourth", "fifth")),
    *(f"twenty-{word}" for word in ("sixth", "seventh", "eighth", "ninth")),
    *("thirtieth", "thirty-first"),
)
NUMBERED = tuple(enumerate(DAYS, 1))


@pytest.mark.parametrize(("day", "word"), NUMBERED, ids=DAYS)
def test_a_day_in_words_is_read_beside_its_month_and_alone(day: int, word: str) -> None:
    for spelled in (word, word.replace("-", " "), word.replace("-", "")):
        for text in (
            f"the {spelled} of june",
            f"{spelled} of june, please",
            f"on the {spelled} day of june",
            f"june the {spelled}",
            f"june {spelled} works",
            f"jun. the {spelled}",
        ):
            assert dates(text).days == {(0, 6, day)}, text
        assert dates(f"the {spelled} of june, 2019").days == {(2019, 6, day)}
        assert dates(f"june the {spelled}, 2019").days == {(2019, 6, day)}
        for text in (
            f"a table on the {spelled}",
            f"on the {spelled}, please",
            f"for the {spelled} at noon",
            f"the {spelled} of this month",
            f"the {spelled} of the month",
        ):
            assert dates(text).days == {(0, 0, day)}, text


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("the 2nd", {(0, 0, 2)}),
        ("the 2nd of the month", {(0, 0, 2)}),
        ("the 2nd of june", {(0, 6, 2)}),
        ("june the 2nd", {(0, 6, 2)}),
        ("from the second to the fifth", {(0, 0, 2), (0, 0, 5)}),
        ("from the first of may until the third of june", {(0, 5, 1), (0, 6, 3)}),
        ("may the first", {(0, 5, 1)}),
        ("the first of may", {(0, 5, 1)}),
        ("the seventh", {(0, 0, 7)}),
    ],
)
def test_spellings_of_a_day(text: str, days: set[tuple[int, int, int]]) -> None:
    assert dates(text).days == days


@pytest.mark.parametrize(
    "text",
    [
        "the second one",
        "the 2nd one",
        "i like the second",
        "give me a second",
        "just a second, please",
        "first class, please",
        "on the first class",
        "in 1st class",
        "may i take the first?",
        "may i have the second one?",
        "i may first look at the second",
        "we may second that",
        "it may third of all rain",
        "the first of them",
        "on the first of these",
        "the 2nd of those",
        "the fourth of them",
        "the first may cost more",
        "the first march by bus",
        "the first thing",
        "for the first time",
        "by the second train",
        "on the second floor",
        "from the fifth stop",
        "on the second to last day",
        "in march the first one was better",
        "5th avenue",
        "two thirds of june",
        "every second",
        "first of all",
        "seconds of june",
    ],
)
def test_what_numbers_something_else_is_no_day(text: str) -> None:
    assert dates(text).days == set()


def test_a_day_in_words_is_no_number() -> None:
    assert quantities("on june twenty-second").numbers == set()
    assert quantities("the thirty first of june").numbers == set()
