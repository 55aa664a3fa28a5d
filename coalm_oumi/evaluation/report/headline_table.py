"""The headline as a table of text, for Markdown and the terminal."""

from __future__ import annotations

from coalm_oumi.evaluation.invented import INVENTED
from coalm_oumi.evaluation.report.document import (
    Figure,
    Headline,
    HeadlineColumn,
    HeadlineRow,
    Table,
)

TITLE = "Main scores"
_NOTE = (
    "In per cent, with 95 % intervals. A constant reply is the best that one reply, the "
    "same in every case, reaches on the same cases."
)


def headline_table(headline: Headline) -> Table:
    """Returns a row for each score; what the paper did not print has none."""
    rows = tuple(
        _row(row, column, figure)
        for row in headline.rows
        for column, figure in zip(headline.columns, row.figures, strict=True)
        if isinstance(figure, Figure) or column.kind != "paper"
    )
    columns = ("benchmark", "metric", "of", "#score", "#constant reply", "cases")
    return Table(TITLE, columns, rows, _NOTE)


def _row(
    row: HeadlineRow, column: HeadlineColumn, figure: Figure | str
) -> tuple[str, ...]:
    kind = "" if column.kind == "run" else f" ({column.kind})"
    name = f"{column.name}{kind}"
    if not isinstance(figure, Figure):
        return (row.benchmark, row.metric, name, figure, "-", "-")
    score = f"{figure.value:.1f}"
    if figure.interval is not None:
        score += " [{:.1f}, {:.1f}]".format(*figure.interval)
    floor = "-" if figure.floor is None else f"{figure.floor:.1f}"
    told = "; ".join((*((INVENTED,) if figure.invented else ()), *figure.told))
    return (row.benchmark, figure.metric or row.metric, name, score, floor, told)
