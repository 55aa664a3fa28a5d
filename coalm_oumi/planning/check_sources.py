"""Is the data here that a recipe's datasets and tasks read, and what a benchmark needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coalm_oumi.errors import CoalmError
from coalm_oumi.planning.findings import Findings
from coalm_oumi.planning.machine import Machine
from coalm_oumi.sources.catalogue import get_source
from coalm_oumi.sources.download import offline_variable
from coalm_oumi.sources.locate import status
from coalm_oumi.sources.source import Source


def check_sources(config: Any, verb: str, machine: Machine, findings: Findings) -> None:
    """Notes what data is missing, dataset by dataset or task by task.

    Args:
        config: The recipe as Oumi has read it.
        verb: `train`, `infer` or `evaluate`.
        machine: The machine.
        findings: Where to.
    """
    if verb == "train":
        for number, entry in enumerate(config.data.train.datasets):
            _check_dataset(f"data.train.datasets[{number}]", entry, findings)
    elif verb == "evaluate":
        for number, task in enumerate(config.tasks):
            if task.evaluation_backend == "custom":
                _check_task(f"tasks[{number}]", task, machine, findings)


def _check_dataset(place: str, entry: Any, findings: Findings) -> None:
    from coalm_oumi.datasets.sft.part_dataset import dataset_classes

    named = {str(found.default_dataset): found for found in dataset_classes()}
    dataset = named.get(entry.dataset_name)
    if dataset is None:
        return
    part: Any = dataset.part
    own = part.options.option_names()
    given = {k: v for k, v in entry.dataset_kwargs.items() if k in own}
    try:
        options: Any = part.options(**given)
        wanted = part.read_from(options, entry.dataset_path)
    except CoalmError:
        return  # a finding of its own, of `check_data`
    sources: Mapping[str, Source] = {source.name: source for source in part.sources}
    for name, files in wanted.items():
        if not files:
            source = sources.get(name) or get_source(name)
            _check_source(
                f"{place}: {entry.dataset_name}", source, options.on_missing, findings
            )


def _check_task(place: str, task: Any, machine: Machine, findings: Findings) -> None:
    from coalm_oumi.benchmarks.registry import benchmark_names, get_benchmark

    name = str(task.task_name)
    if name not in benchmark_names():
        return
    benchmark = get_benchmark(name)
    try:
        options = benchmark.options.read(task.eval_kwargs)
    except CoalmError:
        return  # a finding of its own, of `check_tasks`
    if benchmark.source is not None and not options.data:
        source = get_source(benchmark.source)
        _check_source(f"{place}: {name}", source, options.on_missing, findings)
    if name == "bfcl_v3":
        _check_checker(f"{place}: {name}", options, machine, findings)


def _check_source(
    place: str, source: Source, on_missing: str, findings: Findings
) -> None:
    found = status(source)
    if found.state == "present" or (
        on_missing == "embedded" and found.state == "missing"
    ):
        return
    if found.state == "partial":
        findings.error(place, found.detail, "")
    elif on_missing == "error" or source.gated or offline_variable():
        findings.error(place, f"source '{source.name}' is not here.", _download(source))
    else:
        findings.warning(
            place,
            f"source '{source.name}' is not here; it is downloaded when the run begins.",
            f"See first that it can be: coalm download {source.name}",
        )


def _download(source: Source) -> str:
    off = offline_variable()
    first = f"Unset {off.partition('=')[0]}, then run" if off else "Run"
    gated = " (it is gated: the command says how to get access)" if source.gated else ""
    return (
        f"{first} `coalm download {source.name}`{gated}, or set COALM_DATA_DIR to the "
        "folder that holds it."
    )


def _check_checker(
    place: str, options: Any, machine: Machine, findings: Findings
) -> None:
    """Notes it if the program that checks BFCL's replies cannot be had here."""
    from coalm_oumi.benchmarks.bfcl.environment import (
        PYTHON_VARIABLE,
        environment_folder,
    )

    made = (environment_folder() / "bin" / "python").exists()
    if machine.environment.get(PYTHON_VARIABLE) or made:
        return
    if machine.has_program("uv") or machine.has_package("uv"):
        return
    problem = "uv is not installed, which makes the checker's environment once"
    fix = f"pip install uv, or name a ready environment's Python in {PYTHON_VARIABLE}."
    if options.without_checker == "skip":
        findings.warning(place, f"{problem}: the task is left out.", fix)
    else:
        findings.error(place, f"{problem}.", fix)
