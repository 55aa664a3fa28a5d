"""Our results beside the paper's tables, with differences where they make sense."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from coalm_oumi.evaluation.benchmark import Benchmark
from coalm_oumi.evaluation.paper import ABLATION_MODELS, PaperColumn, PaperTable
from coalm_oumi.evaluation.report.comparability import paper_of, why_not_beside_paper
from coalm_oumi.evaluation.report.document import HeatMap, Section, Table
from coalm_oumi.evaluation.report.stored import StoredResult
from coalm_oumi.evaluation.results import Metric

_SIZES = ("405B", "70B", "8B")


def paper_table(results: Sequence[StoredResult]) -> Table | None:
    """Returns the paper's table of a benchmark with our rows first; None without any.

    Results that may not stand there (`why_not_beside_paper`) are left out. A row of ours
    has its differences below it where there are any to tell, to the paper's CoALM of the
    same size (8B if the model's name tells none), with the interval of ours moved by the
    paper's value.
    """
    table = paper_of(results[0])
    if table is None:
        return None
    rows: list[tuple[str, ...]] = []
    for result in results:
        if why_not_beside_paper(result):
            continue
        own = _figures(table, result)
        if all(figure == "-" for figure in own):
            continue
        told = (result.provenance.get(name) for name in table.told)
        told = [str(each) for each in told if each and f"({each})" not in result.label]
        if result.provenance.get("prompt") is None:
            told.append("prompt not recorded")
        label = ", ".join([result.label, *told])
        rows.append((label, *own))
        peer = _peer(table, result)
        differences = _differences(table, peer, result)
        if any(each != "-" for each in differences):
            rows.append((f"  minus {peer}", *differences))
    if not rows:
        return None
    ours = frozenset(range(len(rows)))
    rows += [
        (
            model,
            *("-" if value is None else f"{value:.1f}" for value in values),
        )
        for model, values in table.rows.items()
    ]
    columns = ("model", *(f"#{column.title}" for column in table.columns))
    return Table(
        f"Table {table.number} of the paper", columns, tuple(rows), table.note, ours
    )


def not_beside_paper_table(results: Sequence[StoredResult]) -> Table | None:
    """Returns the paper's columns of results that may not stand beside its rows.

    Args:
        results: Results of one benchmark; there is no table for one that the paper did
            not measure. Those that may stand there (`why_not_beside_paper`) are left out.
    """
    table = paper_of(results[0])
    if table is None:
        return None
    rows = [
        (result.label, *_figures(table, result), why)
        for result in results
        if (why := why_not_beside_paper(result))
    ]
    if not rows:
        return None
    return Table(
        f"Not to be compared with Table {table.number} of the paper",
        ("model", *(f"#{column.title}" for column in table.columns), "why not"),
        tuple(rows),
    )


def _figures(table: PaperTable, result: StoredResult) -> list[str]:
    own = [column.own(result.metrics) for column in table.columns]
    return [f"{metric.value:.1f}" if metric else "-" for metric in own]


def _peer(table: PaperTable, result: StoredResult) -> str:
    named = str(result.provenance.get("model") or result.label).lower()
    size = next((size for size in _SIZES if size.lower() in named), "8B")
    return f"CoALM-{size}" if f"CoALM-{size}" in table.rows else next(iter(table.rows))


def _differences(table: PaperTable, peer: str, result: StoredResult) -> list[str]:
    told = []
    for column, printed in zip(table.columns, table.rows[peer], strict=True):
        metric = column.own(result.metrics)
        told.append(_difference(column, printed, metric, result))
    return told


def _difference(
    column: PaperColumn,
    printed: float | None,
    metric: Metric | None,
    result: StoredResult,
) -> str:
    if metric is None or printed is None:
        return "-"
    apart = column.not_the_same_cases(metric)
    # Of a result that does not record its prompt it is not known how it was asked.
    if apart or column.n is None or result.provenance.get("prompt") is None:
        return apart or "-"
    low, high = (end - printed for end in metric.interval)
    # The space in the brackets does not break; the one before them may.
    return f"{metric.value - printed:+.1f} [{low:+.1f},\N{NO-BREAK SPACE}{high:+.1f}]"


def ablation_section(
    results: Sequence[StoredResult], benchmarks: Iterable[Benchmark[Any, Any]]
) -> Section | None:
    """Returns Table 5 with our models below it; None if they have none of its figures.

    Args:
        results: Those that may stand beside the paper's (`why_not_beside_paper`) count.
        benchmarks: All that may have columns of the table, in its order.
    """
    results = [result for result in results if not why_not_beside_paper(result)]
    if not results:
        return None
    columns = [
        (benchmark.name, column)
        for benchmark in benchmarks
        if benchmark.paper is not None
        for column in benchmark.paper.ablation
    ]
    labels = dict.fromkeys(result.label for result in results)
    own = {label: _ablation_row(label, columns, results) for label in labels}
    own = {label: row for label, row in own.items() if any(v is not None for v in row)}
    if not own:
        return None
    names = [column.title for _, column in columns]
    printed = zip(*(column.ablation for _, column in columns), strict=True)
    every = {**dict(zip(ABLATION_MODELS, printed, strict=True)), **own}
    rows = tuple(
        (name, *("-" if value is None else f"{value:.1f}" for value in values))
        for name, values in every.items()
    )
    count = len(ABLATION_MODELS)
    table = Table(
        "Table 5 of the paper: one part of the data left out",
        ("model", *(f"#{name}" for name in names)),
        rows,
        "API-Bank is Rouge-L. Ours are over the cases that were run.",
        frozenset(range(count, count + len(own))),
    )
    heat = HeatMap(
        "Table 5, each column coloured on its own",
        tuple(every),
        tuple(names),
        tuple(tuple(values) for values in every.values()),
        by_column=True,
    )
    return Section("Ablation", tables=(table,), plots=(heat,))


def _ablation_row(
    label: str,
    columns: Sequence[tuple[str, PaperColumn]],
    results: Sequence[StoredResult],
) -> tuple[float | None, ...]:
    own = {r.task: r.metrics for r in reversed(results) if r.label == label}
    found = (column.own(own.get(task, {})) for task, column in columns)
    return tuple(None if metric is None else metric.value for metric in found)
