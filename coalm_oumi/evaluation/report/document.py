"""What a report says, whatever it is shown on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        title: What it shows.
        columns: Heads; one that begins with `#` is of numbers.
        rows: The cells of each row.
        note: What to know when reading it; may be empty.
        ours: The numbers of the rows that are our own, to be set off.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    ours: frozenset[int] = frozenset()

    @property
    def heads(self) -> tuple[str, ...]:
        """The heads as they are shown."""
        return tuple(column.removeprefix("#") for column in self.columns)

    @property
    def numeric(self) -> tuple[bool, ...]:
        """Which columns are of numbers."""
        return tuple(column.startswith("#") for column in self.columns)


@dataclass(frozen=True)
class Bars:
    """A plot of values with intervals, one bar per group and series.

    Attributes:
        title: What it shows.
        groups: The names of the groups.
        series: For each series its name, and per group (value, low, high) in per cent,
            or None where there is none.
    """

    title: str
    groups: tuple[str, ...]
    series: tuple[
        tuple[str, tuple[tuple[float, float, float] | None, ...]],
        ...,
    ]


@dataclass(frozen=True)
class HeatMap:
    """A plot of numbers by row and column.

    Attributes:
        title: What it shows.
        rows: The names of the rows.
        columns: The names of the columns.
        values: By row, None where there is none.
        unit: What the numbers are.
        by_column: Whether colours are chosen for each column on its own.
    """

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[float | None, ...], ...]
    unit: str = "%"
    by_column: bool = False


@dataclass(frozen=True)
class CaseShown:
    """A case to read: its id, what it is about, and named texts."""

    id: str
    about: str
    texts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Figure:
    """A score of the headline.

    Attributes:
        value: In per cent.
        interval: The ends of its 95 % interval; None where none was printed.
        floor: What the best constant reply reaches on the same cases; None if unknown.
        cases: How many cases it is over, or which part of them, in words.
        metric: What is measured, if it is not the row's metric.
        invented: Whether the data is invented.
        apart: Why it is not compared with the paper's figure; empty if it may be.
    """

    value: float
    interval: tuple[float, float] | None
    floor: float | None = None
    cases: str = ""
    metric: str = ""
    invented: bool = False
    apart: str = ""

    @property
    def told(self) -> tuple[str, ...]:
        """What is said below it: its cases, and why it is not compared."""
        cases = () if self.cases in self.apart else (self.cases,)
        return (*cases, self.apart) if self.apart else cases


@dataclass(frozen=True)
class HeadlineColumn:
    """Whose scores a column of the headline has."""

    name: str
    kind: Literal["run", "base model", "paper"]


@dataclass(frozen=True)
class HeadlineRow:
    """A benchmark's main metric, by column; words where there is no score."""

    benchmark: str
    metric: str
    figures: tuple[Figure | str, ...]


@dataclass(frozen=True)
class Headline:
    """One main score per benchmark and column."""

    columns: tuple[HeadlineColumn, ...]
    rows: tuple[HeadlineRow, ...]


@dataclass(frozen=True)
class Section:
    """A part of a report.

    Attributes:
        title: Its heading.
        remarks: Sentences at its beginning.
        tables: Its tables.
        plots: Its plots; only a page shows them.
        cases: Cases to read; only a page shows them.
        badge: A warning beside its heading, in two words; may be empty.
    """

    title: str
    remarks: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    plots: tuple[Bars | HeatMap, ...] = ()
    cases: tuple[CaseShown, ...] = ()
    badge: str = ""


@dataclass(frozen=True)
class Report:
    """A report: its title, its sections, and what stands before them."""

    title: str
    sections: Sequence[Section]
    headline: Headline
