"""Fields of rows that become records, and what is done with a row that cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from coalm_oumi.errors import DataFormatError, shorten
from coalm_oumi.sources.ledger import Ledger
from coalm_oumi.sources.rows import OnBadRow, Row, no_object

_KINDS = {str: "text", bool: "true or false", list: "a list", dict: "an object"}


class BadRowError(Exception):
    """A row cannot be used.

    Args:
        field: The field concerned, such as `turns[0].frames`; empty for the row itself.
        problem: What is wrong with it, as a sentence.
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(problem)
        self.field = field
        self.problem = problem

    def at(self, path: Path | str, row: int, advice: str = "") -> DataFormatError:
        """Returns the error with which the row ends the reading of its file."""
        problem = f"{self.problem} {advice}".rstrip()
        return DataFormatError(problem, path=path, row=row, field=self.field or None)

    def settle(
        self,
        on_bad_row: OnBadRow,
        ledger: Ledger,
        record_id: str,
        place: tuple[Path, int],
        advice: str = "Correct the row or remove it.",
    ) -> None:
        """Rejects the row in the ledger, or ends the reading.

        Args:
            on_bad_row: Which of the two.
            ledger: The ledger.
            record_id: The row's name in its source.
            place: The row's file, and its number there.
            advice: What to do about the row, for the error.

        Raises:
            DataFormatError: `on_bad_row` is `error`.
        """
        if on_bad_row == "error":
            raise self.at(*place, advice) from self
        ledger.rejected(record_id, f"{self.field or 'row'} unusable", self.problem)


def an_object(row: Any) -> Row:
    """Returns a row that is an object.

    Raises:
        BadRowError: It is something else.
    """
    if not isinstance(row, dict):
        raise BadRowError("", no_object(row))
    return row


def checked_field(row: Any, name: str, kind: type, place: str = "") -> Any:
    """Returns a field of a row.

    Args:
        row: The row, or an object in it.
        name: The field.
        kind: `str`, `bool`, `list` or `dict`.
        place: Where in the row the object is, for messages.

    Raises:
        BadRowError: The field is missing or of another kind.
    """
    value = row.get(name) if isinstance(row, dict) else None
    if not isinstance(value, kind):
        there = isinstance(row, dict) and name in row
        found = shorten(repr(value), 40) if there else "nothing"
        problem = f"expected {_KINDS[kind]}, found {found}."
        raise BadRowError(f"{place}.{name}".lstrip("."), problem)
    return value


def texts(row: Any, name: str, place: str = "") -> tuple[str, ...]:
    """Returns a field that is a list of texts; as `checked_field` otherwise."""
    values = checked_field(row, name, list, place)
    if not all(isinstance(value, str) for value in values):
        problem = f"expected a list of texts, found {shorten(repr(values), 40)}."
        raise BadRowError(f"{place}.{name}".lstrip("."), problem)
    return tuple(values)


def unicode_text(row: Any, name: str) -> str:
    """Returns a field that is a text and can be encoded; as `checked_field` otherwise."""
    value = checked_field(row, name, str)
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise BadRowError(
            name, "the text holds half of a surrogate pair and is not Unicode."
        ) from None
    return value
