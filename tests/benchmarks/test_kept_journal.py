"""A run over more cases asks for those alone that a kept journal does not hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import oumi.builders  # noqa: F401 - first, for Oumi's circular imports
import pytest
from oumi.builders.inference_engines import build_inference_engine
from oumi.core.configs import (
    EvaluationConfig,
    EvaluationTaskParams,
    GenerationParams,
    InferenceEngineType,
    ModelParams,
    RemoteParams,
)

import coalm_oumi.plugin  # noqa: F401 - registers the tasks
from coalm_oumi.benchmarks.registry import get_benchmark
from coalm_oumi.evaluation.oumi_run import KEEP_JOURNAL
from coalm_oumi.evaluation.oumi_task import EvaluationFunction
from tests.openai_stub import OpenAIStub


def asked(stub: OpenAIStub, folder: Path, name: str, size: int, **options: Any) -> int:
    """Runs a benchmark on an endpoint; returns how many requests that took."""
    benchmark = get_benchmark(name)
    options = {"on_missing": "embedded", **options}
    if benchmark.size_option:
        options[benchmark.size_option] = size
    params = EvaluationTaskParams("custom", name)
    params.num_samples = None if benchmark.size_option else size
    model = ModelParams(model_name="stub")
    remote = RemoteParams(api_url=stub.url, num_workers=4, max_retries=0)
    config = EvaluationConfig(
        output_dir=str(folder),
        model=model,
        generation=GenerationParams(max_new_tokens=99),
        inference_engine=InferenceEngineType.REMOTE,
        inference_remote_params=remote,
    )
    engine = build_inference_engine(InferenceEngineType.REMOTE, model, remote)
    before = stub.answered
    EvaluationFunction(benchmark)(
        task_params=params, config=config, inference_engine=engine, **options
    )
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
