"""Scores out of verdicts: totals, kinds of failures, and what was not run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.benchmarks.bfcl.categories import CATEGORIES, MULTI_TURN
from coalm_oumi.benchmarks.bfcl.gold import gold_prediction
from coalm_oumi.benchmarks.bfcl.load import BfclCase
from coalm_oumi.benchmarks.bfcl.score import check_executable, scores_of
from coalm_oumi.benchmarks.bfcl.verdicts import (
    BEYOND_LIMITS,
    NOT_CHECKABLE,
    OVER_LINES,
    Verdict,
)
from coalm_oumi.errors import OptionError
from coalm_oumi.evaluation.results import Scores
from tests.cli.conftest import Command, coalm

__all__ = ["coalm"]

Cases = dict[str, BfclCase]
EXECUTED = {
    "exec_simple": 98.0,
    "exec_multiple": 90.0,
    "exec_parallel": 86.0,
    "exec_parallel_multiple": 75.0,
    "rest": 88.57,
}


def scored(cases: Cases, kinds: dict[str, str], **options: Any) -> Scores:
    verdicts = [Verdict(key not in kinds, kinds.get(key), "why") for key in cases]
    predictions = {key: gold_prediction(case) for key, case in cases.items()}
    return scores_of(list(cases.values()), predictions, verdicts, **options)


def test_categories_totals_and_kinds(small_cases: Cases) -> None:
    found = scored(
        small_cases,
        {"simple_1": "wrong value", "irrelevance_0": "called when irrelevant"},
        executable={},
    )

    assert found.groups["category=simple"]["accuracy"].value == 50
    assert found.groups["category=parallel"]["accuracy"].value == 100
    assert found.groups["error=wrong value"]["share_of_cases"].value == 100 / 8
    assert found.metrics["accuracy"].value == 75
    assert found.metrics["relevance"].value == 100
    assert "overall" not in found.metrics


def test_what_was_not_run_is_named(small_cases: Cases) -> None:
    first, second = scored(small_cases, {}, executable={}).notes

    assert first.startswith("not run: exec_simple, exec_multiple, exec_parallel, ")
    assert "live web services" in first
    assert second.startswith(
        "not run: java, javascript, parallel_multiple, live_simple"
    )
    assert "there is no figure for overall, non_live, " in second


def test_replies_beyond_the_limits_are_wrong_and_named(small_cases: Cases) -> None:
    found = scored(
        small_cases,
        {"simple_0": BEYOND_LIMITS, "parallel_0": NOT_CHECKABLE},
        executable={},
    )

    assert found.notes[-2:] == (
        "1 reply used up the checker's time or memory, or ended its process and counts as "
        "wrong: simple_0.",
        "1 reply made upstream's checker raise an error and counts as wrong: parallel_0.",
    )


def test_totals_are_withheld_where_their_categories_are_not_fair() -> None:
    cases = [
        BfclCase(f"{category}_0", category, (), (), answer=[])
        for category in CATEGORIES
    ]
    verdicts = [Verdict(True) for _ in cases]
    predictions = {case.id: "" for case in cases}

    fair = scores_of(cases, predictions, verdicts, {})
    unfair = scores_of(cases, predictions, verdicts, {}, withheld=MULTI_TURN)
    executed = scores_of(cases, predictions, verdicts, EXECUTED, withheld=MULTI_TURN)

    missing = {"overall", "multi_turn"}
    assert set(fair.metrics) - set(unfair.metrics) == missing
    assert "overall_with_executable" not in executed.metrics
    assert unfair.metrics["accuracy"].n == len(cases)
    assert "category=multi_turn_base" in unfair.groups


def test_a_tolerant_figure_stands_beside_the_exact_one(small_cases: Cases) -> None:
    verdicts = [Verdict(False, OVER_LINES, over_lines=True) for _ in small_cases]
    verdicts[0] = Verdict(True, over_lines=False)
    predictions = dict.fromkeys(small_cases, "")

    found = scores_of(list(small_cases.values()), predictions, verdicts, {})

    assert found.metrics["accuracy"].value == 12.5
    assert found.metrics["accuracy_multiline"].value == 87.5
    assert found.groups["category=simple"]["accuracy_multiline"].value == 50
    assert found.groups["error=calls over several lines"]["share_of_cases"].n == 8
    assert found.cases[0]["scores"] == {"accuracy": 1, "accuracy_multiline": 0}


def test_a_case_tells_what_was_wanted_and_what_was_found(small_cases: Cases) -> None:
    found = scored(small_cases, {"simple_0": "wrong value"}, executable={})

    assert found.cases[0] == {
        "id": "simple_0",
        "group": "category=simple",
        "request": "What is 3 over 4?",
        "expected": '[{"divide": {"a": [3], "b": [4], "rounded": ["", false]}}]',
        "prediction": "[divide(a=3, b=4)]",
        "right": False,
        "error": "wrong value",
        "scores": {"accuracy": 0, "accuracy_multiline": 0},
        "detail": "why",
        "found": None,
    }


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"rest": 88.6}, "A total needs all five"),
        ({**EXECUTED, "rest": 101}, "expected per cent, 0 to 100, found 101"),
        ({**EXECUTED, "rest": True}, "expected per cent"),
        ({**EXECUTED, "sql": 3.0}, "expected the accuracies of exec_simple"),
    ],
)
def test_executable_scores_that_cannot_be_used_are_refused(
    given: dict[str, Any], problem: str
) -> None:
    with pytest.raises(OptionError, match=problem):
        check_executable(given)
    check_executable(EXECUTED)


@pytest.fixture
def gold(tmp_path: Path, small_cases: Cases) -> Path:
    path = tmp_path / "predictions.jsonl"
    lines = [
        json.dumps({"id": key, "prediction": gold_prediction(case)})
        for key, case in small_cases.items()
    ]
    path.write_text("\n".join(lines))
    return path


@pytest.fixture
def _made(checker_python: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COALM_BFCL_PYTHON", str(checker_python))


@pytest.mark.usefixtures("_made")
def test_coalm_score_knows_the_categories_by_the_ids(
    coalm: Command, gold: Path, small_data: Path
) -> None:
    ended = coalm(
        *("score", "bfcl_v3", "--predictions", gold, "--data", small_data, "--json")
    )

    assert json.loads(ended.text) == {
        "relevance": 100,
        "accuracy": 100,
        "accuracy_multiline": 100,
        "n": 8,
    }


@pytest.mark.usefixtures("_made")
def test_coalm_score_tells_categories_kinds_and_what_was_not_run(
    coalm: Command, gold: Path, small_data: Path
) -> None:
    gold.write_text(gold.read_text().replace("divide(a=5", "divide(a=9"))
    text = coalm("score", "bfcl_v3", "--predictions", gold, "--data", small_data).text

    assert "category=multi_turn_base" in text
    assert "error=wrong value" in text
    assert "Note: not run: exec_simple" in text
    assert "parallel_0" in text


@pytest.mark.usefixtures("_made")
def test_a_prediction_of_another_form_is_an_error(
    coalm: Command, gold: Path, small_data: Path
) -> None:
    gold.write_text('{"id": "simple_0", "prediction": ["[divide(a=3)]"]}\n')

    ended = coalm("score", "bfcl_v3", "--predictions", gold, "--data", small_data)

    assert ended.code == 1
    assert "expected text, or for multi-turn cases a list of turns" in ended.text


def test_without_an_environment_the_message_says_what_to_do(
    coalm: Command, gold: Path, small_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COALM_BFCL_PYTHON", "/no/python")

    ended = coalm("score", "bfcl_v3", "--predictions", gold, "--data", small_data)

    assert ended.code == 1
    assert "/no/python: COALM_BFCL_PYTHON names it, but it is not there" in ended.text
