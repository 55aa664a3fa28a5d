"""A run over more cases asks for those alone that a kept journal does not hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.benchmarks.registry import get_benchmark
from coalm_oumi.evaluation.conductor.journal import KEEP_JOURNAL
from tests.benchmarks.run_on_stub import run_on_stub
from tests.openai_stub import OpenAIStub


def asked(stub: OpenAIStub, folder: Path, name: str, size: int, **options: Any) -> int:
    """Runs a benchmark on an endpoint; returns how many requests that took."""
    option = get_benchmark(name).size_option
    if option:
        options[option] = size
    before = stub.answered
    run_on_stub(stub, folder, name, num_samples=None if option else size, **options)
    return stub.answered - before


@pytest.fixture
def stub() -> Iterator[OpenAIStub]:
    with OpenAIStub(lambda messages: "System: ok") as running:
        yield running


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("api_bank", {}),
        ("cra_actions", {}),
        ("multiwoz24", {"protocol": "dst_prompt"}),
        ("multiwoz24", {"protocol": "gold_history"}),
    ],
)
def test_more_cases_cost_the_difference(
    name: str,
    options: Any,
    stub: OpenAIStub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(KEEP_JOURNAL, "1")
    few = asked(stub, tmp_path / "widened", name, 1, **options)
    more = asked(stub, tmp_path / "widened", name, 2, **options)
    at_once = asked(stub, tmp_path / "at_once", name, 2, **options)
    assert 0 < few < at_once
    assert few + more == at_once
    results = [
        json.loads(next((tmp_path / run).glob("*/results.json")).read_text())
        for run in ("widened", "at_once")
    ]
    assert results[0]["cases"] == results[1]["cases"]
    assert results[0]["metrics"] == results[1]["metrics"]
    assert asked(stub, tmp_path / "widened", name, 2, **options) == 0


def test_without_the_variable_a_finished_run_leaves_no_journal(
    stub: OpenAIStub, tmp_path: Path
) -> None:
    assert (
        asked(stub, tmp_path, "api_bank", 2)
        == asked(stub, tmp_path, "api_bank", 2)
        == 2
    )
