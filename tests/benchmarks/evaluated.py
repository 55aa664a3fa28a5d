"""A benchmark, run as `oumi evaluate` runs it, on an engine that stands in for one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from oumi.core.configs import (
    EvaluationConfig,
    EvaluationTaskParams,
    GenerationParams,
    ModelParams,
)
from oumi.core.evaluation import Evaluator
from oumi.core.types.conversation import Conversation, Message, Role

from coalm_oumi.evaluation.benchmark import Benchmark
from coalm_oumi.evaluation.oumi_task import EvaluationFunction


class KnowsTheAnswers:
    """Stands in for an engine: gives each request of the embedded corpus its answer."""

    def __init__(self, benchmark: Benchmark[Any, Any]) -> None:
        data = benchmark.load(benchmark.options(on_missing="embedded"))
        self.gold = benchmark.gold(data)

    def infer(self, conversations: list[Conversation]) -> list[Conversation]:
        """Appends the right reply to each conversation."""
        for conversation in conversations:
            reply = self.gold[str(conversation.conversation_id)]
            conversation.messages.append(Message(role=Role.ASSISTANT, content=reply))
        return conversations


def evaluated(
    benchmark: Benchmark[Any, Any],
    folder: Path,
    engine: Any,
    *,
    model: str = "some/model",
    num_samples: int | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Runs a benchmark on the embedded corpus, if the options name no other data.

    Args:
        benchmark: The benchmark.
        folder: The `output_dir`.
        engine: What has Oumi's `infer`.
        model: The model's name.
        num_samples: How many cases to take.
        options: `eval_kwargs`.
    """
    function = EvaluationFunction(benchmark)
    assert function  # as Oumi does before it checks the options
    given = {"on_missing": "embedded", **options}
    Evaluator._validate_custom_kwargs(given, function, benchmark.name)
    return function(
        task_params=EvaluationTaskParams(
            "custom", benchmark.name, num_samples=num_samples
        ),
        config=EvaluationConfig(
            output_dir=str(folder),
            model=ModelParams(model_name=model),
            generation=GenerationParams(batch_size=10, max_new_tokens=99),
        ),
        inference_engine=engine,
        **given,
    )
