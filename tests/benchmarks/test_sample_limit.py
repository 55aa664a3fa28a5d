"""One variable limits all tasks of a recipe; progress counts what a benchmark has."""

from __future__ import annotations

import pytest

from coalm_oumi.benchmarks.registry import get_benchmark
from coalm_oumi.errors import OptionError
from coalm_oumi.evaluation.sample_limit import VARIABLE, sample_limit


@pytest.mark.parametrize(
    ("own", "given", "expected"),
    [
        (None, "", None),
        (8, "", 8),
        (None, "20", 20),
        (8, "20", 8),
        (100, " 20 ", 20),
    ],
)
def test_smaller_of_the_two(own: int | None, given: str, expected: int | None) -> None:
    assert sample_limit(own, {VARIABLE: given}) == expected


@pytest.mark.parametrize("given", ["0", "-3", "many", "1.5"])
def test_what_is_no_number_is_refused(given: str) -> None:
    with pytest.raises(OptionError, match=f"{VARIABLE}.*expected a number from 1"):
        sample_limit(None, {VARIABLE: given})


def test_without_the_variable() -> None:
    assert sample_limit(7, {}) == 7


@pytest.mark.parametrize(
    ("name", "options", "unit"),
    [
        ("snips_dst", {}, "utterances"),
        ("api_bank", {}, "calls"),
        ("cra_actions", {"limit": 1}, "turns"),
        ("multiwoz24", {}, "turns"),
        ("multiwoz24", {"protocol": "simulated_user", "user": "rules"}, "dialogues"),
    ],
)
def test_unit_of_what_is_counted(
    name: str, options: dict[str, object], unit: str
) -> None:
    benchmark = get_benchmark(name)
    chosen = benchmark.options(on_missing="embedded", **options)

    assert benchmark.dialogues(chosen, 2).unit == unit
