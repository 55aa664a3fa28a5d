"""`coalm report`: stored results as tables, as Markdown, and as one HTML page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coalm_oumi.cli import output

if TYPE_CHECKING:
    from coalm_oumi.evaluation.report.document import Report


def report(
    folders: Annotated[
        list[Path],
        typer.Argument(
            metavar="RESULT_DIR...",
            help="The output_dir of an `oumi evaluate`, or a task's folder in it. Of "
            "several results of one benchmark, data and protocol each pair is compared "
            "case by case; folders without results are named and left out.",
        ),
    ],
    markdown: Annotated[
        Path | None,
        typer.Option("--markdown", metavar="FILE", help="Write it as Markdown."),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html", metavar="FILE", help="Write it as one page, with plots and cases."
        ),
    ] = None,
) -> None:
    """Show results beside the paper's, and compare them with each other."""
    import coalm_oumi
    from coalm_oumi.benchmarks.registry import BENCHMARKS, find_benchmark
    from coalm_oumi.evaluation.report import build_report, read_results, without_results
    from coalm_oumi.storage import write_text

    results = read_results(folders, find_benchmark)
    known = (found for name in BENCHMARKS if (found := find_benchmark(name)))
    built = build_report(results, known)
    empty = without_results(folders)
    if empty:
        names = ", ".join(map(str, empty))
        output.warning(f"without results of coalm-oumi, and left out: {names}")
    if markdown is not None:
        from coalm_oumi.evaluation.report.markdown import to_markdown

        write_text(markdown, to_markdown(built))
        output.line(f"Written: {markdown}")
    if html is not None:
        from coalm_oumi.evaluation.report.page import to_page

        write_text(html, to_page(built, coalm_oumi.__version__))
        output.line(f"Written: {html}")
    if markdown is None and html is None:
        _show(built)


def _show(built: Report) -> None:
    from coalm_oumi.evaluation.report.headline_table import headline_table

    scores = headline_table(built.headline)
    output.heading(scores.title)
    output.table(scores.columns, scores.rows)
    output.line(scores.note)
    for section in built.sections:
        if not section.tables and not section.remarks:
            continue
        badge = f" ({section.badge})" if section.badge else ""
        output.heading(f"{section.title}{badge}")
        for remark in section.remarks:
            output.line(remark)
        for table in section.tables:
            if table.title != section.title:
                output.heading(table.title)
            output.table(table.columns, table.rows)
            if table.note:
                output.line(table.note)
