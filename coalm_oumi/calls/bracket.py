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

import math
import re
from collections.abc import Iterable

from coalm_oumi.calls.literal import (
    MAX_DEPTH,
    MAX_DIGITS,
    LiteralReader,
)
from coalm_oumi.calls.model import FunctionCall
from coalm_oumi.calls.strict_json import JsonValue, dumps
from coalm_oumi.errors import DataFormatError, shorten

_NAME = re.compile(
    r"""(?:[^()\[\]="\r\n]+"""
    r"""|\([^()\[\]{}="'\r\n]*\)(?!\s*(?:[,\])]|\Z)))+"""
)
_PARAMETER = re.compile(r"""[^,()\[\]{}="'\r\n]+""")
_TOO_LONG = 10 ** (MAX_DIGITS - 1)


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
        calls.append(_call(reader))
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


def _call(reader: LiteralReader) -> FunctionCall:
    quoted = reader.next() in ('"', "'")
    name = reader.quoted() if quoted else reader.match(_NAME).strip()
    if reader.next() != "(" or not (name or quoted):
        raise reader.fail("expected a function's name and '('")
    opening = reader.position
    reader.position += 1
    arguments: dict[str, JsonValue] = {}
    while reader.next() != ")":
        at = reader.position
        key = _parameter(reader, len(arguments) + 1, name)
        if key in arguments:
            raise reader.fail(
                f"'{shorten(name)}' is given the argument '{shorten(key)}' twice", at
            )
        arguments[key] = reader.value()
        following = reader.next()
        if not following:
            break
        if following not in (",", ")"):
            raise reader.fail(f"expected ',' or ')' behind argument '{shorten(key)}'")
        reader.position += following == ","
    if not reader.next():
        raise reader.fail(f"the '(' of '{shorten(name)}' is not closed", opening)
    reader.position += 1
    return FunctionCall(name, arguments)


def _parameter(reader: LiteralReader, number: int, function: str) -> str:
    """Reads a parameter's name and the equals sign behind it."""
    start = reader.position
    quoted = reader.next() in ('"', "'")
    name = reader.quoted() if quoted else reader.match(_PARAMETER).strip()
    if reader.next() != "=" or not (name or quoted):
        if not reader.next():
            raise reader.fail(f"the arguments of '{shorten(function)}' break off")
        raise reader.fail(
            f"argument {number} of '{shorten(function)}' is positional: expected "
            "name=value",
            start,
        )
    reader.position += 1
    return name


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


def _unwritable(value: JsonValue, depth: int = 0) -> str:
    """Says what in a value cannot be written, if anything."""
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            return "half of a surrogate pair"
        return ""
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, int):
        long = abs(value) >= _TOO_LONG
        return f"an integer of {MAX_DIGITS} digits or more" if long else ""
    if isinstance(value, float):
        return "" if math.isfinite(value) else f"{value}"
    if not isinstance(value, (list, dict)):
        return f"a {type(value).__name__}, which is no JSON value"
    if depth >= MAX_DEPTH:
        return f"lists and objects in more than {MAX_DEPTH} levels"
    if isinstance(value, dict):
        odd = next((key for key in value if not isinstance(key, str)), None)
        if odd is not None:
            return f"the key {odd!r}, which is no text"
        items = [*value.keys(), *value.values()]
    else:
        items = value
    return next(filter(None, (_unwritable(item, depth + 1) for item in items)), "")
