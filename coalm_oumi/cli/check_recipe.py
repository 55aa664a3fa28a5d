"""`coalm check -c RECIPE`: what is wrong with a recipe, and what it needs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from coalm_oumi.cli import output
from coalm_oumi.planning.hardware import GIB, parse_hardware

if TYPE_CHECKING:
    from coalm_oumi.planning.findings import Duration, Finding, Report
    from coalm_oumi.planning.memory import MemoryPart


def show_recipe(
    ctx: typer.Context,
    path: str,
    hardware: str | None,
    global_batch: int | None,
    *,
    as_json: bool,
) -> None:
    """Checks a recipe and writes the report.

    Args:
        ctx: The command line, with the fields to change.
        path: The recipe.
        hardware: What it is to run on, as the user writes it; None for what its header
            says, and for this machine: what it lacks here is then told as well.
        global_batch: Samples that a training step is to have; None for any.
        as_json: Whether the report is written as one JSON object.

    Raises:
        CoalmError: The recipe or an option cannot be used.
        typer.Exit: Something has to be changed.
    """
    from oumi.cli.cli_utils import parse_extra_cli_args

    from coalm_oumi.cli.recipe import quiet_oumi
    from coalm_oumi.planning.check import check_recipe, named_hardware
    from coalm_oumi.planning.launch import start_command
    from coalm_oumi.planning.machine import this_machine

    wanted = named_hardware(path) if hardware is None else parse_hardware(hardware)
    with quiet_oumi():
        import coalm_oumi.plugin  # noqa: F401

        here = this_machine() if hardware is None else None
        changes = parse_extra_cli_args(ctx)
        report = check_recipe(path, changes, wanted, global_batch, here)
    if as_json:
        print(json.dumps(_as_object(report), indent=1))
    else:
        _show(path, report)
        if report.verb == "train" and wanted is not None and not report.errors:
            output.line(f"Start: {start_command(path, ctx.args, wanted)}", style="dim")
    if report.errors:
        raise typer.Exit(1)


def _as_object(report: Report) -> dict[str, Any]:
    memory = {part.name: round(part.bytes / GIB, 2) for part in report.memory}
    return {
        **asdict(report),
        "memory": memory,
        "memory_gib": round(sum(part.bytes for part in report.memory) / GIB, 2),
        "host": {part.name: round(part.bytes / GIB, 2) for part in report.host},
        "host_gib": round(sum(part.bytes for part in report.host) / GIB, 2),
    }


def _show(path: str, report: Report) -> None:
    size = "" if report.parameters is None else f", {report.parameters:,} weights"
    output.line(f"{path}: {report.verb} {report.model}{size}", style="bold")
    if report.trained is not None:
        output.line(f"trained: {report.trained:,} weights")
    if report.memory:
        _show_memory(report)
    if report.host:
        _show_host(report)
    if report.duration is not None:
        _show_duration(report.duration, report.hardware)
    _show_around_steps(report)
    output.line()
    if not report.findings:
        output.line("Nothing to change.", style="bold green")
    _show_findings(report.findings)
    if report.machine:
        output.heading("On this machine")
        _show_findings(report.machine)


def _show_findings(findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        style = "bold red" if finding.level == "error" else "yellow"
        output.line(f"{finding.level}: {finding.field}: {finding.problem}", style=style)
        if finding.fix:
            output.line(f"  {finding.fix}")


def _show_parts(parts: tuple[MemoryPart, ...]) -> None:
    rows = [(part.name, f"{part.bytes / GIB:.1f}") for part in parts]
    total = sum(part.bytes for part in parts) / GIB
    output.table(("part", "#GiB"), [*rows, ("together", f"{total:.1f}")])


def _show_host(report: Report) -> None:
    output.heading("Memory of each machine itself, while the model is loaded or saved")
    _show_parts(report.host)
    if report.host_available is not None:
        output.line(
            f"Common machines of the kind have {report.host_available:.0f} GiB."
        )


def _show_around_steps(report: Report) -> None:
    if (made := report.preparation) is not None:
        output.line(
            f"Before the first step, {made.samples:,} samples and {made.tokens:,} tokens "
            f"are made on each machine: about {made.core_minutes:.0f} minutes of one core."
        )
    if (sent := report.collectives) is not None:
        output.line(
            f"FSDP: {sent.units:,} units; in each forward and backward pass "
            f"{sent.gathers:,} all-gathers and {sent.reductions:,} reduce-scatters."
        )


def _show_memory(report: Report) -> None:
    output.heading(f"Memory of each GPU ({report.hardware or 'no hardware given'})")
    _show_parts(report.memory)
    if report.available is not None:
        output.line(f"A GPU has {report.available:.1f} GiB.")
    if report.cache_tokens is not None:
        output.line(
            f"The cache holds {report.cache_tokens:,} tokens of all requests together, "
            "if the engine may take 90 % of the memory."
        )
    if report.verb == "train":
        output.line("At its peak: every sample as long as model_max_length.")


def _show_duration(duration: Duration, hardware: str | None) -> None:
    output.heading("Duration")
    output.line(
        f"{duration.samples:,} samples an epoch, {duration.tokens:,} tokens in all, "
        f"{duration.steps:,} steps of {duration.global_batch:g} samples"
    )
    if duration.hours is not None:
        output.line(f"about {duration.hours:g} hours on {hardware}")
    output.line(f"Assumes {duration.assumption}.", style="dim")
