"""Does an evaluation recipe ask with the prompts that its model was trained with.

The training recipe is the one beside it that writes the model's folder: 8b_train.yaml has
`training.output_dir: output/8b`, 8b_evaluate.yaml the model output/8b_merged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from coalm_oumi.benchmarks.registry import find_benchmark
from coalm_oumi.planning.findings import Findings

_MERGED = "_merged"


def check_prompts(path: str, config: Any, findings: Findings) -> None:
    """Notes where a benchmark asks otherwise than its model was trained.

    Args:
        path: The evaluation recipe.
        config: The same, read.
        findings: What has been found wrong.
    """
    models = {str(config.model.model_name), str(config.model.adapter_model or "")}
    for number, task in enumerate(config.tasks):
        benchmark = find_benchmark(str(task.task_name))
        if benchmark is None or benchmark.trained_on is None:
            continue
        dataset, options = benchmark.trained_on
        for recipe, trained in _trained(Path(path).parent, models, dataset):
            for option in options:
                default = getattr(benchmark.options, option)
                was = trained.get(option, default)
                if task.eval_kwargs.get(option, default) != was:
                    findings.warning(
                        f"tasks[{number}].eval_kwargs.{option}",
                        f"{recipe} trains this model with {option}: {_yaml(was)}; the "
                        "benchmark would ask with other prompts.",
                        f"Set it to {_yaml(was)}.",
                    )


def _trained(
    folder: Path, models: set[str], dataset: str
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yields the options of a dataset in the recipes that train one of some models."""
    import yaml

    folders = {name.removesuffix(_MERGED) for name in models if name}
    for file in sorted(folder.glob("*_train*.yaml")):
        try:
            recipe = yaml.safe_load(file.read_text(encoding="utf-8"))
            if recipe["training"]["output_dir"] not in folders:
                continue
            for entry in recipe["data"]["train"]["datasets"]:
                if entry["dataset_name"] == dataset:
                    yield file.name, dict(entry.get("dataset_kwargs") or {})
        except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError):
            continue  # Another recipe's mistakes are told when that one is checked.


def _yaml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
