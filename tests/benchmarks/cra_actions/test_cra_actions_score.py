"""The scores of cra_actions: known replies get known scores."""

from __future__ import annotations

import pytest

from coalm_oumi.benchmarks.cra_actions import GoldCase, score
from coalm_oumi.calls import FunctionCall, write_action

FIND = FunctionCall("FindFerry", {"port": "Hull", "seats": 2})
BUY = FunctionCall("BuyTicket", {"port": "Hull", "insured": True})
LIST = FunctionCall("ListTickets")


def case(number: int, call: FunctionCall | None, service: str, seen: bool) -> GoldCase:
    dialogue = f"dev/{number // 2}_00000"
    key = f"{dialogue}#{number % 2}"
    return GoldCase(key, dialogue, "Hello", service, seen, call)


CASES = (
    case(0, FIND, "Ferries_1", True),
    case(1, None, "Ferries_1", True),
    case(2, BUY, "Tickets_2", False),
    case(3, None, "Tickets_2", False),
)
FIND_ID, ASK_ID, BUY_ID, BYE_ID = (c.id for c in CASES)
GOLD = {
    c.id: f"Action: {write_action(c.call)}" if c.call else "System: Which port?"
    for c in CASES
}
OF_CALLS = (
    "name_accuracy",
    "arguments_accuracy",
    "arguments_accuracy_normalized",
    "argument_f1",
)
OF_DECISIONS = ("decision_accuracy", "call_precision", "call_recall", "call_f1")
ALL = (*OF_CALLS, *OF_DECISIONS, "next_action_accuracy")


def values(changed: dict[str, str]) -> dict[str, float]:
    metrics = score(CASES, {**GOLD, **changed}).metrics
    return {name: round(metric.value, 2) for name, metric in metrics.items()}


def test_gold_answers_score_100() -> None:
    assert values({}) == dict.fromkeys(ALL, 100.0) | {"unparsable": 0.0}


def test_empty_replies_score_0() -> None:
    empty = values(dict.fromkeys(GOLD, ""))
    assert empty == dict.fromkeys(ALL, 0.0) | {"unparsable": 100.0}


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("Action: FindBus(port='Hull', seats=2)", (50, 50, 50, 50)),
        ("Action: FindFerry(port='Rye', seats=2)", (100, 50, 50, 75)),
        ("Action: FindFerry(seats=2, port='Hull')", (100, 100, 100, 100)),
        ("Action: FindFerry(port=' hull', seats='2')", (100, 50, 100, 50)),
        ("Action: FindFerry(port='Hull', seats=2.0)", (100, 100, 100, 100)),
        ("Action: findferry(port='Hull', seats=2)", (50, 50, 100, 50)),
        ("Action: FindFerry(port='Hull')", (100, 50, 50, 85.71)),
        ("Action: FindFerry(port='Hull', seats=2, day='Mon')", (100, 50, 50, 88.89)),
        ("Action: FindFerry(port='Hull', seats=True)", (100, 50, 50, 75)),
        ("System: Which port?", (50, 50, 50, 66.67)),
    ],
    ids=[
        "another function",
        "wrong value",
        "another order",
        "case, space and type",
        "the number written otherwise",
        "case of the name",
        "missing argument",
        "extra argument",
        "wrong kind of value",
        "no call",
    ],
)
def test_calls(reply: str, expected: tuple[float, ...]) -> None:
    found = values({FIND_ID: reply})
    assert tuple(found[name] for name in OF_CALLS) == expected


def test_true_is_not_1() -> None:
    found = values({BUY_ID: "Action: BuyTicket(port='Hull', insured=1)"})
    assert found["arguments_accuracy"] == 50


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({ASK_ID: GOLD[FIND_ID]}, (75, 66.67, 100, 80, 75)),
        ({FIND_ID: "System: Which port?"}, (75, 100, 50, 66.67, 75)),
        ({ASK_ID: "Which port?"}, (75, 100, 100, 100, 75)),
        ({FIND_ID: "Action: FindFerry("}, (100, 100, 100, 100, 75)),
        ({ASK_ID: "Action: FindFerry("}, (75, 66.67, 100, 80, 75)),
        (dict.fromkeys(GOLD, "System: Hello."), (50, 0, 0, 0, 50)),
        (dict.fromkeys(GOLD, "Action: F()"), (50, 50, 100, 66.67, 0)),
    ],
    ids=[
        "needless call",
        "missed call",
        "response without its mark",
        "unreadable call where one is due",
        "unreadable call where none is due",
        "never a call",
        "always a call",
    ],
)
def test_decisions(changed: dict[str, str], expected: tuple[float, ...]) -> None:
    found = values(changed)
    names = (*OF_DECISIONS, "next_action_accuracy")
    assert tuple(found[name] for name in names) == expected


