"""What a study has found: `study.json`, every cell, and `study.md`, tables to read.

A table holds the models of one task: each metric with its 95 % interval, and case by case
the difference from the base, and from the first trained model with the same seed.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from coalm_oumi.evaluation.report.build import with_interval
from coalm_oumi.evaluation.report.compare import compare
from coalm_oumi.evaluation.report.document import Section, Table
from coalm_oumi.evaluation.report.headline import NOT_RUN
from coalm_oumi.evaluation.report.markdown import sections_markdown
from coalm_oumi.evaluation.report.stored import StoredResult
from coalm_oumi.storage import write_json, write_text
from coalm_oumi.study.config import StudyConfig
from coalm_oumi.study.journal import Journal
from coalm_oumi.study.plan import Cell, Run, Task
from coalm_oumi.study.run import result_of
from coalm_oumi.yaml_files import read_yaml

JSON_FILE, MARKDOWN_FILE = "study.json", "study.md"
_NONE = "-"


class Findings:
    """The results of a study as far as it has come.

    Args:
        config: The configuration.
        cells: The cells, in order.
        journal: The journal.
    """

    def __init__(
        self, config: StudyConfig, cells: Sequence[Cell], journal: Journal
    ) -> None:
        self._config, self._cells, self._journal = config, cells, journal
        self._runs = list(dict.fromkeys(cell.run for cell in cells))
        self._results: dict[tuple[str, str], StoredResult] = {}
        for cell in cells:
            if cell.task is not None and journal.done(cell) is not None:
                found = result_of(cell)
                if found is not None:
                    self._results[cell.run.name, cell.task.name] = found

    def write(self) -> None:
        """Writes both files.

        Raises:
            CoalmError: They cannot be written.
        """
        folder = self._config.output
        cells = [self._cell(cell) for cell in self._cells]
        write_json(folder / JSON_FILE, {"schema_version": 1, "cells": cells})
        parts = [f"# Study: {folder.name}", *sections_markdown(self.sections())]
        parts += ["## Commands", f"```bash\n{self._commands()}\n```"]
        write_text(folder / MARKDOWN_FILE, "\n\n".join(parts) + "\n")

    def sections(self) -> Iterator[Section]:
        """Yields a section for each task, and one for the trainings."""
        tasks = dict.fromkeys(cell.task.name for cell in self._cells if cell.task)
        by_name = {cell.task.name: cell.task for cell in self._cells if cell.task}
        for name in tasks:
            yield self._task(by_name[name])
        trainings = self._trainings()
        if trainings.rows:
            yield Section("Trainings", tables=(trainings,))

    def state(self, cell: Cell) -> tuple[str, str]:
        """Returns what became of a cell, and why."""
        if self._journal.done(cell) is not None:
            return "done", ""
        lines = self._journal.lines(cell)
        last = lines[-1] if lines else None
        if last is not None and last.state == "failed":
            return "failed", last.why
        if last is not None:
            return NOT_RUN, "begun, and goes on when the command is given again"
        return NOT_RUN, "not reached within the time"

    def _cell(self, cell: Cell) -> dict[str, Any]:
        state, why = self.state(cell)
        done = self._journal.done(cell)
        found = {} if done is None else done.found
        return {
            "cell": cell.name,
            "model": cell.run.model,
            "seed": cell.run.seed,
            "task": cell.task.name if cell.task else None,
            "cases": cell.size,
            "state": state,
            "why": why,
            "metrics": found.get("metrics"),
            "tokens": found.get("tokens"),
            "steps": found.get("steps"),
            "distinct_tokens_at_most": _most_distinct(cell),
            "seconds": self._journal.seconds(cell),
            "command": _shown(cell),
            "log": str(cell.log),
        }

    def _task(self, task: Task) -> Section:
        metrics = self._metrics(task)
        base, main = self._config.base, self._config.main
        columns = ["model", "#seed", "#n"]
        for metric in metrics:
            columns.append(f"#{task.benchmark.metric_name(metric)}")
            columns += [f"#minus {name}" for name in (base, main) if name]
        columns += ["#tokens read, written", "#minutes"]
        rows: list[tuple[str, ...]] = []
        for name in self._config.models:
            own = [run for run in self._runs if run.model == name]
            rows += [self._row(run, task, metrics) for run in own]
            rows += self._seeds_row(own, task, metrics, len(columns))
        title = "In per cent, with 95 % intervals; differences in points, case by case"
        return Section(task.name, tables=(Table(title, tuple(columns), tuple(rows)),))

    def _metrics(self, task: Task) -> list[str]:
        chosen = self._config.show.get(task.name)
        if chosen:
            return list(chosen)
        results = (self._results.get((run.name, task.name)) for run in self._runs)
        found = next((each for each in results if each is not None), None)
        named = (
            found.main_metric if found else next(iter(task.benchmark.main_metrics), "")
        )
        return [named] if named else []

    def _row(self, run: Run, task: Task, metrics: Sequence[str]) -> tuple[str, ...]:
        result = self._results.get((run.name, task.name))
        seed = _NONE if run.seed is None else str(run.seed)
        others = self._compared_with(run)
        if result is None:
            cells = [NOT_RUN, *[_NONE] * len(others)] * len(metrics)
            return (run.model, seed, _NONE, *cells, _NONE, _NONE)
        cells = []
        for metric in metrics:
            cells.append(_of_cases(result, metric))
            cells += [self._difference(other, run, task, metric) for other in others]
        tokens = result.provenance.get("tokens") or {}
        read, written = tokens.get("prompt"), tokens.get("completion")
        told = _NONE if read is None or written is None else f"{read:,}, {written:,}"
        return (run.model, seed, str(result.n), *cells, told, self._minutes(run, task))

    def _compared_with(self, run: Run) -> list[Run]:
        """Returns the base, and the first trained model: with the same seed, if it has."""
        base = [r for r in self._runs if r.model == self._config.base]
        main = [r for r in self._runs if r.model == self._config.main]
        same = [r for r in main if r.seed == run.seed]
        return [*base, *(same or main)[:1]]

    def _difference(self, other: Run, run: Run, task: Task, metric: str) -> str:
        first = self._results.get((other.name, task.name))
        second = self._results.get((run.name, task.name))
        same = other.model == run.model or run.model == self._config.base
        if first is None or second is None or same:
            return _NONE
        found = compare(first, second)
        each = (
            next((m for m in found.metrics if m.name == metric), None)
            if found
            else None
        )
        if each is None or found is None:
            return _NONE
        part = "" if found.n == second.n else f", n = {found.n}"
        low, high = each.interval
        return f"{each.difference:+.1f} [{low:+.1f}, {high:+.1f}]{part}"

    def _seeds_row(
        self, runs: Sequence[Run], task: Task, metrics: Sequence[str], width: int
    ) -> list[tuple[str, ...]]:
        """Returns the mean over seeds and their range; nothing for a single one."""
        found = [self._results.get((run.name, task.name)) for run in runs]
        results = [each for each in found if each is not None]
        if len(results) < 2:
            return []
        others = len(self._compared_with(runs[0]))
        cells = []
        for metric in metrics:
            values = [r.metrics[metric].value for r in results if metric in r.metrics]
            spread = f"{min(values):.1f} to {max(values):.1f}" if values else ""
            cells.append(f"{mean(values):.1f} ({spread})" if values else _NONE)
            cells += [_NONE] * others
        sizes = ", ".join(dict.fromkeys(str(each.n) for each in results))
        row = (f"{runs[0].model}: mean of {len(results)} seeds", _NONE, sizes, *cells)
        return [(*row, *[_NONE] * (width - len(row)))]

    def _minutes(self, run: Run, task: Task) -> str:
        own = [c for c in self._cells if c.run == run and c.task == task]
        return f"{sum(map(self._journal.seconds, own)) / 60:.1f}"

    def _trainings(self) -> Table:
        rows = []
        for cell in self._cells:
            if cell.task is not None:
                continue
            done = self._journal.done(cell)
            found = {} if done is None else done.found
            rows.append(
                (
                    cell.run.model,
                    str(cell.run.seed),
                    self.state(cell)[0],
                    _number(found.get("steps")),
                    _number(found.get("tokens")),
                    _number(_most_distinct(cell)),
                    f"{self._journal.seconds(cell) / 60:.1f}",
                )
            )
        columns = ("model", "#seed", "state", "#steps", "#tokens")
        columns += ("#distinct tokens, at most", "#minutes")
        return Table("Trainings", columns, tuple(rows))

    def _commands(self) -> str:
        lines = []
        for cell in self._cells:
            state, why = self.state(cell)
            told = f"{state}: {why}" if why else state
            minutes = f"{self._journal.seconds(cell) / 60:.1f} min"
            lines += [f"# {cell.name} ({told}; {minutes})", _shown(cell)]
        return "\n".join(lines)


def _of_cases(result: StoredResult, metric: str) -> str:
    """Returns a metric with its interval, and its n where that is not the result's."""
    found = result.metrics.get(metric)
    other = found is not None and found.n != result.n
    return with_interval(found) + (f" of {found.n}" if found and other else "")


def _shown(cell: Cell) -> str:
    """Returns a cell's command as one types it."""
    return shlex.join(["oumi", *cell.command[3:]])


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else _NONE


def _most_distinct(cell: Cell) -> int | None:
    """Returns how many distinct tokens a training computes at most; None if not known.

    That is where rows share their beginnings, whose distinct tokens have a limit.
    """
    if cell.run.recipe is None or cell.task is not None:
        return None
    recipe = read_yaml(Path(cell.run.recipe))
    training, data = recipe.get("training") or {}, recipe.get("data") or {}
    sets = (data.get("train") or {}).get("datasets") or []
    rows = [(each.get("dataset_kwargs") or {}).get("pack_tokens", 0) for each in sets]
    sharing = (recipe.get("model") or {}).get("attn_implementation")
    steps = cell.run.steps
    if sharing != "shared_prefixes" or not steps or not all(rows):
        return None
    batch = training.get("per_device_train_batch_size", 1)
    return steps * batch * training.get("gradient_accumulation_steps", 1) * max(rows)
