r"""One call at a time, out of text that is still being written.

`Closing` finds where a call ends without looking at anything twice; the call itself is
read by `calls`, whose readers never evaluate anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from coalm_oumi.calls import (
    FunctionCall,
    parse_action,
    parse_bracket_calls,
    parse_json_list,
)
from coalm_oumi.calls.names import NAME, is_name

MAX_CALL = 65_536
"""Longest call that is waited for, in characters; what is longer is text."""

LONGEST_NAME = 200
"""Longest name of a function that is not listed, in characters."""

_NAME = re.compile(r"""[^()\[\]{}="'\r\n][^()\[\]="\r\n]*""")
_QUOTED_NAME = {
    quote: re.compile(rf"{quote}(?:[^{quote}\\]|\\.)*{quote}\s*", re.DOTALL)
    for quote in "\"'"
}
_ACTION_NAME = re.compile(NAME)
MAYBE_LIST = re.compile(
    r"""\[(?=\s*+ (?: \Z
    | \{(?!\s*+\})
    | [^()\[\]{}="'\r\n][^()\[\]="\r\n]{0,199}+ (?:\(|\Z)
    | "[^"\\]{0,200}+ (?:\\|\Z|"\s*+(?:\(|\Z))
    | '[^'\\]{0,200}+ (?:\\|\Z|'\s*+(?:\(|\Z))))""",
    re.VERBOSE,
)
"""A bracket that may begin a list of calls, as far as its text has come. It passes over
what `begins_call` would refuse, so that brackets in plain text cost little."""

_BRACKET = re.compile(r"[ \t]{0,8}\(")
_SPACE = re.compile(r"[ \t]{0,8}")
_INSIDE = {'"': re.compile(r'["\\]'), "'": re.compile(r"['\\]")}
_OPENING, _CLOSING = "([{", ")]}"


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
    text: str, listed: Iterable[str], *, whole: bool, any_name: bool
) -> str | None:
    """Returns the name of the function that a text calls; an empty one for none.

    Args:
        text: Text that may begin with a name and `(`.
        listed: The names that are looked for, as they are spelled; longer ones first.
        whole: Whether the text ends here; else None is returned if that depends on
            what comes.
        any_name: Whether other names count, if they can stand in an action
            (`calls.names`).
    """
    for name in listed:
        if text.startswith(name) and _BRACKET.match(text, len(name)):
            return name
        begun = text.startswith(name) and _SPACE.fullmatch(text, len(name))
        if (begun or name.startswith(text)) and not whole:
            return None
    found = _ACTION_NAME.match(text[: LONGEST_NAME + 1]) if any_name else None
    if not found or found.end() > LONGEST_NAME:
        return ""
    if _BRACKET.match(text, found.end()):
        return found[0] if is_name(found[0]) else ""
    return None if _SPACE.fullmatch(text, found.end()) and not whole else ""


def begins_call(text: str, is_listed: Callable[..., bool]) -> int | None:
    """Says how long a function's name is with which, and with `(`, a text begins.

    Args:
        text: Text behind `[` or `,`, its first character no white space.
        is_listed: Says of a name, `whole` or as far as it has come, whether it is looked
            for. A name in quotes is not asked for.

    Returns:
        The characters up to the `(`; 0 if it does not begin so, None if that depends on
        what comes.
    """
    start = text[:LONGEST_NAME]
    if start[0] in _QUOTED_NAME:
        found = _QUOTED_NAME[start[0]].match(start)
        if not found:
            return None if len(text) < LONGEST_NAME else 0
        rest = start[found.end() :]
    else:
        found = _NAME.match(start)
        if not found or not found[0].strip():
            return 0
        rest = start[found.end() :]
        name = found[0].rstrip() if rest else found[0]
        if not is_listed(name, whole=bool(rest)):
            return 0
    if not rest:
        return None if len(text) < LONGEST_NAME else 0
    return found.end() if rest[0] == "(" else 0


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


def action_call(text: str, name: str) -> FunctionCall | None:
    """Reads `F(a='v')` as CRA writes it; None if it is no call.

    The prompt shows `function_name(argument1=value1)`: so values without quotes, which
    are no Python, are read as ToolACE's notation reads them.

    Args:
        text: The call.
        name: The function's name, with which it begins, however it is spelled.
    """
    plain = f"f{text[len(name) :]}"
    try:
        call = parse_action(plain)
    except ValueError:
        call = bracket_call(plain)
    return None if call is None else FunctionCall(name, call.arguments)
