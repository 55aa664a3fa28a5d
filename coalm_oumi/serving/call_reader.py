r"""One call at a time, out of text that is still being written.

`Closing` finds where a call ends without looking at anything twice; the call itself is
read by `calls`, whose readers never evaluate anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from coalm_oumi.calls.names import NAME, is_name
from coalm_oumi.calls.notation import LONGEST_NAME, ListNotation

MAX_CALL = 65_536
"""Longest call that is waited for, in characters; what is longer is text."""

_ACTION_NAME = re.compile(NAME)
_BRACKET = re.compile(r"[ \t]{0,8}\(")
_SPACE = re.compile(r"[ \t]{0,8}")
_INSIDE = {'"': re.compile(r'["\\]'), "'": re.compile(r"['\\]")}
_OPENING, _CLOSING = "([{", ")]}"


def maybe_list(notations: Iterable[ListNotation]) -> re.Pattern[str]:
    """Returns a pattern of a bracket that may begin a list of calls.

    Args:
        notations: Those in which the calls may be.
    """
    starts = "|".join(notation.starts for notation in notations)
    return re.compile(rf"\[(?=\s*+ (?: \Z | {starts}))", re.VERBOSE)


class Closing:
    """Looks for the bracket that closes the first one, in text that comes in pieces."""

    def __init__(self, *, quotes: str) -> None:
        """Begins at the start of a call.

        Args:
            quotes: The characters that begin a text in quotes.
        """
        self._special = re.compile(f"[()\\[\\]{{}}{re.escape(quotes)}]")
        self._depth = 0
        self._quote = ""
        self._is_escaped = False

    def find(self, text: str, start: int, end: int) -> int | None:
        """Returns the offset behind the closing bracket, if it is in this piece.

        Args:
            text: The text that holds the piece.
            start: The piece's first character: the one behind the piece before.
            end: The offset behind its last character.
        """
        position = start
        while position < end:
            if self._is_escaped:
                self._is_escaped = False
                position += 1
                continue
            special = _INSIDE.get(self._quote, self._special)
            found = special.search(text, position, end)
            if not found:
                return None
            position, character = found.end(), found[0]
            if self._quote:
                self._is_escaped = character == "\\"
                self._quote = self._quote if self._is_escaped else ""
            elif character in _OPENING:
                self._depth += 1
            elif character in _CLOSING:
                self._depth -= 1
                if self._depth <= 0:
                    return position
            else:
                self._quote = character
        return None


def called_name(
    text: str, listed: Iterable[str], *, complete: bool, any_name: bool
) -> str | None:
    """Returns the name of the function that a text calls; an empty one for none.

    Args:
        text: Text that may begin with a name and `(`.
        listed: The names that are looked for, as they are spelled; longer ones first.
        complete: Whether the text ends here; else None is returned if that depends on
            what comes.
        any_name: Whether other names count, if they can stand in an action
            (`calls.names`).
    """
    for name in listed:
        if text.startswith(name) and _BRACKET.match(text, len(name)):
            return name
        begun = text.startswith(name) and _SPACE.fullmatch(text, len(name))
        if (begun or name.startswith(text)) and not complete:
            return None
    found = _ACTION_NAME.match(text[: LONGEST_NAME + 1]) if any_name else None
    if not found or found.end() > LONGEST_NAME:
        return ""
    if _BRACKET.match(text, found.end()):
        return found[0] if is_name(found[0]) else ""
    return None if _SPACE.fullmatch(text, found.end()) and not complete else ""
