"""What a reader sees first: one main score per benchmark, of each run and the paper.

In: results of `snips_dst` and `api_bank` by one model. Out: a row for each benchmark; in
it the run's main metric with its interval and the floor of constant replies, "not run"
where there is none, and the figures of the paper's CoALM where it printed that metric.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from coalm_oumi.evaluation.benchmark import Benchmark
from coalm_oumi.evaluation.metric_names import readable
from coalm_oumi.evaluation.paper import PaperColumn
from coalm_oumi.evaluation.report.comparability import (
    is_invented,
    not_compared,
    part_of_data,
    why_not_beside_paper,
)
from coalm_oumi.evaluation.report.document import (
    Figure,
    Headline,
    HeadlineColumn,
    HeadlineRow,
)
from coalm_oumi.evaluation.report.runs import Run, runs_of
from coalm_oumi.evaluation.report.stored import StoredResult

NOT_RUN = "not run"
NOT_PRINTED = "not in the paper"
_PAPER_MODELS = ("CoALM-8B", "CoALM-70B")


def headline(
    results: Sequence[StoredResult], benchmarks: Sequence[Benchmark[Any, Any]]
) -> Headline:
    """Returns the main scores.

    Args:
        results: The results.
        benchmarks: Those that have a row even if no result is of them.
    """
    runs = runs_of(results)
    known = {benchmark.name: benchmark for benchmark in benchmarks}
    known |= {r.task: r.benchmark for r in results if r.benchmark is not None}
    tasks = dict.fromkeys([*known, *(result.task for result in results)])
    columns = [
        HeadlineColumn(run.name, "base model" if run.is_base else "run") for run in runs
    ]
    columns += [HeadlineColumn(model, "paper") for model in _PAPER_MODELS]
    rows = tuple(_row(task, known.get(task), runs) for task in tasks)
    return Headline(tuple(columns), rows)


def _row(
    task: str, benchmark: Benchmark[Any, Any] | None, runs: Sequence[Run]
) -> HeadlineRow:
    chosen = [_chosen(task, run) for run in runs]
    shown = [result for result in chosen if result is not None]
    metric = _metric(benchmark, shown)
    column = _paper_column(benchmark, metric)
    figures = [_figure(result, metric, column) for result in chosen]
    beside = [each for each in figures if each is not None and not each.apart]
    apart = "not compared" if shown and not beside else ""
    printed = [_printed(benchmark, column, model, apart) for model in _PAPER_MODELS]
    words = readable(metric) if benchmark is None else benchmark.metric_name(metric)
    return HeadlineRow(
        task,
        words,
        tuple(figure or NOT_RUN for figure in figures)
        + tuple(figure or NOT_PRINTED for figure in printed),
    )


def _chosen(task: str, run: Run) -> StoredResult | None:
    """Returns a run's result of a benchmark; of several protocols the paper's."""
    own = [result for result in run.results if result.task == task]
    if not own:
        return None
    found = own[0].benchmark
    wanted = found.main_metrics[0] if found and found.main_metrics else None
    beside = (result for result in own if not why_not_beside_paper(result))
    having = (result for result in own if wanted in result.metrics)
    return next(beside, None) or next(having, None) or own[0]


def _metric(
    benchmark: Benchmark[Any, Any] | None, shown: Sequence[StoredResult]
) -> str:
    if shown:
        return shown[0].main_metric or ""
    own = () if benchmark is None else benchmark.main_metrics
    return next(iter(own), "")


def _paper_column(
    benchmark: Benchmark[Any, Any] | None, metric: str
) -> PaperColumn | None:
    if benchmark is None or benchmark.paper is None:
        return None
    columns = benchmark.paper.columns
    return next((each for each in columns if metric in each.metrics), None)


def _figure(
    result: StoredResult | None, metric: str, column: PaperColumn | None
) -> Figure | None:
    if result is None:
        return None
    own = result.main_metric or ""
    found, floor = result.metrics[own], result.floors.get(own)
    apart = ""
    if column is not None:
        apart = not_compared(result) or column.not_the_same_cases(found)
    return Figure(
        found.value,
        found.interval,
        floor=None if floor is None else floor.value,
        cases=part_of_data(result) or f"{result.n:,} cases",
        metric="" if own == metric else result.metric_name(own),
        invented=is_invented(result),
        apart=apart,
    )


def _printed(
    benchmark: Benchmark[Any, Any] | None,
    column: PaperColumn | None,
    model: str,
    apart: str,
) -> Figure | None:
    if benchmark is None or benchmark.paper is None or column is None:
        return None
    values = benchmark.paper.rows.get(model)
    if values is None:
        return None
    value = values[benchmark.paper.columns.index(column)]
    return None if value is None else Figure(value, None, apart=apart)
