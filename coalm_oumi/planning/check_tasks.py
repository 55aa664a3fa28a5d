"""Are the tasks of an evaluation recipe known, and their options right."""

from __future__ import annotations

from typing import Any

from coalm_oumi.benchmarks.registry import benchmark_names, get_benchmark
from coalm_oumi.errors import CoalmError, expected_one_of
from coalm_oumi.planning.findings import Findings

_BACKENDS = ("custom", "lm_harness")


def check_tasks(config: Any, findings: Findings) -> None:
    """Notes what is wrong with `tasks`."""
    if not config.tasks:
        findings.error(
            "tasks", "there is none.", f"Add one, such as {benchmark_names()[0]}."
        )
    for number, task in enumerate(config.tasks):
        _check_task(f"tasks[{number}]", task, findings)


def _check_task(place: str, task: Any, findings: Findings) -> None:
    if task.evaluation_backend not in _BACKENDS:
        findings.error(
            f"{place}.evaluation_backend",
            expected_one_of(task.evaluation_backend, _BACKENDS),
            "Set it to custom for CoALM's benchmarks.",
        )
        return
    if task.evaluation_backend != "custom":
        return
    name = str(task.task_name)
    if name not in benchmark_names():
        from oumi.core.registry import REGISTRY, RegistryType

        if not REGISTRY.contains(name, RegistryType.EVALUATION_FUNCTION):
            findings.error(
                f"{place}.task_name",
                expected_one_of(name, benchmark_names()),
                "Correct the name.",
            )
        return
    try:
        get_benchmark(name).options.read(task.eval_kwargs)
    except CoalmError as error:
        wrong = "it" if error.field == "eval_kwargs" else "the value"
        findings.error(f"{place}.eval_kwargs", str(error), f"Correct {wrong}.")
