"""Floors: the best score that one constant reply reaches on the cases of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from coalm_oumi.benchmarks.registry import BENCHMARKS, get_benchmark
from coalm_oumi.benchmarks.snips_dst.benchmark import SnipsDst
from coalm_oumi.evaluation.floors import best_floors
from coalm_oumi.evaluation.intervals import Interval
from coalm_oumi.evaluation.results import Floor, Metric, Scores


@pytest.fixture
def checker(checker_python: Any, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("COALM_BFCL_PYTHON", str(checker_python))
    return monkeypatch


def scored(name: str, predictions: Mapping[str, Any] | None = None) -> Scores:
    """Scores of the right answers to the embedded cases, with their floors."""
    benchmark = get_benchmark(name)
    options = benchmark.options(on_missing="embedded")
    data = benchmark.load(options)
    given = benchmark.gold(data) if predictions is None else predictions
    return benchmark.score_with_floors(data, given, options)


def metric(value: float) -> Metric:
    return Metric(value, 10, Interval(0, 100))


def test_the_best_of_several_replies_counts_and_the_first_of_equal_ones() -> None:
    scored = {"a": {"x": metric(0)}, "b": {"x": metric(7)}, "c": {"x": metric(7)}}
    assert best_floors(scored, ["x", "y"]) == {"x": Floor(7, "b")}


def test_who_never_calls_has_most_next_actions_right() -> None:
    floors = scored("cra_actions").floors
    assert floors["next_action_accuracy"].reply == "System: ok"
    assert floors["next_action_accuracy"].value == pytest.approx(255 / 351 * 100)


def test_the_function_that_is_due_most_often_is_the_floor_of_functions() -> None:
    found = scored("cra_actions")
    floor = found.floors["name_accuracy"]
    assert floor.reply.startswith("Action: ")
    assert floor.reply.endswith("()")
    due = [c["expected"]["name"] for c in found.cases if c["expected"] != "response"]
    most = max(map(due.count, due))
    assert floor.value == pytest.approx(100 * most / len(due))


@pytest.mark.parametrize("name", ["snips_dst", "api_bank"])
def test_the_most_frequent_right_answer_is_the_floor_of_exact_matches(
    name: str,
) -> None:
    found = scored(name)
    (main,) = get_benchmark(name).main_metrics
    answers = list(get_benchmark(name).gold(_data(name)).values())
    most = max(map(answers.count, answers))
    assert found.floors[main].value >= 100 * most / len(answers)
    assert found.floors[main].value < 20


def _data(name: str) -> Any:
    benchmark = get_benchmark(name)
    return benchmark.load(benchmark.options(on_missing="embedded"))


def test_floors_are_of_the_cases_that_were_run() -> None:
    gold = get_benchmark("snips_dst").gold(_data("snips_dst"))
    few = dict(list(gold.items())[:4])
    floor = scored("snips_dst", few).floors["joint_goal_accuracy"]
    assert floor.value == 25
    assert floor.reply in few.values()


@pytest.mark.usefixtures("checker")
def test_a_reply_without_calls_scores_what_the_checker_says_of_it() -> None:
    benchmark = get_benchmark("bfcl_v3")
    options = benchmark.options(on_missing="embedded")
    data = benchmark.load(options)
    for reply in benchmark.constants(data, benchmark.ids(data)):
        constant = dict.fromkeys(benchmark.ids(data), reply)
        turns = {
            case.id: [[reply]] * len(case.turns) if case.multi_turn else reply
            for case in data.data.cases
        }
        stated = benchmark.score_constant(data, constant, reply, options)
        assert dict(benchmark.score(data, turns, options).metrics) == stated.metrics
    floors = benchmark.score_with_floors(data, benchmark.gold(data), options).floors
    assert floors["non_live_ast"] == Floor(0, "")
    assert floors["multi_turn"] == Floor(0, "") if "multi_turn" in floors else True
    assert floors["accuracy"].value == pytest.approx(200 / 17)


@pytest.mark.parametrize(
    "turn",
    [
        {"response": "Yes.", "calls": [{"name": "query_hotels"}], "state": None},
        {"response": "", "state": {"hotel": {"area": "east"}}, "only_state": True},
        {"response": "[name]", "delexicalised": True},
        {"response": "Yes.", "user": "A hotel", "state": {"hotel": {"area": "east"}}},
    ],
    ids=["calls", "states alone", "as mwzeval", "simulated user"],
)
def test_constant_dialogues_keep_what_the_protocol_says(turn: dict[str, Any]) -> None:
    data = _data("multiwoz24")
    lengths = {key: len(data.dialogues[key].turns) for key in data.test_ids}
    found = scored("multiwoz24", {key: [turn] * n for key, n in lengths.items()})
    (main, other) = get_benchmark("multiwoz24").main_metrics
    name = main if main in found.metrics else other
    assert 0 <= found.floors[name].value < 20


def test_a_dialogue_that_was_not_predicted_counts_too() -> None:
    data = _data("multiwoz24")
    found = scored("multiwoz24", dict.fromkeys(data.test_ids))
    assert found.floors["jga_lenient"].value < 20


def test_a_floor_that_cannot_be_made_loses_no_scores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: Any) -> Any:
        raise ValueError("no gold")

    benchmark = get_benchmark("snips_dst")
    gold = benchmark.gold(_data("snips_dst"))
    monkeypatch.setattr(type(benchmark), "gold", broken)
    found = scored("snips_dst", gold)
    assert found.metrics["joint_goal_accuracy"].value == 100
    assert found.floors == {}
    assert found.notes[-1] == (
        "what a constant reply reaches is not known: ValueError: no gold."
    )


@pytest.mark.parametrize("name", BENCHMARKS)
def test_each_benchmark_says_which_metric_stands_for_it(name: str) -> None:
    benchmark = get_benchmark(name)
    assert benchmark.main_metrics
    assert "_" not in benchmark.metric_name(benchmark.main_metrics[0])


def test_without_a_main_metric_the_first_one_stands() -> None:
    class Plain(SnipsDst):
        main_metrics = ()

    assert Plain().main_metric({"slot_f1": 1, "other": 2}) == "slot_f1"
    assert Plain().main_metric({}) is None
    assert get_benchmark("multiwoz24").main_metric({"success": 1}) == "success"
