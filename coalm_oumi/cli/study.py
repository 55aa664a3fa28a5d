"""`coalm study`: models trained and evaluated within a time."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Annotated

import typer

from coalm_oumi.cli import output
from coalm_oumi.cli.interruption import interruptible
from coalm_oumi.errors import OptionError, shorten

_BUDGET = re.compile(r"(?=\d)(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+)s)?")


def study(
    config_path: Annotated[
        Path,
        typer.Argument(metavar="CONFIG", help="Such as configs/smol_study.yaml."),
    ],
    budget: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="How long to work: 90m, 1h30m, 45s. Without it, until all is done.",
        ),
    ] = None,
) -> None:
    """Train and evaluate models within a time, and compare them case by case.

    Each training and each evaluation is an `oumi` command of its own, one at a time. When
    the time is used up, or at Ctrl-C, what is under way is stored; the same command goes
    on with it. What a changed recipe concerns is done again. Tables are in study.md and
    study.json of the configuration's output.
    """
    seconds = float("inf") if budget is None else _seconds(budget)
    until = time.monotonic() + seconds

    from coalm_oumi.study.config import read_config
    from coalm_oumi.study.journal import open_journal, put_aside_stale
    from coalm_oumi.study.plan import EVALUATIONS, plan
    from coalm_oumi.study.run import Budget, run_cells
    from coalm_oumi.study.tables import MARKDOWN_FILE, Findings

    config = read_config(config_path)
    cells = plan(config, config_path)
    with open_journal(config.output) as journal, interruptible():
        for cell, aside in put_aside_stale(cells, journal, config.output):
            output.warning(
                f"{cell.folder}: stale, a recipe or a model that it depends on has "
                f"changed; it is in {aside} now, and done again"
            )

        def write() -> None:
            Findings(config, cells, journal).write()

        try:
            run_cells(cells, journal, Budget(until), say=output.line, after_each=write)
        finally:
            write()
            found = Findings(config, cells, journal)
            states = [found.state(cell)[0] for cell in cells]
            done, failed = states.count("done"), states.count("failed")
            output.line(f"{done} of {len(cells)} done, {failed} failed", style="bold")
            output.line(f"Tables: {config.output / MARKDOWN_FILE}")
            folder = config.output / EVALUATIONS
            page = config.output / "report.html"
            output.line(f"A page: coalm report {folder}/*/*/ --html {page}")
    if failed:
        raise typer.Exit(1)


def _seconds(budget: str) -> float:
    """Returns a time in seconds.

    Raises:
        OptionError: It is none.
    """
    found = _BUDGET.fullmatch(budget.strip())
    parts = [float(part or 0) for part in found.groups()] if found else []
    seconds = sum(part * unit for part, unit in zip(parts, (3600, 60, 1), strict=False))
    if not seconds:
        problem = f"expected a time such as 90m or 1h30m, found '{shorten(budget)}'."
        raise OptionError(problem, field="--budget")
    return seconds
