"""Bookings against the goal, by the world's log."""

from __future__ import annotations

from typing import Any

import pytest

from coalm_oumi.benchmarks.multiwoz import (
    Databases,
    PredictedTurn,
    StoredCall,
    World,
)
from coalm_oumi.benchmarks.multiwoz.scorer.goal_check import (
    booked_by_turn,
    check_goal,
    replayed,
    wanted_bookings,
)

TABLE = {"people": "2", "day": "friday", "time": "18:00"}
GOAL = {
    "restaurant": {
        "info": {"area": "east", "food": "thai"},
        "book": {**TABLE, "invalid": False},
        "fail_book": {"time": "17:00"},
    },
    "hotel": {"info": {"area": "east"}},
    "message": "You want a restaurant.",
}
MADE = {"name": "the blue heron", "people": 2, "day": "Friday", "time": "18:00"}


def booked(databases: Databases, goal: Any, *calls: tuple[str, Any]) -> dict[str, bool]:
    world = World(databases)
    for name, arguments in calls:
        world.call(name, arguments)
    return check_goal(goal, world)


@pytest.mark.parametrize(
    ("change", "right"),
    [
        ({}, True),
        ({"time": "6 pm"}, True),
        ({"time": "17:00"}, True),  # What the user wants first will do.
        ({"time": "19:00"}, False),
        ({"people": 3}, False),
        ({"day": "monday"}, False),
        ({"name": "oak kitchen"}, False),
    ],
)
def test_a_table(
    small_databases: Databases, change: dict[str, Any], right: bool
) -> None:
    call = ("book_restaurant", {**MADE, **change})
    assert booked(small_databases, GOAL, call) == {"restaurant": right}


def test_nothing_booked_or_once_wrong_and_once_right(
    small_databases: Databases,
) -> None:
    assert booked(small_databases, GOAL) == {"restaurant": False}
    wrong = ("book_restaurant", {**MADE, "people": 9})
    right = ("book_restaurant", MADE)
    assert booked(small_databases, GOAL, wrong, right) == {"restaurant": True}


@pytest.mark.parametrize(
    ("arguments", "right"),
    [
        ({"trainID": "TR0002", "people": 1}, True),
        ({"trainID": "TR0001", "people": 1}, False),
        ({"trainID": "TR9999", "people": 1}, False),
        ({"trainID": "TR0002"}, False),
        ({"departure": "ely", "leaveAt": "17:00", "people": "1"}, True),
    ],
)
def test_a_train(
    small_databases: Databases, arguments: dict[str, Any], right: bool
) -> None:
    goal = {
        "train": {
            "info": {"departure": "ely", "leaveAt": "17:15"},
            "book": {"people": "1"},
        }
    }
    call = ("buy_train_tickets", arguments)
    assert booked(small_databases, goal, call) == {"train": right}


def test_a_taxi_goes_by_its_places_and_time(small_databases: Databases) -> None:
    goal = {"taxi": {"info": {"leaveAt": "17:15", "departure": "ely"}}}
    right = ("book_taxi", {"leaveAt": "5:15 pm", "departure": "Ely station"})
    late = ("book_taxi", {"leaveAt": "18:15", "departure": "ely"})
    assert booked(small_databases, goal, right) == {"taxi": True}
    assert booked(small_databases, goal, late) == {"taxi": False}


def test_a_number_that_two_trains_have(small_databases: Databases) -> None:
    first, second, third = small_databases.rows["train"]
    again = {**second, "trainID": first["trainID"]}
    databases = Databases.of({"train": (first, again, third)})
    goal = {"train": {"info": {"leaveAt": "17:15"}, "book": {"people": "1"}}}
    call = ("buy_train_tickets", {"trainID": "TR0001", "people": 1})
    assert booked(databases, goal, call) == {"train": True}
    world = World(databases)
    world.call("buy_train_tickets", {"trainID": "TR0001", "leaveAt": "17:00"})
    assert world.bookings[0].entry == again


def test_stored_calls_are_made_again(small_databases: Databases) -> None:
    made = StoredCall("book_restaurant", MADE, {"reference": "AB12CD34"})
    failed = StoredCall("book_hotel", {}, failure="missing_argument")
    turns = (PredictedTurn("", calls=(failed,)), PredictedTurn("", calls=(made,)))
    world = replayed(turns, small_databases)
    assert check_goal(GOAL, world) == {"restaurant": True}
    assert booked_by_turn(turns) == [(), ("restaurant",)]


def test_what_a_goal_wants_booked() -> None:
    assert wanted_bookings(GOAL) == ("restaurant",)
    assert wanted_bookings({"taxi": {"info": {}}, "train": {}}) == ("taxi",)
