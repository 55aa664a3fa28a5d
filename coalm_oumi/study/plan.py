"""What a study does, in order: a cell is a training, or a task's evaluation of a model.

In each pass the base and the first trained model come before all others, task by task, so
that a study that ends early has something to compare; then the other models, then further
seeds. A training comes right before the first evaluation that needs it.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coalm_oumi.benchmarks.registry import get_benchmark
from coalm_oumi.datasets.parts import PARTS
from coalm_oumi.errors import CoalmError, OptionError, expected_one_of
from coalm_oumi.evaluation.benchmark import Benchmark
from coalm_oumi.storage import sha256
from coalm_oumi.study.config import Size, StudyConfig
from coalm_oumi.yaml_files import read_yaml

MODELS, EVALUATIONS = "models", "evaluation"
_OUMI = (sys.executable, "-m", "oumi")


@dataclass(frozen=True)
class Run:
    """One model of the study, with one seed if it is trained.

    Attributes:
        name: Its name, unique in the study: `base`, `tuned_42`.
        model: The name of its entry in the configuration.
        seed: The seed; None for a model that is not trained.
        folder: Where the model is, or will be.
        recipe: The training recipe; None for a model that is not trained.
        steps: The steps of the training; None for a model that is not trained, and where
            neither study nor recipe says.
        digest: Digest of all that the model depends on.
    """

    name: str
    model: str
    seed: int | None
    folder: Path
    recipe: Path | None
    steps: int | None
    digest: str


@dataclass(frozen=True)
class Task:
    """A task of the evaluation recipe.

    Attributes:
        name: Its name in the study: `snips_dst`, `multiwoz24 dst_prompt`.
        benchmark: The benchmark.
        entry: Its entry in the recipe, but for how many cases.
    """

    name: str
    benchmark: Benchmark[Any, Any]
    entry: Mapping[str, Any]

    def sized(self, size: Size) -> dict[str, Any]:
        """Returns the entry for a number of cases."""
        number = None if size == "all" else size
        entry = {key: self.entry[key] for key in self.entry if key != "num_samples"}
        option = self.benchmark.size_option
        if option is None:
            return entry if number is None else {**entry, "num_samples": number}
        return {**entry, "eval_kwargs": {**entry["eval_kwargs"], option: number}}


@dataclass(frozen=True)
class Cell:
    """One training or evaluation.

    Attributes:
        name: Unique in the study: `tuned_42: training`, `base: snips_dst, 100`.
        run: The model.
        task: The task; None for a training.
        size: How many cases; None for a training.
        folder: What it writes to. Evaluations of more cases go on in the same folder.
        command: The command, without the variables of its environment.
        digest: Digest of all that the folder's content depends on, but for `size`.
        recipe: The recipe that is written for it; None where the command has a file's.
    """

    name: str
    run: Run
    task: Task | None
    size: Size | None
    folder: Path
    command: tuple[str, ...]
    digest: str
    recipe: Mapping[str, Any] | None = None

    @property
    def log(self) -> Path:
        """What the command says."""
        return self.folder.with_name(f"{self.folder.name}.log")

    @property
    def recipe_file(self) -> Path:
        """Where its own recipe is written."""
        return self.folder.with_name(f"{self.folder.name}.yaml")


def plan(config: StudyConfig, path: Path) -> list[Cell]:
    """Returns the cells of a study, in order.

    Args:
        config: The configuration.
        path: Its file, for messages.

    Raises:
        CoalmError: A recipe cannot be read; it has no such task.
    """
    recipe = read_yaml(config.evaluate)
    tasks = {
        name: _task(name, recipe, config.evaluate, path)
        for name in config.passes[-1].cases
    }
    runs = {name: _runs(config, name) for name in config.models}
    cells: dict[str, Cell] = {}
    for one in config.passes:
        sizes: list[tuple[Task, Size]] = [
            (tasks[name], size) for name, size in one.cases.items()
        ]
        for group in _groups(config, runs, one.seeds):
            for cell in _cells(config, recipe, group, sizes):
                cells.setdefault(cell.name, cell)
    return list(cells.values())


def _groups(
    config: StudyConfig, runs: Mapping[str, Sequence[Run]], seeds: int | None
) -> Iterator[list[Run]]:
    """Yields the runs of a pass: first those to be evaluated task by task together."""
    first = [name for name in (config.base, config.main) if name is not None]
    yield [runs[name][0] for name in first]
    yield from ([runs[name][0]] for name in runs if name not in first)
    most = max(map(len, runs.values())) if seeds is None else seeds
    for number in range(1, most):
        yield from ([each[number]] for each in runs.values() if number < len(each))


def _cells(
    config: StudyConfig,
    recipe: Mapping[str, Any],
    runs: Sequence[Run],
    sizes: Sequence[tuple[Task, Size]],
) -> Iterator[Cell]:
    for run in runs:
        if run.recipe is not None:
            yield _training(config, run, run.recipe)
    for task, size in sizes:
        for run in runs:
            yield _evaluation(config, recipe, run, task, size)


def _runs(config: StudyConfig, name: str) -> list[Run]:
    entry = config.models[name]
    if entry.model is not None:
        digest = _files_digest(entry.model)
        return [Run(name, name, None, entry.model, None, None, digest)]
    if entry.train is None:
        return []
    recipe = read_yaml(entry.train)
    if entry.steps is not None:
        training = {**(recipe.get("training") or {}), "max_steps": entry.steps}
        recipe = {**recipe, "training": training}
    start = (recipe.get("model") or {}).get("model_name")
    start = _files_digest(Path(start)) if start else ""
    return [
        Run(
            f"{name}_{seed}",
            name,
            seed,
            config.output / MODELS / f"{name}_{seed}",
            entry.train,
            (recipe.get("training") or {}).get("max_steps"),
            _digest([recipe, start, seed, _seeds_of_parts(recipe)]),
        )
        for seed in entry.seeds
    ]


def _training(config: StudyConfig, run: Run, recipe: Path) -> Cell:
    seeds = _seeds_of_parts(read_yaml(recipe))
    seeds = ["training.seed", "data.train.seed", *seeds]
    fields = {
        **dict.fromkeys(seeds, run.seed),
        "training.output_dir": run.folder,
        "training.save_steps": config.checkpoint_steps,
        "training.try_resume_from_last_checkpoint": "true",
        "training.trainer_kwargs.save_total_limit": 1,
    }
    if config.models[run.model].steps is not None:
        fields["training.max_steps"] = run.steps
    options = [
        text for key, value in fields.items() for text in (f"--{key}", f"{value}")
    ]
    command = (*_OUMI, "train", "-c", str(recipe), *options)
    name = f"{run.name}: training"
    return Cell(name, run, None, None, run.folder, command, run.digest)


def _seeds_of_parts(recipe: Mapping[str, Any]) -> list[str]:
    """Returns the fields of a recipe that seed what our datasets draw."""
    train = (recipe.get("data") or {}).get("train") or {}
    ours = {part.dataset for part in PARTS.values()}
    return [
        f"data.train.datasets[{number}].dataset_kwargs.sample_seed"
        for number, found in enumerate(train.get("datasets") or [])
        if found.get("dataset_name") in ours
    ]


def _evaluation(
    config: StudyConfig, recipe: Mapping[str, Any], run: Run, task: Task, size: Size
) -> Cell:
    folder = config.output / EVALUATIONS / run.name / task.name.replace(" ", "_")
    own = {
        **recipe,
        "model": {**(recipe.get("model") or {}), "model_name": str(run.folder)},
        "tasks": [task.sized(size)],
        "output_dir": str(folder),
    }
    name = f"{run.name}: {task.name}, {size}"
    digest = _digest([run.digest, {**own, "tasks": [task.sized("all")]}])
    file = folder.with_name(f"{folder.name}.yaml")
    command = (*_OUMI, "evaluate", "-c", str(file))
    return Cell(name, run, task, size, folder, command, digest, own)


def _task(name: str, recipe: Mapping[str, Any], file: Path, path: Path) -> Task:
    """Returns the task of a name: a benchmark's, and a protocol's if it has several."""
    own, _, protocol = name.partition(" ")
    entries = [
        each
        for each in recipe.get("tasks") or []
        if isinstance(each, dict) and each.get("evaluation_backend") == "custom"
    ]
    known = dict.fromkeys(str(each.get("task_name")) for each in entries)
    field = f"passes.cases.{name}"
    if own not in known:
        problem = f"{file} has no such task: {expected_one_of(own, tuple(known))}"
        raise CoalmError(problem, path=path, field=field)
    entries = [each for each in entries if each.get("task_name") == own]
    given = [(each, dict(each.get("eval_kwargs") or {})) for each in entries]
    same = (one for one in given if one[1].get("protocol") == protocol)
    entry, options = next(same, given[0]) if protocol else given[0]
    if protocol:
        options["protocol"] = protocol
    benchmark = get_benchmark(own)
    try:
        benchmark.options.read(options)
    except OptionError as error:
        raise CoalmError(error.problem, path=path, field=field) from None
    return Task(name, benchmark, {**entry, "eval_kwargs": options})


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _files_digest(folder: Path) -> str:
    """Returns a digest of a model's files; of its name, if it is not a local folder."""
    if not folder.is_dir():
        return str(folder)
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return _digest([(path.name, sha256(path)) for path in files])
