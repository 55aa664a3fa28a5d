r"""Calls in brackets, the notation of ToolACE and of BFCL.

In: ``[find_bus(to="Ely", seats=[1, 2]), Get Weather(city='Rye', daily=True)]``.
Out: ``FunctionCall("find_bus", {"to": "Ely", "seats": [1, 2]})`` and
``FunctionCall("Get Weather", {"city": "Rye", "daily": True})``.

A function's name is what stands before its arguments. It may hold dots, spaces,
slashes, commas, and words in parentheses (``Moving Average (MA)(days=5)``): parentheses
without ``=`` or quotes belong to the name unless a comma or the end of the calls
follows. A name that could be misread is written, and read, in double quotes. Values are
read as `calls.literal` says.

Written as ToolACE's own: text, lists and objects as JSON in ASCII, but `True`, `False`
and `None` where they are an argument themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from coalm_oumi.calls.call_grammar import read_call
from coalm_oumi.calls.literal import MAX_DIGITS, QUOTES, LiteralReader, unwritable
from coalm_oumi.calls.model import FunctionCall
from coalm_oumi.calls.notation import (
    LONGEST_NAME,
    NO_CALL,
    IsListed,
    ListNotation,
    only_call,
)
from coalm_oumi.calls.strict_json import MAX_DEPTH, JsonValue, dumps
from coalm_oumi.errors import DataFormatError, shorten

_NAME = re.compile(
    r"""(?:[^()\[\]="\r\n]+"""
    r"""|\([^()\[\]{}="'\r\n]*\)(?!\s*(?:[,\])]|\Z)))+"""
)
_PARAMETER = re.compile(r"""[^,()\[\]{}="'\r\n]+""")
_NAME_SO_FAR = re.compile(r"""[^()\[\]{}="'\r\n][^()\[\]="\r\n]*""")
_QUOTED_NAME = {
    quote: re.compile(rf"{quote}(?:[^{quote}\\]|\\.)*{quote}\s*", re.DOTALL)
    for quote in QUOTES
}
_STARTS = r"""[^()\[\]{}="'\r\n][^()\[\]="\r\n]{0,199}+ (?:\(|\Z)
    | "[^"\\]{0,200}+ (?:\\|\Z|"\s*+(?:\(|\Z))
    | '[^'\\]{0,200}+ (?:\\|\Z|'\s*+(?:\(|\Z))"""


def parse_bracket_calls(text: str) -> tuple[FunctionCall, ...]:
    """Parses calls in brackets; nothing is evaluated.

    Args:
        text: The calls, with nothing but white space around the brackets.

    Returns:
        The calls in order; none for `[]`.

    Raises:
        CallSyntaxError: It is something else: a bracket or quote is not closed, an
            argument is positional, a call stands inside another, an argument is given
            twice, values are nested too deeply or numbers too long.
    """
    reader = LiteralReader(text)
    if reader.next() != "[":
        raise reader.fail("expected '[' before the calls")
    reader.position += 1
    calls: list[FunctionCall] = []
    while (first := reader.next()) != "]":
        if not first:
            raise reader.fail("the '[' before the calls is not closed")
        calls.append(read_call(reader, _function_name, _parameter_name))
        following = reader.next()
        if following == ",":
            reader.position += 1
        elif following and following != "]":
            raise reader.fail(f"expected ',' or ']' behind '{calls[-1].name}(...)'")
    reader.position += 1
    if reader.next():
        raise reader.fail("there is text behind the calls")
    return tuple(calls)


def write_bracket_calls(calls: Iterable[FunctionCall]) -> str:
    """Writes calls in brackets, so that `parse_bracket_calls` returns the same calls.

    Args:
        calls: The calls, in order; none gives `[]`.

    Raises:
        DataFormatError: An argument is not a JSON value, or one that the notation
            cannot hold: NaN, half of a surrogate pair, an integer of thousands of
            digits, very deep nesting.
    """
    return f"[{', '.join(map(_written, calls))}]"


def _function_name(reader: LiteralReader) -> str | None:
    return reader.name(_NAME)


def _parameter_name(reader: LiteralReader) -> str | None:
    return reader.name(_PARAMETER)


def _name_begun(text: str, is_listed: IsListed) -> int | None:
    start = text[:LONGEST_NAME]
    if start[0] in QUOTES:
        found = _QUOTED_NAME[start[0]].match(start)
        if not found:
            return None if len(text) < LONGEST_NAME else NO_CALL
        rest = start[found.end() :]
    else:
        found = _NAME_SO_FAR.match(start)
        if not found or not found[0].strip():
            return NO_CALL
        rest = start[found.end() :]
        name = found[0].rstrip() if rest else found[0]
        if not is_listed(name, complete=bool(rest)):
            return NO_CALL
    if not rest:
        return None if len(text) < LONGEST_NAME else NO_CALL
    return found.end() if rest[0] == "(" else NO_CALL


def _written(call: FunctionCall) -> str:
    arguments = []
    for name, value in call.arguments.items():
        problem = _unwritable(value) or _unwritable(name)
        if problem:
            raise DataFormatError(
                f"the call '{shorten(call.name)}' cannot be written: argument "
                f"'{shorten(name)}' holds {problem}."
            )
        plain_name = _PARAMETER.fullmatch(name) and name == name.strip()
        written = name if plain_name else dumps(name)
        # As Python writes them; inside a list or an object JSON does.
        plain = value is None or isinstance(value, bool)
        arguments.append(f"{written}={value if plain else dumps(value)}")
    problem = _unwritable(call.name)
    if problem:
        raise DataFormatError(f"the call {call.name!r} cannot be written: {problem}.")
    return f"{_written_name(call.name)}({', '.join(arguments)})"


def _written_name(name: str) -> str:
    """Returns a function's name, in quotes if it would be read differently without."""
    read = _NAME.match(f"{name}()")
    same = read and read[0] == name == name.strip() and name[0] not in ",'{}"
    # Read as it comes, a quote or brace behind a bracket would be an argument's.
    mistaken = "(" in name and re.search("['{}]", name)
    return name if same and not mistaken else dumps(name)


def _unwritable(value: JsonValue) -> str:
    return unwritable(value, max_depth=MAX_DEPTH, max_digits=MAX_DIGITS - 1)


BRACKET = ListNotation(
    "bracket",
    parse_bracket_calls,
    write_bracket_calls,
    only_call(parse_bracket_calls),
    quotes="\"'",
    starts=_STARTS,
    begins=_name_begun,
    name_goes_on=True,
)
