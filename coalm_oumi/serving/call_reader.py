r"""One call at a time, out of text that is still being written.

`Closing` finds where a call ends without reading anything twice; the call itself is read
by `calls`, whose readers never evaluate anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from coalm_oumi.calls import (
    FunctionCall,
    parse_action,
    parse_bracket_calls,
    parse_json_list,
)

MAX_CALL = 65_536
"""Longest call that is waited for, in characters; what is longer is text."""

LONGEST_NAME = 200
"""Longest name of a function, in characters."""

_NAME = re.compile(r"""[^()\[\]{}="'\r\n]+""")
_QUOTED_NAME = {
    quote: re.compile(rf"{quote}(?:[^{quote}\\]|\\.)*{quote}\s*", re.DOTALL)
    for quote in "\"'"
}
_INSIDE = {'"': re.compile(r'["\\]'), "'": re.compile(r"['\\]")}
_OPENING, _CLOSING = "([{", ")]}"


class Closing:
    """Looks for the bracket that closes the first one, in text that grows.

    Attributes:
        position: How far it has looked, in characters from the text's start.
    """

    def __init__(self, *, quotes: str, start: int = 0) -> None:
        """Begins at `start`.

        Args:
            quotes: The characters that begin a text in quotes.
            start: Offset in characters.
        """
        self.position = start
        self._special = re.compile(f"[()\\[\\]{{}}{re.escape(quotes)}]")
        self._depth = 0
        self._quote = ""

    def find(self, text: str) -> int | None:
        """Looks on, and returns the offset behind the closing bracket if it is there.

        Args:
            text: The text, with what has come since the last time.
        """
        while True:
            if self._quote:
                if not self._leave_quotes(text):
                    return None
                continue
            found = self._special.search(text, self.position)
            if not found:
                self.position = len(text)
                return None
            self.position = found.end()
            character = found[0]
            if character in _OPENING:
                self._depth += 1
            elif character in _CLOSING:
                self._depth -= 1
                if self._depth <= 0:
                    return self.position
            else:
                self._quote = character

    def _leave_quotes(self, text: str) -> bool:
        found = _INSIDE[self._quote].search(text, self.position)
        if not found:
            self.position = len(text)
            return False
        if found[0] != "\\":
            self._quote = ""
            self.position = found.end()
            return True
        if found.end() == len(text):
            # What is escaped has not come yet.
            self.position = found.start()
            return False
        self.position = found.end() + 1
        return True


def begins_call(text: str, is_listed: Callable[..., bool]) -> bool | None:
    """Says whether a text begins with a function's name and `(`.

    Args:
        text: Text behind `[` or `,`, its first character no white space.
        is_listed: Says of a name, `whole` or as far as it has come, whether it is looked
            for. A name in quotes is not asked for.

    Returns:
        Whether it does; None if that depends on what comes.
    """
    start = text[:LONGEST_NAME]
    if start[0] in _QUOTED_NAME:
        found = _QUOTED_NAME[start[0]].match(start)
        if not found:
            return None if len(text) < LONGEST_NAME else False
        rest = start[found.end() :]
    else:
        found = _NAME.match(start)
        if not found or not found[0].strip():
            return False
        rest = start[found.end() :]
        name = found[0].rstrip() if rest else found[0]
        if not is_listed(name, whole=bool(rest)):
            return False
    if not rest:
        return None if len(text) < LONGEST_NAME else False
    return rest[0] == "("


def bracket_call(text: str) -> FunctionCall | None:
    """Reads `f(a=1)` as it stands in brackets; None if it is no call."""
    try:
        calls = parse_bracket_calls(f"[{text}]")
    except ValueError:
        return None
    return calls[0] if len(calls) == 1 else None


def json_call(text: str) -> FunctionCall | None:
    """Reads `{"name": "f", "arguments": {}}`; None if it is no call."""
    try:
        (call,) = parse_json_list(f"[{text}]")
    except ValueError:
        return None
    return call


def action_call(text: str) -> FunctionCall | None:
    """Reads `F(a='v')` as CRA writes it; None if it is no call.

    The prompt shows `function_name(argument1=value1)`: so values without quotes, which
    are no Python, are read as ToolACE's notation reads them.
    """
    try:
        return parse_action(text)
    except ValueError:
        return bracket_call(text)
