"""A notation of calls: how they are read, written, and found in a text that is growing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from coalm_oumi.calls.model import FunctionCall
from coalm_oumi.errors import shorten

LONGEST_NAME = 200
"""Longest name of a function that is not listed, in characters."""
NO_CALL = -1
"""What `ListNotation.begins` returns for a text that begins no call."""


class IsListed(Protocol):
    """Says whether functions on offer have a name, or begin with it."""

    def __call__(self, name: str, *, complete: bool) -> bool:
        """Returns it of a `complete` name, or of the first characters of one."""
        ...


@dataclass(frozen=True)
class Notation:
    """How calls are written; by itself, one by one, each behind `Action:`.

    Attributes:
        name: Its name among options.
        read: Reads a whole text as calls. Raises `ValueError` with the reason if it is
            something else.
        write: Writes calls as a text that `read` reads.
        read_one: Reads a call as it stands among others, given its text and the name
            with which that begins. Raises `ValueError` if it is none.
        quotes: The characters that begin a text in quotes.
    """

    name: str
    read: Callable[[str], tuple[FunctionCall, ...]]
    write: Callable[[Iterable[FunctionCall]], str]
    read_one: Callable[[str, str], FunctionCall]
    quotes: str


def only_call(
    read: Callable[[str], tuple[FunctionCall, ...]],
) -> Callable[[str, str], FunctionCall]:
    """Returns a `read_one` for a notation of lists, given how it reads one."""

    def read_one(text: str, name: str) -> FunctionCall:
        calls = read(f"[{text}]")
        if len(calls) != 1:
            raise ValueError(f"expected one call of '{shorten(name)}'")
        return calls[0]

    return read_one


@dataclass(frozen=True)
class ListNotation(Notation):
    """A notation whose calls stand in a list, `[...]`.

    Attributes:
        starts: A pattern (`re.VERBOSE`) of what may stand behind the list's bracket, as
            far as it has come. It refuses early what `begins` would, so that brackets in
            plain text cost little.
        begins: Returns how long the function's name is with which a text begins that
            stands behind `[` or `,`; 0 if a call does not begin with it, `NO_CALL` if
            no call begins there, None if that depends on what comes.
        name_goes_on: Whether a call's closing bracket may have been part of its name.
    """

    starts: str
    begins: Callable[[str, IsListed], int | None]
    name_goes_on: bool = False