@pytest.mark.parametrize(
    ("key", "reply", "error"),
    [
        (FIND_ID, GOLD[FIND_ID], None),
        (FIND_ID, "Hull?", "neither call nor response"),
        (FIND_ID, "System: Hull?", "missed call"),
        (FIND_ID, "Action: FindFerry(", "unreadable call"),
        (FIND_ID, "Action: FindBus()", "wrong function"),
        (FIND_ID, "Action: FindFerry(port='Hull', day=1)", "missing argument"),
        (FIND_ID, "Action: FindFerry(port='Hull', seats=2, day=1)", "extra argument"),
        (FIND_ID, "Action: FindFerry(port='Hull', seats=3)", "wrong value"),
        (ASK_ID, "Action: FindFerry(", "needless call"),
    ],
)
def test_errors_are_named(key: str, reply: str, error: str | None) -> None:
    cases = score(CASES, {**GOLD, key: reply}).cases
    found = next(found for found in cases if found["id"] == key)
    assert (found["error"], found["right"]) == (error, error is None)


def test_groups_by_service_and_by_whether_training_has_it() -> None:
    groups = score(CASES, {**GOLD, FIND_ID: ""}).groups
    assert list(groups) == [
        "services=seen",
        "services=unseen",
        "service=Ferries_1",
        "service=Tickets_2",
    ]
    assert groups["services=seen"]["next_action_accuracy"].value == 50
    assert groups["services=unseen"]["next_action_accuracy"].value == 100


def test_without_a_training_part_nothing_is_seen_or_unseen() -> None:
    unknown = GoldCase("dev/9#0", "dev/9", "Hello", "Ferries_1", None, FIND)
    assert list(score([unknown], {"dev/9#0": ""}).groups) == ["service=Ferries_1"]


def test_a_group_without_gold_calls_has_no_scores_of_calls() -> None:
    assert list(score([CASES[1]], GOLD).metrics) == [
        "decision_accuracy",
        "call_precision",
        "next_action_accuracy",
        "unparsable",
    ]


def test_a_group_whose_calls_have_no_arguments_has_no_argument_f1() -> None:
    listing = GoldCase("dev/9#0", "dev/9", "Hello", "Tickets_2", False, LIST)
    for reply, expected in (("Action: ListTickets()", 100), ("", 0)):
        metrics = score([listing], {"dev/9#0": reply}).metrics
        assert metrics["arguments_accuracy"].value == expected
        assert "argument_f1" not in metrics


def test_intervals_allow_for_turns_of_a_dialogue_being_alike() -> None:
    cases = [
        GoldCase(f"dev/{d}#{t}", f"dev/{d}", "Hello", "Ferries_1", True, FIND)
        for d in range(40)
        for t in range(10)
    ]
    alike = {c.id: GOLD[FIND_ID] if int(c.dialogue[4:]) % 2 else "" for c in cases}
    mixed = {c.id: GOLD[FIND_ID] if int(c.id[-1]) % 2 else "" for c in cases}
    widths = [
        interval.high - interval.low
        for predictions in (alike, mixed)
        for interval in [score(cases, predictions).metrics["name_accuracy"].interval]
    ]
    assert widths[0] == pytest.approx(30, abs=3)
    assert widths[1] == pytest.approx(9.75, abs=0.1)


def test_all_right_is_no_certainty() -> None:
    low, high = score(CASES, GOLD).metrics["next_action_accuracy"].interval
    assert (round(low, 1), high) == (51.0, 100.0)
