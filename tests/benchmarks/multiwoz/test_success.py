"""Inform and Success follow mwzeval's rules, one by one, and its published scores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from coalm_oumi.benchmarks.multiwoz import Databases, MultiwozData
from coalm_oumi.benchmarks.multiwoz.scorer.success import (
    DialogueOutcome,
    ScoredTurn,
    dialogue_outcome,
)
from coalm_oumi.environments.multiwoz.data.active_domains import State, active_domains
from coalm_oumi.environments.multiwoz.data.databases import VenueIndex
from coalm_oumi.environments.multiwoz.data.goals import DomainGoal
from coalm_oumi.environments.multiwoz.users.placeholders import (
    named_placeholders,
    requestables_in,
    unknown_placeholders,
)

EAST = DomainGoal({"area": "east"}, ("PHONE", "REFERENCE"))


def turn(response: str, domain: str = "restaurant", **slots: str) -> ScoredTurn:
    return ScoredTurn(response, {domain: slots}, (domain,))


@pytest.fixture
def outcome(small_databases: Databases) -> Callable[..., DialogueOutcome]:
    venues = VenueIndex(small_databases)

    def judged(goal: Any, *turns: ScoredTurn, booked: Any = None) -> DialogueOutcome:
        return dialogue_outcome(goal, turns, booked or [()] * len(turns), venues)

    return judged


Outcome = Callable[..., DialogueOutcome]


def test_all_that_was_asked_is_given(outcome: Outcome) -> None:
    found = outcome(
        {"restaurant": EAST},
        turn("NAME, phone PHONE.", area="east"),
        turn("booked: REFERENCE", area="east", people="2"),
        booked=[(), ("restaurant",)],
    )
    assert found.inform == {"restaurant": True, "total": True}
    assert found.success == {"restaurant": True, "total": True}
    assert (found.informed, found.succeeded) == (True, True)


def test_a_reference_before_the_gold_booking_does_not_count(outcome: Outcome) -> None:
    found = outcome({"restaurant": EAST}, turn("NAME PHONE REFERENCE", area="east"))
    assert found.missing == {"restaurant": ("REFERENCE",)}
    assert (found.informed, found.succeeded) == (True, False)


def test_an_offer_outside_the_goal_fails(outcome: Outcome) -> None:
    found = outcome({"restaurant": EAST}, turn("NAME", area="north"))
    assert found.inform == {"restaurant": False, "total": False}
    assert found.success == {}


def test_no_offer_fails(outcome: Outcome) -> None:
    assert not outcome({"restaurant": EAST}, turn("hello", area="east")).informed


def test_a_name_without_a_state_offers_nothing(outcome: Outcome) -> None:
    empty = ScoredTurn("NAME", {}, ("restaurant",))
    assert not outcome({"restaurant": EAST}, empty).informed


def test_a_name_is_no_offer_while_another_domain_is_active(outcome: Outcome) -> None:
    elsewhere = ScoredTurn("NAME", {"restaurant": {"area": "east"}}, ("hotel",))
    assert not outcome({"restaurant": EAST}, elsewhere).informed


def test_the_last_offer_counts_and_a_wider_search_does_not(outcome: Outcome) -> None:
    east, north = turn("NAME", area="east"), turn("NAME", area="north")
    everywhere = turn("NAME")
    goal = {"restaurant": EAST}
    assert not outcome(goal, east, north).informed
    assert outcome(goal, north, east).informed
    assert outcome(goal, east, everywhere).informed


def test_a_goal_with_a_name_needs_no_offer(outcome: Outcome) -> None:
    goal = {"restaurant": DomainGoal({"name": "oak kitchen"}, ())}
    assert outcome(goal, turn("hello")).succeeded


@pytest.mark.parametrize(
    ("requested", "response", "departure", "informed"),
    [
        ((), "hello", "ely", True),
        (("TRAINID",), "hello", "ely", False),
        (("TRAINID",), "take TRAINID", "ely", True),
        ((), "take TRAINID", "leeds", True),
        ((), "take TRAINID", "cambridge", True),
    ],
)
def test_trains(
    outcome: Outcome,
    requested: tuple[str, ...],
    response: str,
    departure: str,
    informed: bool,
) -> None:
    goal = {"train": DomainGoal({"departure": "ely"}, requested)}
    found = outcome(goal, turn(response, "train", departure=departure))
    assert found.informed == informed


def test_a_wrong_train_fails_even_where_none_was_asked_for(outcome: Outcome) -> None:
    goal = {"train": DomainGoal({"leave": "17:00"}, ())}
    assert not outcome(goal, turn("take TRAINID", "train", arrive="10:00")).informed


def test_one_domain_missing_fails_the_dialogue(outcome: Outcome) -> None:
    goal = {"restaurant": DomainGoal({"area": "east"}, ()), "hotel": EAST}
    found = outcome(goal, turn("NAME", area="east"))
    assert found.inform == {"restaurant": True, "hotel": False, "total": False}


def test_which_entries_a_state_allows(small_databases: Databases) -> None:
    venues = VenueIndex(small_databases)
    assert venues.matching("restaurant", {"name": "blue heron"}) == {"1"}
    assert venues.matching("restaurant", {"food": "do n't care"}) == {"1", "2"}
    assert venues.matching("restaurant", {"people": "2", "unknown": "x"}) == {"1", "2"}
    assert venues.matching("attraction", {"pricerange": "free"}) == {"5"}  # '?' fits
    assert venues.matching("train", {"leave": "after 17:00"}) == {"TR0002", "TR0003"}
    assert venues.matching("train", {"arrive": "18:00"}) == {"TR0001", "TR0002"}
    assert venues.matching("taxi", {}) == frozenset()


A, B = {"a": {"x": "1"}}, {"a": {"x": "1"}, "b": {"y": "1", "z": "2"}}
C = {"a": {"x": "2"}, "b": {"y": "1"}}


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([{}, A, A], [(), ("a",), ("a",)]),
        ([A, B, B], [("a",), ("b",), ("b",)]),
        ([B], [("b",)]),
        ([A, C], [("a",), ("a",)]),
        # Two changed at once: without a further change it is the other one's turn.
        (
            [A, C, C],
            [("a",), ("a",), ("b",)],
        ),
    ],
)
def test_active_domains(states: list[State], expected: list[tuple[str, ...]]) -> None:
    assert active_domains(states) == expected


def test_placeholders_get_the_scorers_names() -> None:
    reply = "The [restaurant_name]s ring [value_phone]; [Train_ID] or [nothing]."
    assert named_placeholders(reply) == "the NAME ring PHONE; TRAINID or ."
    assert unknown_placeholders(reply) == ["nothing"]
    assert requestables_in(named_placeholders(reply)) == {"PHONE", "TRAINID"}


def test_words_of_a_reply_are_no_placeholders() -> None:
    assert requestables_in(named_placeholders("NAME PHONE TRAINID")) == frozenset()


def test_fifty_stored_outcomes(
    real_multiwoz: MultiwozData, golden: Callable[[str], Any]
) -> None:
    stored = golden("td_eval_dialogues_50.json.gz")
    assert len(stored) == 50
    informed = succeeded = 0
    for name, expected in stored.items():
        key = name.removesuffix(".json").lower()
        turns = [
            ScoredTurn(t["response"], t["state"], tuple(t["active_domains"]))
            for t in expected["dialog"]
        ]
        booked = [t.booked for t in real_multiwoz.dialogues[key].turns]
        found = dialogue_outcome(
            real_multiwoz.goals[key], turns, booked, real_multiwoz.venues
        )
        assert found.inform == expected["match"], name
        assert found.success == expected["success"], name
        informed += found.informed
        succeeded += found.succeeded
    assert (informed, succeeded) == (40, 17)
