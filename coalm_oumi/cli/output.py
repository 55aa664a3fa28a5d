"""Writing to the terminal, to a pipe and to the error stream.

On a terminal there are colours and drawn tables; everywhere else plain lines, whole
however long. Text from data or models never reaches the terminal with its control
characters: an escape sequence in a reply is shown, not obeyed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_NARROWEST_WORDS = 20
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    r"""Returns text with its control characters written out (`\x1b`).

    Line breaks and tabs stay. Characters that turn the writing direction are written
    out too, since they can hide what a line says.
    """
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


def console() -> Console:
    """Returns a console on the present stdout."""
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False)


def line(text: str | Text = "", *, style: str = "") -> None:
    """Writes one line to stdout, never broken or cut.

    Args:
        text: What to write; control characters of a `str` are written out.
        style: How it looks on a terminal.
    """
    content = printable(text) if isinstance(text, str) else text
    console().print(content, style=style, soft_wrap=True)


def heading(text: str) -> None:
    """Writes a heading, with an empty line before it."""
    line()
    line(text, style="bold")


def error(message: str) -> None:
    """Writes `Error: message` to stderr."""
    _message("Error:", message, "bold red")


def warning(message: str) -> None:
    """Writes `Warning: message` to stderr, after what stands in stdout so far."""
    sys.stdout.flush()
    _message("Warning:", message, "bold yellow")


def _message(word: str, message: str, style: str) -> None:
    from rich.console import Console
    from rich.text import Text

    text = Text.assemble((word, style), " ", printable(message))
    Console(stderr=True, highlight=False).print(text, soft_wrap=True)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Writes a table; a column whose name begins with `#` is aligned to the right.

    Args:
        columns: The heads of the columns.
        rows: The cells of each row.
    """
    names = [name.removeprefix("#") for name in columns]
    right = [name.startswith("#") for name in columns]
    cells = [[" ".join(printable(cell).split()) for cell in row] for row in rows]
    if console().is_terminal:
        _draw(names, right, cells)
        return
    widths = [max(map(len, column)) for column in zip(names, *cells, strict=True)]
    for row in [names, *cells]:
        parts = [
            cell.rjust(width) if is_right else cell.ljust(width)
            for cell, width, is_right in zip(row, widths, right, strict=True)
        ]
        line("  ".join(parts).rstrip())


def _draw(names: list[str], right: list[bool], cells: list[list[str]]) -> None:
    """Draws a table. Cells stay whole, but for words in the last column."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    drawn, least = Table(box=SIMPLE_HEAD), 1
    for number, (name, is_right) in enumerate(zip(names, right, strict=True)):
        width = max((len(row[number]) for row in cells), default=0)
        if number == len(names) - 1 and not is_right:
            width = min(width, _NARROWEST_WORDS)
        drawn.add_column(
            name.replace("_", " "),
            justify="right" if is_right else "left",
            min_width=width,
            no_wrap=width >= len(name) and width > _NARROWEST_WORDS,
            overflow="fold",
        )
        least += width + 3
    for row in cells:
        drawn.add_row(*(Text(cell) for cell in row))
    # Rather too wide for the terminal than without some of its columns.
    out = console()
    out.print(drawn, width=max(out.width, least), crop=False)
