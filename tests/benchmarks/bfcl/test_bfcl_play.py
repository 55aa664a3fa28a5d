"""Dialogues whose calls are executed: what steps leave, and that no case sees another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.benchmarks.bfcl.checker_process import Broken, Checker
from coalm_oumi.benchmarks.bfcl.environment import package_data
from coalm_oumi.benchmarks.bfcl.gold import gold_prediction
from coalm_oumi.benchmarks.bfcl.load import BfclCase, load_bfcl
from coalm_oumi.benchmarks.bfcl.verdicts import judge

Cases = dict[str, BfclCase]
POST = "[post_tweet(content='{}')]"


@pytest.fixture
def case(small_cases: Cases) -> BfclCase:
    return small_cases["multi_turn_base_0"]


@pytest.fixture
def alone(checker_python: Path) -> Iterator[Checker]:
    """A checker with one process, which answers all."""
    with Checker(checker_python) as made:
        yield made


def step(checker: Checker, case: BfclCase, before: list[Any], text: str) -> Any:
    """Returns the answer to a step, after which `before` tells it too."""
    answer = checker.ask(
        {"op": "step", "stage": case.stage, "before": list(before), "text": text}
    )
    if not isinstance(answer, Broken) and answer["calls"]:
        before.append(answer["calls"])
    return answer


def results(checker: Checker, case: BfclCase, text: str) -> list[str]:
    answer = step(checker, case, [], text)
    assert not isinstance(answer, Broken)
    return answer["results"]


def test_dialogues_at_the_same_time_do_not_see_each_other(
    alone: Checker, case: BfclCase
) -> None:
    before: list[list[Any]] = [[], []]
    for number in range(6):
        answer = step(alone, case, before[number % 2], POST.format(number))
        assert f'"id": {number // 2}' in answer["results"][0]


def test_a_reply_that_breaks_the_process_breaks_its_own_dialogue_only(
    checker_python: Path, case: BfclCase
) -> None:
    before: list[Any] = []
    with Checker(checker_python, seconds=1) as checker:
        step(checker, case, before, POST.format(0))
        broken = step(checker, case, [], "[power(base=9, exponent=999999999)]")
        assert broken == Broken("it used up its processor time")
        assert '"id": 1' in step(checker, case, before, POST.format(1))["results"][0]


@pytest.mark.parametrize(
    ("call", "result"),
    [
        ("add(a=2, b=3)", '{"result": 5}'),
        ("add(2, 3)", "missing 2 required positional arguments: 'a' and 'b'"),
        ("add(a=1 + 1, b=-3)", '{"result": -1}'),
        ("mean(numbers=[1, 2, 3 * 3])", '{"result": 4.0}'),
        ("add(a='a', b='b')", '{"result": "ab"}'),
        ("add(a=1j, b=2)", "{'result': (2+1j)}"),
        ("add(a=(1,), b=(2,))", '{"result": [1, 2]}'),
        ("add(a=nine, b=' x')", '{"result": "nine x"}'),
        ("get_user_stats(username=get_user_stats(username='ann'))", "unhashable type"),
        ("post_tweet(content=add(a=2, b=3))", '"content": {"result": 5}'),
        ("add(a=1)", "missing 1 required positional argument: 'b'"),
        ("add(a=1, b=2, c=3)", "unexpected keyword argument 'c'"),
        ("add(a={'x': {'y': 1}}, b=1)", "name 'x' is not defined"),
        ("add(a={'x y': {'z': 1}}, b=1)", "invalid syntax"),
        ("add(a=1e999, b=1)", "name 'inf' is not defined"),
        ("MathAPI.add(a=1, b=2)", "name 'MathAPI' is not defined"),
        ("kill(a=1)", "Function call kill is not allowed."),
        ("os.remove(path='x')", "Function call remove is not allowed."),
        ("subtract_all(a=1)", "name 'subtract_all' is not defined"),
        ("add(a=b'a', b=1)", "Both inputs must be numbers"),
        ("_load_scenario(scenario={'a': 1})", "name '_load_scenario' is not defined"),
        ("post_tweet(content='to add (now) it')", ".add(now) it"),
    ],
)
def test_a_call_is_executed_with_literal_values(
    alone: Checker, case: BfclCase, call: str, result: str
) -> None:
    """The results are those that upstream's `eval` gives, and the words of its errors."""
    assert result in results(alone, case, f"[{call}]")[0]


def test_python_s_own_functions_are_not_defined(alone: Checker, case: BfclCase) -> None:
    calls = ("print(x=1)", "dict(a=1)", "json.dumps(obj=1)", "copy.copy(x=1)", "eval()")

    for call in calls:
        name = call.split("(")[0].split(".")[0]
        assert results(alone, case, f"[{call}]") == [
            f"Error during execution: name '{name}' is not defined"
        ]


def test_what_apis_share_is_fresh_in_each_dialogue(
    alone: Checker, checker_python: Path
) -> None:
    """A predefined credit card is one object for all dialogues of upstream's process."""
    folder = package_data(checker_python)
    cases = load_bfcl(categories=["multi_turn_long_context"], data=folder).cases
    case = next(c for c in cases if "TravelAPI" in (c.stage or {})["involved_classes"])
    cards_told = "[get_all_credit_cards()]"
    before: list[Any] = []
    cards = json.loads(step(alone, case, before, cards_told)["results"][0])
    card, balance = next(
        (key, found["balance"])
        for key, found in cards["credit_card_list"].items()
        if key not in json.dumps(case.stage) and found["balance"] > 0
    )
    token = (case.stage or {})["initial_config"]["TravelAPI"]["access_token"]
    flight = (
        "travel_from='SFO', travel_to='LAX', travel_date='2024-11-10', "
        "travel_class='economy'"
    )
    pay = (
        f"[set_budget_limit(access_token={token!r}, budget_limit=1.0), "
        f"book_flight(access_token={token!r}, card_id={card!r}, {flight})]"
    )

    step(alone, case, before, pay)
    paid = json.loads(step(alone, case, before, cards_told)["results"][0])
    again = json.loads(results(alone, case, cards_told)[0])

    assert paid["credit_card_list"][card]["balance"] < balance
    assert again["credit_card_list"][card]["balance"] == balance


@pytest.mark.parametrize("last_first", [False, True])
def test_the_order_of_cases_changes_no_verdict(
    alone: Checker, checker_python: Path, last_first: bool
) -> None:
    data = load_bfcl(
        categories=["multi_turn_long_context", "multi_turn_miss_func"],
        data=package_data(checker_python),
        per_category=25,
    )
    cases = data.cases[::-1] if last_first else data.cases
    predictions = {case.id: gold_prediction(case) for case in cases}

    for _ in range(2):
        assert all(v.right for v in judge(cases, predictions, alone))
