"""The mixture's counts beside the paper's Table 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from coalm_oumi.datasets.parts import PARTS, TABLE_1

HEAD = (
    "part",
    "domain",
    "turns",
    "source",
    "#samples",
    "#tokens",
    "#tokens/sample",
    "#paper: samples",
    "#tokens",
    "#tokens/sample",
)
"""The heads of the columns; `#` marks numbers."""
_NONE = "-"


@dataclass(frozen=True)
class Counts:
    """Samples and tokens of one row; tokens are None if they were not counted."""

    samples: int
    tokens: int | None

    def cells(self) -> tuple[str, str, str]:
        """Returns samples, tokens and tokens per sample as text."""
        if self.tokens is None or not self.samples:
            return f"{self.samples:,}", _NONE, _NONE
        each = self.tokens / self.samples
        return f"{self.samples:,}", f"{self.tokens:,}", f"{each:.2f}"


def table_rows(
    samples: Mapping[str, int], tokens: Mapping[str, int] | None
) -> list[tuple[str, ...]]:
    """Returns the rows of the table as text, the total last.

    Args:
        samples: Samples by part; a part that is not in the build is shown without.
        tokens: Tokens by part, or None.
    """
    rows = []
    for name, paper in TABLE_1.items():
        ours = (_NONE,) * 3
        if name in samples:
            ours = Counts(samples[name], tokens[name] if tokens else None).cells()
        theirs = Counts(paper.samples, paper.tokens).cells()
        what = (paper.domain, paper.turns, paper.source)
        rows.append((name, *what, *ours, *theirs))
    for name in samples:
        if name not in TABLE_1:
            ours = Counts(samples[name], tokens[name] if tokens else None).cells()
            rows.append((name, "", "", PARTS[name].title, *ours, *(_NONE,) * 3))
    whole = Counts(sum(samples.values()), sum(tokens.values()) if tokens else None)
    paper = TABLE_1.values()
    theirs = Counts(sum(p.samples for p in paper), sum(p.tokens for p in paper))
    rows.append(("total", "", "", "", *whole.cells(), *theirs.cells()))
    return rows


def markdown_table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Returns a table in Markdown; a head that begins with `#` is aligned right."""
    lines = [
        " | ".join(name.removeprefix("#") for name in head),
        " | ".join("--:" if name.startswith("#") else "---" for name in head),
        *(" | ".join(row) for row in rows),
    ]
    return "".join(f"| {line} |\n" for line in lines)
