"""`coalm build`: the training mixture, from its sources to a dataset folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from coalm_oumi.cli import output
from coalm_oumi.cli.interruption import EXIT_INTERRUPTED, interruptible

if TYPE_CHECKING:
    from coalm_oumi.mixture.run import Built, Progress

_MOST_WORKERS = 8


def build(
    folder: Annotated[
        Path, typer.Option("--output", help="New folder to write to.", metavar="DIR")
    ],
    seed: Annotated[
        int, typer.Option(help="Fixes every draw and the order of the rows.")
    ] = 42,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Read the first N rows of each source only."),
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(help="Parts to build, such as snips,hammer; all if left out."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Processes to use (as many as there are cores, up to "
            f"{_MOST_WORKERS}). The result does not depend on it.",
            show_default=False,
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Finish a build that was interrupted.")
    ] = False,
    on_missing: Annotated[
        str,
        typer.Option(
            help="For a source that is not on this machine: download it, take the "
            "small embedded corpus, skip it, or end with an error."
        ),
    ] = "download",
    row_format: Annotated[
        str,
        typer.Option(
            "--format",
            help="alpaca: instruction, input, output; messages: messages and tools.",
        ),
    ] = "alpaca",
    tokenizer: Annotated[
        str | None,
        typer.Option(
            help="Count tokens with this tokenizer: a folder or a name on the Hub.",
        ),
    ] = None,
    function_list: Annotated[
        str,
        typer.Option(
            help="Functions in CRA's prompts: all, as in the paper, or those of the "
            "dialogue's services (dialogue), for models with little room."
        ),
    ] = "all",
    action_turns: Annotated[
        str,
        typer.Option(
            help="Turns with CRA's action prompt: calls, as in the paper, or all, so "
            "that not calling is learnt as well."
        ),
    ] = "calls",
    function_names: Annotated[
        str,
        typer.Option(
            help="Functions of CRA that share a name: by_service (FindBus_Buses_1), or "
            "as_published, as in the paper."
        ),
    ] = "by_service",
    state_date: Annotated[
        bool,
        typer.Option(
            help="State today's date in CRA's prompts, where it is known; the paper's "
            "do not."
        ),
    ] = True,
    undated_actions: Annotated[
        str,
        typer.Option(
            help="Actions of CRA with a date that nothing in the prompt states: keep, or "
            "drop. The ledger counts them."
        ),
    ] = "keep",
    drop_overlaps: Annotated[
        bool,
        typer.Option(
            "--drop-overlaps",
            help="Leave out samples that repeat or nearly repeat a benchmark's text.",
        ),
    ] = False,
    no_overlaps: Annotated[
        bool,
        typer.Option("--no-overlaps", help="Do not compare with the benchmarks."),
    ] = False,
    catalogue: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Make the part cra of your own functions, not of SGD: an OpenAPI file, "
            "or tools with JSON schemas. Goes with --dialogues.",
        ),
    ] = None,
    dialogues: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Seed dialogues about them (configs/own_apis/)."
        ),
    ] = None,
    generated: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="Make the part cra of what a model wrote, not of SGD: the folder that "
            "coalm generate-cra or coalm validate-cra has left.",
        ),
    ] = None,
) -> None:
    """Build the training mixture: Parquet, JSON lines, ledger, card and manifest.

    Interleaves all parts in an order that the seed alone decides, says what became of
    every row, and compares the samples with the test sets that are on this machine. The
    same sources, options and version give the same bytes. manifest.json is written
    last: where it is, the build is complete.
    """
    from coalm_oumi.mixture import BuildOptions
    from coalm_oumi.mixture import build as make

    options = BuildOptions(
        seed=seed,
        only=() if only is None else tuple(map(str.strip, only.split(","))),
        limit=limit,
        on_missing=on_missing,
        format=row_format,
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
    try:
        with interruptible(), _progress() as progress:
            built = make(
                folder,
                options,
                workers=workers or _cores(),
                resume=resume,
                progress=progress,
            )
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
    return min(cores, _MOST_WORKERS)


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
    output.heading("What became of every row")
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
    told = ", ".join(f"{part} {n:,}" for part, n in surplus.items())
    output.line(f"Samples that repeat another word for word: {told}")
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
