"""A report as Markdown, without plots and cases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from coalm_oumi.evaluation.report.document import Report, Section, Table
from coalm_oumi.evaluation.report.headline_table import headline_table

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|])")


def to_markdown(report: Report) -> str:
    """Returns a report as Markdown (GitHub's, with tables)."""
    scores = headline_table(report.headline)
    parts = [f"# {_text(report.title)}", f"## {_text(scores.title)}", _table(scores)]
    parts.append(_text(scores.note))
    return "\n\n".join([*parts, *sections_markdown(report.sections)]) + "\n"


def sections_markdown(sections: Iterable[Section]) -> Iterator[str]:
    """Yields the paragraphs, headings and tables of sections, without their plots."""
    for section in sections:
        if not section.tables and not section.remarks:
            continue
        badge = f" ({section.badge})" if section.badge else ""
        yield f"## {_text(section.title)}{badge}"
        yield from map(_text, section.remarks)
        for table in section.tables:
            if table.title != section.title:
                yield f"### {_text(table.title)}"
            yield _table(table)
            if table.note:
                yield _text(table.note)


def _table(table: Table) -> str:
    rules = ["--:" if numeric else "---" for numeric in table.numeric]
    rows = [_row(table.heads), _row(rules, raw=True)]
    rows += [
        _row(row, bold=number in table.ours) for number, row in enumerate(table.rows)
    ]
    return "\n".join(rows)


def _row(
    cells: tuple[str, ...] | list[str], *, raw: bool = False, bold: bool = False
) -> str:
    texts = [cell if raw else _text(cell) for cell in cells]
    if bold:
        texts = [f"**{text}**" if text.strip() else text for text in texts]
    return f"| {' | '.join(texts)} |"


def _text(text: str) -> str:
    """Escapes what Markdown would read: names come from models and users."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
