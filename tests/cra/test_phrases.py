"""The notation of wordings, and the wordings themselves."""

from __future__ import annotations

import pytest

from coalm_oumi.cra.write.phrases import enumeration, phrase
from coalm_oumi.cra.write.wordings import say, wordings
from coalm_oumi.seeding import stable_random

FIELDS = dict.fromkeys(
    (
        *("goal", "details", "facts", "asked", "thing", "missing", "it", "it_is", "be"),
        *("known", "options", "function", "count", "slot", "value", "pairs"),
        "with_known",
    ),
    "(x)",
)


def all_of(pattern: str, **fields: str) -> set[str]:
    rng = stable_random(1)
    return {phrase(pattern, fields, rng) for _ in range(200)}


def test_alternatives_are_drawn() -> None:
    assert all_of("[a|b] c") == {"a c", "b c"}
    assert all_of("a[ b|]") == {"a b", "a"}
    assert all_of("[a [b|c]|d]") == {"a b", "a c", "d"}


def test_a_value_is_put_in_as_it_is() -> None:
    assert all_of("at {place}.", place="[x|y] {z}") == {"at [x|y] {z}."}


def test_the_same_state_draws_the_same() -> None:
    pattern = wordings()["goodbye"][0]
    first, second = (phrase(pattern, {}, stable_random(7)) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("pattern", ["[a|b", "a]", "a|b", "a {b", "{a b}"])
def test_a_faulty_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError):
        phrase(pattern, {}, stable_random(1))


def test_items_are_listed_as_in_prose() -> None:
    assert enumeration([]) == ""
    assert enumeration(["a"]) == "a"
    assert enumeration(["a", "b"]) == "a and b"
    assert enumeration(["a", "b", "c"], "or") == "a, b or c"


@pytest.mark.parametrize("kind", sorted(wordings()))
def test_every_wording_is_a_finished_sentence(kind: str) -> None:
    rng = stable_random(3)
    for _ in range(300):
        text = say(kind, rng, **FIELDS)
        assert text[0] in "(0123456789" or text[0].isupper()
        assert text[-1] in ".)"
        assert "  " not in text
        assert not set("[]{}|") & set(text)


@pytest.mark.parametrize(
    ("kind", "least"),
    [("goodbye", 60), ("thanks", 20), ("success", 30), ("call_search", 60)],
)
def test_frequent_kinds_have_many_wordings(kind: str, least: int) -> None:
    rng = stable_random(5)
    assert len({say(kind, rng, **FIELDS) for _ in range(3000)}) >= least
