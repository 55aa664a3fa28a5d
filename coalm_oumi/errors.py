"""The errors a user can cause, each told in one message.

A stack trace is for bugs. Everything else ends in a `CoalmError` that names the file,
the row and the field, what was expected, and what to do next::

    data/tools.json: row 3, field 'tools': expected a JSON list of tools,
    found '[{"name": "a"' (it ends too early). Correct the row or remove it.

This module is imported everywhere and imports nothing heavy.
"""

from __future__ import annotations

import os


class CoalmError(Exception):
    """A problem that the user can mend: bad input, missing data, wrong option.

    Args:
        problem: What is wrong, what was expected and what to do about it, as sentences.
        path: The file concerned, if there is one.
        row: The row in that file, counted from 0 as the file's own list does.
        field: The field of the row, or the name of the option.
    """

    def __init__(
        self,
        problem: str,
        *,
        path: str | os.PathLike[str] | None = None,
        row: int | str | None = None,
        field: str | None = None,
    ) -> None:
        self.problem = problem
        self.path = os.fspath(path) if path is not None else None
        self.row = row
        self.field = field
        super().__init__(self._message())

    def _message(self) -> str:
        place = []
        if self.row is not None:
            place.append(f"row {self.row}")
        if self.field is not None:
            place.append(f"field '{self.field}'")
        parts = [p for p in (self.path, ", ".join(place)) if p]
        return ": ".join([*parts, self.problem])


class DataFormatError(CoalmError):
    """A file or a row does not have the form that its source documents."""


class DataNotFoundError(CoalmError):
    """A source's data is nowhere to be found, and could not be fetched."""


class DownloadError(CoalmError):
    """A transfer failed, broke off, or brought other bytes than the catalogue names."""


class GatedSourceError(DownloadError):
    """A source wants its licence accepted and a token before it hands out its data."""


class OptionError(CoalmError):
    """An option is unknown, or its value cannot be used."""


def shorten(value: object, width: int = 80) -> str:
    """Returns `value` as text that fits into an error message.

    Args:
        value: Anything; its `str` is used.
        width: Longest text returned, in characters.
    """
    text = " ".join(str(value).split())
    return text if len(text) <= width else text[: width - 3] + "..."


def expected_one_of(value: object, allowed: list[str] | tuple[str, ...]) -> str:
    """Returns the sentence "'x' is unknown; did you mean 'y'? Expected one of: ..."."""
    import difflib

    close = difflib.get_close_matches(str(value), allowed, n=1)
    hint = f"; did you mean '{close[0]}'?" if close else "."
    return f"'{shorten(value)}' is unknown{hint} Expected one of: {', '.join(allowed)}."
