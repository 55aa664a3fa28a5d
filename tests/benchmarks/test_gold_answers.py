"""Each benchmark's right answers score its ceiling, degenerate ones its floor."""

from __future__ import annotations

import pytest

from coalm_oumi.benchmarks.registry import BENCHMARKS, get_benchmark


@pytest.fixture(params=BENCHMARKS)
def name(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "bfcl_v3":
        python = request.getfixturevalue("checker_python")
        monkeypatch.setenv("COALM_BFCL_PYTHON", str(python))
    return request.param


def test_right_answers_score_the_ceiling_and_degenerate_ones_the_floor(
    name: str,
) -> None:
    benchmark = get_benchmark(name)
    options = benchmark.options(on_missing="embedded")
    data = benchmark.load(options)
    nothing = dict.fromkeys(benchmark.ids(data), benchmark.degenerate)

    right = benchmark.score(data, benchmark.gold(data), options)
    wrong = benchmark.score(data, nothing, options)

    assert [case["id"] for case in right.cases if not case["right"]] == []
    for scores, expected in ((right, benchmark.ceiling), (wrong, benchmark.floor)):
        found = {metric: scores.metrics[metric].value for metric in expected}
        assert found == pytest.approx(expected)
    assert benchmark.ceiling.keys() & benchmark.floor.keys()
