"""Runs the cells of a study one after the other, within a time."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from coalm_oumi.benchmarks.registry import find_benchmark
from coalm_oumi.errors import CoalmError, shorten
from coalm_oumi.evaluation.conductor.journal import KEEP_JOURNAL
from coalm_oumi.evaluation.report.stored import StoredResult, read_results
from coalm_oumi.evaluation.results import RESULTS_FILE
from coalm_oumi.evaluation.sample_limit import VARIABLE
from coalm_oumi.storage import write_text
from coalm_oumi.study.journal import Journal
from coalm_oumi.study.plan import Cell
from coalm_oumi.study.process import Ended, run_process, tail


@dataclass(frozen=True)
class Budget:
    """A time that may be used.

    Attributes:
        until: Its end, of `time.monotonic`.
    """

    until: float

    @property
    def left(self) -> float:
        """Seconds that are left; less than 0 if it is used up."""
        return self.until - time.monotonic()


def run_cells(
    cells: Sequence[Cell],
    journal: Journal,
    budget: Budget,
    *,
    say: Callable[[str], None],
    after_each: Callable[[], None],
) -> None:
    """Runs the cells that are not done yet.

    A cell that fails does not end the study: those that need it are left out.

    Args:
        cells: The cells, in order.
        journal: The journal.
        budget: The time.
        say: Shows a line.
        after_each: Called when something has become of a cell.

    Raises:
        KeyboardInterrupt: The run was interrupted.
    """
    trainings = {cell.run: cell for cell in cells if cell.task is None}
    for number, cell in enumerate(cells, 1):
        if journal.done(cell) is not None:
            continue
        if budget.left <= 0:
            break
        training = trainings.get(cell.run)
        if cell.task and training and journal.done(training) is None:
            say(f"{number} of {len(cells)}: {cell.name}: left out, there is no model")
            continue
        left = "" if budget.left == float("inf") else f", {_minutes(budget.left)} left"
        say(f"{number} of {len(cells)}: {cell.name}{left}")
        try:
            _run(cell, journal, budget, say)
        finally:
            after_each()


def _run(
    cell: Cell, journal: Journal, budget: Budget, say: Callable[[str], None]
) -> None:
    if cell.recipe is not None:
        text = yaml.safe_dump(dict(cell.recipe), sort_keys=False, allow_unicode=True)
        write_text(cell.recipe_file, text)
    cell.folder.mkdir(parents=True, exist_ok=True)
    before = _written(cell.folder)
    journal.write(cell, "begun")
    began = time.monotonic()
    try:
        ended = run_process(
            cell.command,
            cell.log,
            _environment(),
            until=budget.until,
            say=say,
            inherited=(journal.lock,),
        )
    except KeyboardInterrupt:
        journal.write(cell, "stopped", seconds=_rounded(time.monotonic() - began))
        raise
    seconds = _rounded(ended.seconds)
    if ended.code != 0 and ended.stopped:
        journal.write(cell, "stopped", seconds=seconds)
        say(f"{cell.name}: stopped, the time is used up; it goes on where it was")
        return
    why = _why_failed(cell, ended, before)
    if why:
        journal.write(cell, "failed", seconds=seconds, why=why)
        say(f"{cell.name}: failed: {why} ({cell.log})")
        return
    found = metrics_of(cell) if cell.task else training_effort(cell.folder)
    journal.write(cell, "done", seconds=seconds, found=found)
    say(f"{cell.name}: done in {_minutes(journal.seconds(cell))}")


def _environment() -> dict[str, str]:
    # The sizes are the study's.
    kept = {name: value for name, value in os.environ.items() if name != VARIABLE}
    return {**kept, KEEP_JOURNAL: "1", "PYTHONUNBUFFERED": "1"}


def _written(folder: Path) -> dict[Path, int]:
    """Returns when each result in a folder was written."""
    files = folder.glob(f"*/{RESULTS_FILE}")
    return {file: file.stat().st_mtime_ns for file in files}


def _why_failed(cell: Cell, ended: Ended, before: Mapping[Path, int]) -> str:
    """Returns why a command that has ended did not do its work; nothing if it did."""
    lines = tail(cell.log)
    skipped = [line for line in lines if ": not run: " in line]
    last = shorten(next(reversed([*lines, *skipped]), "it said nothing"), 300)
    last = "".join(letter if letter.isprintable() else "?" for letter in last)
    if ended.code != 0:
        return f"exit code {ended.code}: {last}"
    if cell.task is None:
        there = (cell.folder / "config.json").is_file()
        return "" if there else f"the recipe left no model in {cell.folder}"
    return "" if _written(cell.folder) != before else f"it left no result: {last}"


def metrics_of(cell: Cell) -> dict[str, Any]:
    """Returns metrics and tokens of the result in an evaluation's folder, if any."""
    result = result_of(cell)
    if result is None:
        return {}
    metrics = {
        name: {"value": each.value, "n": each.n, "interval": list(each.interval)}
        for name, each in result.metrics.items()
    }
    return {"metrics": metrics, "tokens": result.provenance.get("tokens")}


def result_of(cell: Cell) -> StoredResult | None:
    """Returns the result in an evaluation's folder; None if there is none."""
    if cell.task is None:
        return None
    try:
        return read_results([cell.folder], find_benchmark)[0]
    except CoalmError:
        return None


def training_effort(folder: Path) -> dict[str, Any]:
    """Returns steps and tokens of a training, as far as its state tells them."""
    try:
        state = json.loads((folder / "trainer_state.json").read_text("utf-8"))
        history = state["log_history"]
        tokens = [int(each["num_tokens"]) for each in history if "num_tokens" in each]
        # A training that goes on from a checkpoint counts from 0 again.
        ends = [a for a, b in zip(tokens, [*tokens[1:], 0], strict=True) if b < a]
        return {"steps": int(state["global_step"]), "tokens": sum(ends) or None}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _rounded(seconds: float) -> float:
    return round(seconds, 1)


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
