"""Does an evaluation recipe ask with the prompts that its model was trained with.

The training recipe is the one beside it that writes the model's folder: 8b_train.yaml has
`training.output_dir: output/8b`, 8b_evaluate.yaml the model output/8b_merged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from coalm_oumi.planning.findings import Findings

_TASK, _DATASET = "cra_actions", "coalm/cra"
_OPTIONS = ("function_list", "function_names", "state_date", "prompt_layout")
_MERGED = "_merged"


def check_prompts(path: str, config: Any, findings: Findings) -> None:
    """Notes where `cra_actions` asks otherwise than its model was trained.

    Args:
        path: The evaluation recipe.
        config: The same, read.
        findings: What has been found wrong.
    """
    tasks = [(n, t) for n, t in enumerate(config.tasks) if t.task_name == _TASK]
    if not tasks:
        return
    from coalm_oumi.benchmarks.cra_actions.task import CraActionsOptions

    models = {str(config.model.model_name), str(config.model.adapter_model or "")}
    for recipe, trained in _trained(Path(path).parent, models):
        for number, task in tasks:
            for option in _OPTIONS:
                default = getattr(CraActionsOptions, option)
                was = trained.get(option, default)
                if task.eval_kwargs.get(option, default) != was:
                    findings.warning(
                        f"tasks[{number}].eval_kwargs.{option}",
                        f"{recipe} trains this model with {option}: {_yaml(was)}; the "
                        "benchmark would ask with other prompts.",
                        f"Set it to {_yaml(was)}.",
                    )


def _trained(folder: Path, models: set[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yields the options of CRA in the recipes that train one of some models."""
    import yaml

    folders = {name.removesuffix(_MERGED) for name in models if name}
    for file in sorted(folder.glob("*_train*.yaml")):
        try:
            recipe = yaml.safe_load(file.read_text(encoding="utf-8"))
            if recipe["training"]["output_dir"] not in folders:
                continue
            for entry in recipe["data"]["train"]["datasets"]:
                if entry["dataset_name"] == _DATASET:
                    yield file.name, dict(entry.get("dataset_kwargs") or {})
        except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError):
            continue  # Another recipe's mistakes are told when that one is checked.


def _yaml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
