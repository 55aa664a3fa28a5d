"""Two results on the same cases: what flipped, by how much, and whether by chance."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.evaluation.intervals import Interval
from coalm_oumi.evaluation.report.compare import Comparison, compare, mcnemar
from coalm_oumi.evaluation.report.stored import StoredResult
from coalm_oumi.evaluation.results import Metric


def result(rights: dict[str, int], **provenance: Any) -> StoredResult:
    cases = tuple(
        {
            "id": key,
            "right": bool(right),
            "scores": {"accuracy": right, "overlap": right / 2, "f1": [right, 1, 1]},
        }
        for key, right in rights.items()
    )
    metric = Metric(0.0, len(cases), Interval(0, 1))
    names: list[str] = ["accuracy", "overlap", "f1", "not_by_case"]
    metrics = dict.fromkeys(names, metric)
    told = {"data_sha256": "a", "protocol": "p", **provenance}
    return StoredResult(Path(), "m", "task", metrics, {}, told, cases, ())


def compared(first: StoredResult, second: StoredResult) -> Comparison:
    found = compare(first, second)
    assert found is not None
    return found


FIRST = {f"c{n}": int(n < 10) for n in range(40)}
SECOND = {f"c{n}": int(n < 30 and n != 3) for n in range(40)}


def test_flips_are_named() -> None:
    found = compared(result(FIRST), result(SECOND))
    assert found.lost == ("c3",)
    assert found.gained == tuple(f"c{n}" for n in range(10, 30))


def test_differences_of_shares_means_and_f1() -> None:
    metrics = {m.name: m for m in compared(result(FIRST), result(SECOND)).metrics}
    assert sorted(metrics) == ["accuracy", "f1", "overlap"]
    assert (metrics["accuracy"].first, metrics["accuracy"].second) == (25.0, 72.5)
    assert metrics["accuracy"].difference == 47.5
    assert metrics["overlap"].difference == 23.75
    assert metrics["f1"].difference == 47.5


def test_the_interval_holds_the_difference_and_is_the_same_each_time() -> None:
    first, again = (
        compared(result(FIRST), result(SECOND)).metrics[0].interval for _ in "ab"
    )
    assert first == again
    assert 0 < first.low < 47.5 < first.high


def test_only_shares_have_a_p_value() -> None:
    metrics = {m.name: m for m in compared(result(FIRST), result(SECOND)).metrics}
    assert metrics["accuracy"].p_value == mcnemar(20, 1)
    assert metrics["overlap"].p_value is None


@pytest.mark.parametrize(
    ("gained", "lost", "expected"),
    [(0, 0, 1.0), (5, 5, 1.0), (5, 0, 0.0625), (10, 2, 0.03857), (0, 3000, 0.0)],
)
def test_mcnemar(gained: int, lost: int, expected: float) -> None:
    assert mcnemar(gained, lost) == pytest.approx(expected, abs=1e-5)


def test_equal_results_do_not_differ() -> None:
    found = compared(result(FIRST), result(FIRST))
    assert (found.gained, found.lost) == ((), ())
    assert found.metrics[0].interval == (0.0, 0.0)
    assert found.metrics[0].p_value == 1.0


def test_only_shared_cases_count_and_it_is_said() -> None:
    found = compared(result(FIRST), result({"c0": 0, "c39": 1}))
    assert found.n == 2
    assert found.reservations == (
        "Compared on the 2 cases that both have, of 40 and 2.",
    )


def test_another_prompt_is_said() -> None:
    first, second = result(FIRST, prompt="a"), result(SECOND, prompt="b")
    assert compared(first, second).reservations == ("They differ in prompt: a and b.",)


def test_other_data_is_not_compared() -> None:
    assert compare(result(FIRST), result(SECOND, data_sha256="b")) is None


def test_nothing_in_common() -> None:
    assert compare(result(FIRST), result({"other": 1})) is None


def test_a_case_without_scores_does_not_empty_the_table() -> None:
    """A dialogue that was not predicted: wrong, but without figures."""
    second = result(SECOND)
    cases = (*second.cases[:5], {"id": "c5", "right": False}, *second.cases[6:])
    found = compared(result(FIRST), replace(second, cases=cases))
    metrics = {m.name: m for m in found.metrics}
    assert sorted(metrics) == ["accuracy", "f1", "overlap"]
    assert metrics["accuracy"].first == pytest.approx(100 * 9 / 39)
    assert found.lost == ("c3", "c5")
    assert "1 of the cases have no scores" in found.reservations[-1]
