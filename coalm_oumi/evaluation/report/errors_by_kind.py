"""What kinds of errors there are, and in which groups of cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from coalm_oumi.evaluation.report.document import HeatMap, Table
from coalm_oumi.evaluation.report.stored import StoredResult

_MOST_KINDS = 12
_MOST_GROUPS = 30


def error_table(results: Sequence[StoredResult], of: str = "") -> Table | None:
    """Returns how often each kind of error is made; None if no case names one.

    Args:
        results: Results on the same cases.
        of: What they are of, told in the title.
    """
    counts = [_kinds(result) for result in results]
    kinds = [kind for kind, _ in sum(counts, Counter()).most_common(_MOST_KINDS)]
    if not kinds:
        return None
    rows = tuple(
        (
            kind,
            *(
                f"{count[kind]} ({100 * count[kind] / max(len(result.cases), 1):.1f} %)"
                for result, count in zip(results, counts, strict=True)
            ),
            next(_examples(results, kind), ""),
        )
        for kind in kinds
    )
    columns = ("error", *(f"#{result.label}" for result in results), "example")
    title = f"Failures by kind: {of}" if of else "Failures by kind"
    return Table(title, columns, rows)


def error_map(result: StoredResult) -> HeatMap | None:
    """Returns kinds of errors against groups; None if the cases name no groups."""
    cells: Counter[tuple[str, str]] = Counter(
        (_group(case), _kind(case))
        for case in result.cases
        if _kind(case) and _group(case)
    )
    if not cells:
        return None
    groups: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for (group, kind), count in cells.items():
        groups[group] += count
        kinds[kind] += count
    columns = tuple(kind for kind, _ in kinds.most_common(_MOST_KINDS))
    rows = tuple(group for group, _ in groups.most_common(_MOST_GROUPS))
    return HeatMap(
        f"{result.label}: kinds of errors by group (number of cases)",
        tuple(row.partition("=")[2] or row for row in rows),
        columns,
        tuple(
            tuple(float(cells[row, column]) or None for column in columns)
            for row in rows
        ),
        unit="",
    )


def _kinds(result: StoredResult) -> Counter[str]:
    return Counter(kind for case in result.cases if (kind := _kind(case)))


def _kind(case: Mapping[str, Any]) -> str:
    return str(case.get("error") or "")


def _group(case: Mapping[str, Any]) -> str:
    return str(case.get("group") or "")


def _examples(results: Sequence[StoredResult], kind: str) -> Any:
    return (
        str(case["id"])
        for result in results
        for case in result.cases
        if _kind(case) == kind
    )
