"""`coalm build`: the training mixture, from its sources to a dataset folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import typer

from coalm_oumi.cli import build_options, output
from coalm_oumi.cli.interruption import EXIT_INTERRUPTED, interruptible

if TYPE_CHECKING:
    from coalm_oumi.mixture.run import Built, Progress


def build(
    folder: build_options.Folder,
    seed: build_options.Seed = 42,
    limit: build_options.Limit = None,
    only: build_options.Only = None,
    workers: build_options.Workers = None,
    resume: build_options.Resume = False,
    on_missing: build_options.OnMissing = "download",
    row_format: build_options.RowFormat = "alpaca",
    tokenizer: build_options.Tokenizer = None,
    function_list: build_options.FunctionList = "all",
    action_turns: build_options.ActionTurns = "calls",
    function_names: build_options.FunctionNames = "by_service",
    state_date: build_options.StateDate = True,
    undated_actions: build_options.UndatedActions = "keep",
    drop_overlaps: build_options.DropOverlaps = False,
    no_overlaps: build_options.NoOverlaps = False,
    catalogue: build_options.Catalogue = None,
    dialogues: build_options.Dialogues = None,
    generated: build_options.Generated = None,
) -> None:
    """Build the training mixture: Parquet, JSON lines, ledger, card and manifest.

    Interleaves all parts in an order that the seed alone decides, keeps a ledger of the
    rows kept, repaired and rejected, and compares the samples with the test sets that are
    on this machine. The same sources, options and version give the same bytes.
    manifest.json is written last: where it is, the build is complete.
    """
    from coalm_oumi.mixture import BuildOptions
    from coalm_oumi.mixture import build as make

    options = BuildOptions(
        seed=seed,
        only=() if only is None else tuple(map(str.strip, only.split(","))),
        limit=limit,
        on_missing=cast(Any, on_missing),
        format=cast(Any, row_format),
        tokenizer=tokenizer,
        overlaps=not no_overlaps,
        drop_overlaps=drop_overlaps,
        catalogue=catalogue,
        dialogues=dialogues,
        generated=generated,
        function_list=cast(Any, function_list),
        action_turns=cast(Any, action_turns),
        function_names=cast(Any, function_names),
        state_date=state_date,
        undated_actions=cast(Any, undated_actions),
    )
    n = workers or _cores()
    try:
        with interruptible(), _progress() as progress:
            built = make(folder, options, workers=n, resume=resume, progress=progress)
    except KeyboardInterrupt:
        output.error(_interrupted(folder))
        raise typer.Exit(EXIT_INTERRUPTED) from None
    _show(built, folder)


def _interrupted(folder: Path) -> str:
    from coalm_oumi.mixture.work_folder import is_begun

    if not is_begun(folder):
        return "interrupted. Nothing was written."
    return (
        "interrupted. What is done is kept: finish it with the same command and "
        f"--resume, or remove {folder}."
    )


def _cores() -> int:
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        cores = os.cpu_count() or 1
    return min(cores, build_options.MOST_WORKERS)


@contextmanager
def _progress() -> Iterator[Progress]:
    """Shows the stages of a build, one after the other."""
    from coalm_oumi.progress import Progress as Display
    from coalm_oumi.progress import shown_progress

    stages: dict[str, Display] = {}
    with ExitStack() as stack:

        def update(stage: str, done: int, total: int) -> None:
            if stage not in stages:
                stack.close()
                stages[stage] = stack.enter_context(shown_progress(stage, total, done))
                return
            stages[stage].update(done)

        yield update


def _show(built: Built, folder: Path) -> None:
    from coalm_oumi.datasets.parts import SWAPPED
    from coalm_oumi.mixture.table import HEAD, table_rows

    manifest = built.manifest
    if built.again:
        output.line("The build was complete already; nothing was done.")
    output.heading("Samples, beside the paper's Table 1")
    output.table(HEAD, table_rows(manifest["samples"], manifest["tokens"]))
    output.line(SWAPPED)
    if manifest["tokens"] is None:
        output.line("Tokens are counted if --tokenizer names a tokenizer.")
    output.heading("Rows read, kept, repaired and rejected")
    for account in built.accounts:
        for line in account.lines():
            output.line(line)
    _show_repeats(manifest)
    for warning in built.warnings:
        output.warning(warning)
    output.line()
    output.line(f"{manifest['rows']:,} rows are in {folder}", style="bold")


def _show_repeats(manifest: dict[str, Any]) -> None:
    surplus = manifest["exact_duplicates"]["surplus"]
    output.heading("Duplicates and overlaps")
    repeated = ", ".join(f"{part} {n:,}" for part, n in surplus.items())
    output.line(f"Samples that repeat another word for word: {repeated}")
    summary = manifest.get("overlaps")
    if summary is None:
        output.line("Not compared with the benchmarks.")
        return
    output.line(f"Overlap: {summary['rule']}.")
    rows, absent = [], []
    for found in summary["benchmarks"].values():
        exact, n_gram = found["exact"], found["n_gram"]
        if found["not_compared_because_missing"]:
            absent.append(
                f"{found['title']}: not compared, no "
                f"{found['not_compared_because_missing']}"
            )
            continue
        counts = (exact["samples"], exact["test_texts"])
        counts = (*counts, n_gram["samples"], n_gram["test_texts"])
        compared = f"{found['compared_texts']:,}"
        rows.append((found["title"], compared, *(f"{n:,}" for n in counts)))
    if rows:
        head = ("benchmark", "#texts", "#exact: samples", "#of texts")
        output.table((*head, "#n-gram: samples", "#of texts"), rows)
    for line in absent:
        output.line(line)
    dropped = sum(manifest["dropped_for_overlap"].values())
    output.line(
        f"{dropped:,} overlapping samples left out."
        if summary["dropped"]
        else "Overlapping samples are kept; --drop-overlaps leaves them out."
    )
