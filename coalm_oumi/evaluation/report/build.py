"""From stored results to a report: main scores, a section per benchmark, comparisons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

from coalm_oumi.evaluation.benchmark import Benchmark
from coalm_oumi.evaluation.report.against_paper import (
    ablation_section,
    not_beside_paper_table,
    paper_table,
)
from coalm_oumi.evaluation.report.cases import comparison_section, worst_section
from coalm_oumi.evaluation.report.comparability import (
    badge_of,
    data_label,
    why_not_compared,
)
from coalm_oumi.evaluation.report.compare import compare
from coalm_oumi.evaluation.report.dialogue_view import dialogue_section
from coalm_oumi.evaluation.report.document import Bars, Report, Section, Table
from coalm_oumi.evaluation.report.errors_by_kind import error_map, error_table
from coalm_oumi.evaluation.report.headline import headline
from coalm_oumi.evaluation.report.stored import StoredResult
from coalm_oumi.evaluation.results import Metric, Metrics

_PLOTTED_GROUPS = 30
_NAMED_PAIRS = 3
_OF_DOMAINS = ("success", "jga_strict", "bookings_made")


def build_report(
    results: Sequence[StoredResult], benchmarks: Iterable[Benchmark[Any, Any]] = ()
) -> Report:
    """Builds a report.

    Args:
        results: The results, of any benchmarks; of those of one benchmark, data and
            protocol every pair is compared.
        benchmarks: All that have a row of main scores, and may have columns of the
            paper's ablation, which is left out without any.
    """
    known = tuple(benchmarks)
    tasks = list(dict.fromkeys(result.task for result in results))
    sections = [_overview(results)]
    for task in tasks:
        own = [result for result in results if result.task == task]
        sections.append(_benchmark(task, own))
        sections += [
            comparison_section(found)
            for first, second in combinations(own, 2)
            if (found := compare(first, second)) is not None
        ]
    ablation = ablation_section(results, known)
    if ablation is not None:
        sections.append(ablation)
    read = (dialogue_section(result) or worst_section(result) for result in results)
    sections += [section for section in read if section is not None]
    sections.append(_provenance(results))
    title = "CoALM evaluation: " + ", ".join(tasks)
    return Report(title, sections, headline(results, known))


def _overview(results: Sequence[StoredResult]) -> Section:
    rows = []
    for result in results:
        told = result.provenance
        tokens = told.get("tokens") or {}
        rows.append(
            (
                result.task,
                result.label,
                str(result.n),
                data_label(result),
                str(told.get("engine") or "-"),
                str(told.get("prompt") or "-"),
                _number(told.get("seconds")),
                _number(tokens.get("completion") if isinstance(tokens, dict) else None),
                str(result.folder),
            )
        )
    columns = (
        "benchmark",
        "model",
        "#n",
        "data",
        "engine",
        "prompt",
        "#seconds",
        "#tokens written",
    )
    table = Table("Results", (*columns, "folder"), tuple(rows))
    return Section("Results", tables=(table,), badge=badge_of(results))


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, (int, float)) else "-"


def with_interval(metric: Metric | None) -> str:
    """Returns a metric as `48.5 [45.7, 51.1]`."""
    if metric is None:
        return "-"
    return "{:.1f} [{:.1f}, {:.1f}]".format(metric.value, *metric.interval)


def _benchmark(task: str, results: Sequence[StoredResult]) -> Section:
    sets = _alike(results)
    tables = [_metric_table(alike, of) for of, alike in sets]
    paper = (paper_table(results), not_beside_paper_table(results))
    tables += [table for table in paper if table is not None]
    tables += [table for result in results for table in _group_tables(result)]
    kinds = (error_table(alike, of) for of, alike in sets)
    tables += [table for table in kinds if table is not None]
    plots: list[Any] = [bars for of, alike in sets for bars in _group_bars(alike, of)]
    plots += [found for result in results if (found := error_map(result)) is not None]
    notes = (
        *_not_compared(results),
        *(f"{result.label}: {note}" for result in results for note in result.notes),
    )
    return Section(task, notes, tuple(tables), tuple(plots), badge=badge_of(results))


def _alike(results: Sequence[StoredResult]) -> list[tuple[str, list[StoredResult]]]:
    """Returns the results that one table may hold, with words for what they are of.

    They are of the same data, part and protocol, or name their protocol in their label.
    The words are empty where one table holds all.
    """
    sets: dict[tuple[str, ...], list[StoredResult]] = {}
    for result in results:
        told, protocol = result.provenance, result.protocol or "protocol not recorded"
        named = "" if f"({protocol})" in result.label else protocol
        data = (str(told.get("data_sha256")), str(told.get("split")))
        sets.setdefault((*data, data_label(result), named), []).append(result)
    if len(sets) == 1:
        return [("", list(results))]
    protocols = {key[-1] for key in sets}
    return [
        (", ".join(filter(None, key[2:] if len(protocols) > 1 else key[2:3])), alike)
        for key, alike in sets.items()
    ]


def _not_compared(results: Sequence[StoredResult]) -> Iterable[str]:
    """Yields a sentence for each reason why pairs are not compared case by case."""
    reasons: dict[str, list[str]] = {}
    for first, second in combinations(results, 2):
        why = why_not_compared(first, second)
        if why:
            pair = f"{second.label} with {first.label}"
            reasons.setdefault(why, []).append(pair)
    for why, pairs in reasons.items():
        more = len(pairs) - _NAMED_PAIRS
        named = ", ".join(pairs[:_NAMED_PAIRS]) + (f", {more} more" if more > 0 else "")
        yield f"Not compared case by case: {named}: {why}."


def _titled(title: str, of: str) -> str:
    return f"{title}: {of}" if of else title


def _metric_table(results: Sequence[StoredResult], of: str) -> Table:
    names = _in_order(result.metrics for result in results)
    floors = any(result.floors for result in results)
    rows = (
        (
            results[0].metric_name(name),
            *(with_interval(result.metrics.get(name)) for result in results),
            *((_floors(results, name),) if floors else ()),
        )
        for name in names
    )
    return Table(
        _titled("Metrics, in per cent, with 95 % intervals", of),
        (
            "metric",
            *(f"#{result.label}" for result in results),
            *(("#constant reply",) if floors else ()),
        ),
        tuple(rows),
    )


def _floors(results: Sequence[StoredResult], name: str) -> str:
    """Returns what a constant reply reaches, once if it is the same for all results."""
    found = (r.floors.get(name) for r in results if name in r.metrics)
    told = ("-" if each is None else f"{each.value:.1f}" for each in found)
    return ", ".join(dict.fromkeys(told)) or "-"


def _group_tables(result: StoredResult) -> Iterable[Table]:
    """Yields a table for each kind of group (`api=...`)."""
    kinds: dict[str, dict[str, Metrics]] = {}
    for group, metrics in result.groups.items():
        kinds.setdefault(group.partition("=")[0], {})[group] = metrics
    for kind, groups in kinds.items():
        names = _in_order(groups.values())
        rows = tuple(
            (
                group.partition("=")[2],
                ", ".join(map(str, sorted({m.n for m in metrics.values()}))),
                *(f"{metrics[k].value:.1f}" if k in metrics else "-" for k in names),
            )
            for group, metrics in groups.items()
        )
        heads = (f"#{result.metric_name(name)}" for name in names)
        columns = (_spoken(kind), "#n", *heads)
        yield Table(f"{result.label}, by {_spoken(kind)}", columns, rows)


def _spoken(kind: str) -> str:
    return kind.replace("_", " ")


def _group_bars(results: Sequence[StoredResult], of: str) -> Iterable[Bars]:
    """Yields a plot of the first metric for each kind of group (`api=...`).

    Of domains the other metrics of `_OF_DOMAINS` are plotted as well.
    """
    kinds = dict.fromkeys(
        group.partition("=")[0] for result in results for group in result.groups
    )
    for kind in kinds:
        groups = _in_order(result.groups for result in results)
        groups = [group for group in groups if group.partition("=")[0] == kind]
        metrics = _in_order(
            r.groups[g] for r in results for g in groups if g in r.groups
        )
        if len(groups) < 2 or not metrics:
            continue
        others = [m for m in metrics[1:] if kind == "domain" and m in _OF_DOMAINS]
        for metric in (metrics[0], *others):
            bars = _bars(results, kind, groups, metric)
            yield replace(bars, title=_titled(bars.title, of))


def _bars(
    results: Sequence[StoredResult], kind: str, groups: Sequence[str], metric: str
) -> Bars:
    """Returns the plot of a metric, the groups with most cases first."""
    size = {g: max(_size(r, g, metric) for r in results) for g in groups}
    having = [group for group in groups if size[group]]
    shown = sorted(having, key=lambda group: -size[group])[:_PLOTTED_GROUPS]
    names = tuple(f"{g.partition('=')[2] or g} ({size[g]})" for g in shown)
    series = tuple(
        (result.label, tuple(_bar(result, group, metric) for group in shown))
        for result in results
        if any(metric in result.groups.get(group, {}) for group in shown)
    )
    words = results[0].metric_name(metric)
    return Bars(f"{words} by {_spoken(kind)} (number of cases)", names, series)


def _size(result: StoredResult, group: str, metric: str) -> int:
    found = result.groups.get(group, {}).get(metric)
    return 0 if found is None else found.n


def _bar(
    result: StoredResult, group: str, metric: str
) -> tuple[float, float, float] | None:
    found = result.groups.get(group, {}).get(metric)
    if found is None:
        return None
    return found.value, found.interval.low, found.interval.high


def _provenance(results: Sequence[StoredResult]) -> Section:
    names = _in_order(result.provenance for result in results)
    rows = tuple(
        (name, *(_one(result.provenance.get(name)) for result in results))
        for name in names
    )
    columns = ("", *(f"{result.task}, {result.label}" for result in results))
    return Section("How they were made", tables=(Table("Provenance", columns, rows),))


def _one(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} {_one(v)}" for k, v in value.items() if v is not None)
    if isinstance(value, list):
        return ", ".join(_one(v) for v in value)
    return "-" if value is None else str(value)


def _in_order(found: Iterable[Iterable[str]]) -> list[str]:
    """Returns all names, each once, in the order in which they first come."""
    return list(dict.fromkeys(name for names in found for name in names))
