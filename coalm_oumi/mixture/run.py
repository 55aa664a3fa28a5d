"""A build from its options to its manifest.

Shards first, each a piece of the work that is done once and for all; then the order of
all rows; then the output files, each again a piece; then the accounts, the card and, last
of all, the manifest. Each piece appears whole under its name or not at all, so that a
build that was killed goes on where it stopped.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coalm_oumi.mixture import work_folder
from coalm_oumi.mixture.accounts import (
    SourceAccount,
    overlap_summary,
    source_accounts,
    write_ledger,
    write_overlaps,
)
from coalm_oumi.mixture.benchmark_texts import BenchmarkTexts, benchmark_texts
from coalm_oumi.mixture.card import dataset_card
from coalm_oumi.mixture.manifest import make_manifest, make_plan
from coalm_oumi.mixture.options import BuildOptions
from coalm_oumi.mixture.order import Mixture, order_rows
from coalm_oumi.mixture.output_files import FileTask, read_done, write_file
from coalm_oumi.mixture.processes import (
    WorkerConfig,
    WorkerPool,
    WorkerState,
    worker_pool,
)
from coalm_oumi.mixture.resolved_sources import ResolvedSources, resolve_parts
from coalm_oumi.mixture.shard import ShardTask, make_shard, read_report
from coalm_oumi.mixture.work_folder import MANIFEST, WORK
from coalm_oumi.storage import write_json, write_text

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True)
class Built:
    """A finished build.

    Attributes:
        manifest: What its manifest says.
        accounts: What became of the rows of each source.
        warnings: What the user should know.
        again: Whether it had been finished before, and nothing was done.
    """

    manifest: dict[str, Any]
    accounts: list[SourceAccount]
    warnings: list[str]
    again: bool = False


def _silent(what: str, done: int, whole: int) -> None:
    del what, done, whole


def build(
    output: Path,
    options: BuildOptions,
    *,
    workers: int = 1,
    resume: bool = False,
    progress: Progress = _silent,
) -> Built:
    """Builds the mixture.

    Args:
        output: The folder to write to, new or empty.
        options: What to build.
        workers: Processes to use; their number changes the speed only.
        resume: Whether an unfinished build in the folder is to be finished.
        progress: Told how far the build is.

    Raises:
        OptionError: An option cannot be used; the folder holds something else, or a
            build with other options or sources.
        CoalmError: A source is missing or malformed.
    """
    work_folder.check_folder(output, resume=resume)
    progress("finding the sources", 0, 1)
    resolved = resolve_parts(options)
    snips = resolved.places.get("snips_split")
    benchmarks = benchmark_texts(snips) if options.overlaps else []
    plan = make_plan(options, resolved, benchmarks)
    progress("finding the sources", 1, 1)
    if (output / MANIFEST).is_file():
        return _finished(output, plan, resolved)
    with work_folder.only_build(output) as work:
        work_folder.take_up(work, plan)
        work_folder.write_benchmarks(work, benchmarks)
        config = WorkerConfig(work, output, options.overlaps, options.tokenizer)
        with worker_pool(config, workers) as pool:
            tasks = _shard_tasks(resolved, options)
            reports = _make_shards(pool, tasks, work / "shards", progress)
            accounts = source_accounts(reports)
            mixture = order_rows(
                [(task.part, work / "shards" / f"{task.name}.arrow") for task in tasks],
                drop_overlaps=options.drop_overlaps,
            )
            files = _write_files(pool, mixture, options, config, progress)
        manifest = make_manifest(plan, mixture, files)
        _publish(output, manifest, resolved, accounts, reports, benchmarks)
    shutil.rmtree(work, ignore_errors=True)
    return Built(manifest, accounts, resolved.warnings)


def _finished(output: Path, plan: work_folder.Plan, resolved: ResolvedSources) -> Built:
    manifest = json.loads((output / MANIFEST).read_text("utf-8"))
    work_folder.compare({key: manifest.get(key) for key in plan}, plan, output)
    ledger = json.loads((output / "ledger.json").read_text("utf-8"))
    accounts = [SourceAccount(source, **account) for source, account in ledger.items()]
    shutil.rmtree(output / WORK, ignore_errors=True)
    return Built(manifest, accounts, resolved.warnings, again=True)


def _shard_tasks(resolved: ResolvedSources, options: BuildOptions) -> list[ShardTask]:
    tasks = []
    for part in resolved.parts:
        places = resolved.places_of(part)
        shards = part.shards(places)
        tasks.extend(
            ShardTask(part.name, places, options, number, shards)
            for number in range(shards)
        )
    return tasks


def _make_shards(
    pool: WorkerPool, tasks: Sequence[ShardTask], folder: Path, progress: Progress
) -> list[dict[str, Any]]:
    todo = [task for task in tasks if read_report(folder, task.name) is None]
    done = len(tasks) - len(todo)
    progress("making samples", done, len(tasks))
    for _ in pool.run(_shard_job, todo):
        done += 1
        progress("making samples", done, len(tasks))
    reports = [read_report(folder, task.name) for task in tasks]
    return [report for report in reports if report is not None]


def _shard_job(task: ShardTask, state: WorkerState) -> None:
    make_shard(task, state.config.work / "shards", state.index, state.count)


def _write_files(
    pool: WorkerPool,
    mixture: Mixture,
    options: BuildOptions,
    config: WorkerConfig,
    progress: Progress,
) -> list[dict[str, Any]]:
    tasks = [
        FileTask(
            number,
            len(mixture.files),
            tuple(ranges),
            options.format,
            options.drop_overlaps,
        )
        for number, ranges in enumerate(mixture.files)
    ]
    done_folder = config.work / "files"
    todo = [
        task for task in tasks if read_done(task, config.output, done_folder) is None
    ]
    done = len(tasks) - len(todo)
    progress("writing files", done, len(tasks))
    for _ in pool.run(_file_job, todo):
        done += 1
        progress("writing files", done, len(tasks))
    written = [read_done(task, config.output, done_folder) for task in tasks]
    return [file for files in written for file in files or ()]


def _file_job(task: FileTask, state: WorkerState) -> None:
    config = state.config
    write_file(task, config.work / "shards", config.output, config.work / "files")


def _publish(
    output: Path,
    manifest: dict[str, Any],
    resolved: ResolvedSources,
    accounts: list[SourceAccount],
    reports: list[dict[str, Any]],
    benchmarks: list[BenchmarkTexts],
) -> None:
    """Writes the accounts, the card and the manifest, in this order."""
    write_ledger(output, accounts, reports)
    if benchmarks:
        dropped = bool(manifest["options"]["drop_overlaps"])
        summary = overlap_summary(benchmarks, reports, dropped=dropped)
        write_overlaps(output, summary, reports)
        manifest["overlaps"] = summary
    card = dataset_card(manifest, accounts, resolved.warnings)
    write_text(output / "README.md", card)
    write_json(output / MANIFEST, manifest)
