"""A benchmark's task as `oumi evaluate` runs it, on an endpoint of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import oumi.builders  # noqa: F401 - first, for Oumi's circular imports
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
from coalm_oumi.evaluation.oumi_task import EvaluationFunction
from tests.openai_stub import OpenAIStub


def run_on_stub(
    stub: OpenAIStub,
    folder: Path,
    name: str,
    *,
    num_samples: int | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Runs a task on the embedded corpus, and returns what it hands to Oumi."""
    task = EvaluationTaskParams("custom", name)
    task.num_samples = num_samples
    model = ModelParams(model_name="stub")
    remote = RemoteParams(api_url=stub.url, num_workers=8, max_retries=0)
    kind = InferenceEngineType.REMOTE
    return EvaluationFunction(get_benchmark(name))(
        task_params=task,
        config=EvaluationConfig(
            output_dir=str(folder),
            model=model,
            generation=GenerationParams(max_new_tokens=99),
            inference_engine=kind,
            inference_remote_params=remote,
        ),
        inference_engine=build_inference_engine(kind, model, remote),
        **{"on_missing": "embedded", **options},
    )
