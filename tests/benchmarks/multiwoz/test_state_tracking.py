"""State tracking: what is right by either rule, and what kind of error is made."""

from __future__ import annotations

import random

import pytest

from coalm_oumi.benchmarks.multiwoz import (
    MultiwozData,
    StoredCall,
)
from coalm_oumi.benchmarks.multiwoz.scorer.call_state import updated_state
from coalm_oumi.benchmarks.multiwoz.scorer.state_tracking import (
    SlotCounts,
    track,
)
from coalm_oumi.benchmarks.multiwoz.scorer.strict_value import same_value
from coalm_oumi.environments.multiwoz.data.active_domains import State

GOLD = {"hotel": {"stars": "4", "area": "north"}}


@pytest.mark.parametrize(
    ("found", "strict", "lenient"),
    [
        ({"hotel": {"stars": "4", "area": "north"}}, True, True),
        ({"hotel": {"Stars": "4", "area": "north"}, "train": {}}, True, True),
        ({"hotel": {"stars": "4", "area": "northwest"}}, False, True),
        ({"hotel": {"stars": "4", "area": "orth"}}, False, True),
        ({"hotel": {"stars": "4", "area": "North"}}, True, False),
        ({"hotel": {"stars": "4", "area": "north", "name": "any"}}, True, False),
        ({"hotel": {"stars": "4"}}, False, False),
        ({"hotel": {"stars": "3", "area": "north"}}, False, False),
        ({}, False, False),
    ],
)
def test_joint_goal(found: State, strict: bool, lenient: bool) -> None:
    tracked = track(GOLD, found)
    assert (tracked.strict.joint(), tracked.lenient.joint()) == (strict, lenient)


def test_a_turn_that_was_not_predicted_is_wrong_even_if_the_state_is_empty() -> None:
    assert track({}, {}).strict.joint()
    assert not track({}, None).strict.joint()
    assert not track({}, None).lenient.joint()


@pytest.mark.parametrize(
    ("gold", "found", "errors"),
    [
        ({"area": "north"}, {}, {"missed": "area"}),
        ({}, {"area": "north"}, {"extra": "area"}),
        ({"area": "north"}, {"area": "south"}, {"wrong_value": "area"}),
        ({"area": "dontcare"}, {}, {"dontcare": "area"}),
        ({}, {"area": "do n't care"}, {"dontcare": "area"}),
        ({"area": "dontcare"}, {"area": "south"}, {"dontcare": "area"}),
        ({"area": "dontcare"}, {"area": "don't care"}, {}),
    ],
)
def test_kinds_of_errors(
    gold: dict[str, str], found: dict[str, str], errors: dict[str, str]
) -> None:
    tracked = track({"hotel": gold}, {"hotel": found}).strict
    assert tracked.errors == {k: (("hotel", slot),) for k, slot in errors.items()}


def test_slot_counts_by_domain() -> None:
    found = {"hotel": {"stars": "4"}, "taxi": {"leave": "17:00", "departure": "ely"}}
    tracked = track(GOLD, found).strict
    assert tracked.counts() == SlotCounts(right=1, predicted=3, gold=2)
    assert tracked.counts("taxi") == SlotCounts(0, 2, 0)
    assert not tracked.joint("taxi")


@pytest.mark.parametrize(
    ("found", "gold", "same"),
    [
        ("guest house", "guesthouse", True),
        ("saint john's college", "saint johns college", True),
        ("concerthall", "concert hall", True),
        ("italian", "indian|italian", True),
        ("indian|italian", "indian|italian", True),
        ("1", "10", False),
        ("dontcare", "north", False),
    ],
)
def test_the_same_value_strictly(found: str, gold: str, same: bool) -> None:
    assert same_value(found, gold) == same


@pytest.mark.parametrize(
    ("name", "arguments", "slots"),
    [
        ("query_hotels", {"area": "East", "stars": 4}, {"area": "east", "stars": "4"}),
        ("query_hotels", {"area": "cambridge", "name": "any"}, {}),
        (
            "query_hotels",
            {"area": "dontcare", "type": "guest house"},
            {"area": "dontcare", "type": "guest house"},
        ),
        (
            "book_hotel",
            {"name": "fenland", "people": 2, "stay": None},
            {"name": "fenland", "people": "2"},
        ),
    ],
)
def test_what_a_call_adds_to_the_state(
    name: str, arguments: dict[str, object], slots: dict[str, str]
) -> None:
    added = updated_state({}, [StoredCall(name, arguments)])
    assert added == ({"hotel": slots} if slots else {})


def test_calls_add_up_and_later_ones_win() -> None:
    state = updated_state(
        {"train": {"day": "friday"}},
        [
            StoredCall("query_trains", {"day": "monday", "arriveBy": "18:00"}),
            StoredCall(
                "buy_train_tickets", {"trainID": "TR1", "day": "x", "people": 2}
            ),
            StoredCall("book_taxi", {"leaveAt": "17:15"}),
            StoredCall("find_bus", {"day": "tuesday"}),
        ],
    )
    assert state == {
        "train": {"day": "monday", "arrive": "18:00", "people": "2"},
        "taxi": {"leave": "17:15"},
    }


def test_real_corruption_shows_how_lenient_the_usual_rule_is(
    real_multiwoz: MultiwozData,
) -> None:
    # A tenth of all values loses its last character: '10' becomes '1'.
    draws = random.Random(7)  # noqa: S311

    def corrupted(value: str) -> str:
        return value[:-1] if len(value) > 1 and draws.random() < 0.1 else value

    tracked = []
    for key in real_multiwoz.test_ids:
        for turn in real_multiwoz.dialogues[key].turns:
            state = {
                domain: {slot: corrupted(value) for slot, value in slots.items()}
                for domain, slots in turn.state.items()
            }
            tracked.append(track(turn.state, state))
    strict = sum(turn.strict.joint() for turn in tracked)
    lenient = sum(turn.lenient.joint() for turn in tracked)
    assert (len(tracked), strict, lenient) == (7368, 4525, 7227)
