"""Seeds that depend on what a record is."""

from __future__ import annotations

from coalm_oumi.seeding import stable_digest, stable_random


def test_a_digest_is_fixed() -> None:
    assert stable_digest(42, "mask", "abc", 0, 1).hex() == (
        "b477c7cd5ebd139f19b5569aacad60937be44266360a959ea229e353e43c2048"
    )


def test_seed_and_parts_all_count() -> None:
    drawn = {
        stable_digest(*parts)
        for parts in [(1,), (2,), (1, "a"), (1, "a", 0), (1, "a", 1), (1, "a0")]
    }
    assert len(drawn) == 6


def test_the_same_parts_give_the_same_draws() -> None:
    one, other = stable_random(1, "a"), stable_random(1, "a")
    assert [one.random() for _ in range(5)] == [other.random() for _ in range(5)]
    assert stable_random(1, "a").random() != stable_random(1, "b").random()
