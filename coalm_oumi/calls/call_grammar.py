"""`name(argument=value, ...)`, as every notation with names before values has it.

The notations differ in what may be a name, and in how values are written
(`calls.literal`, `calls.python_literal`).
"""

from __future__ import annotations

from collections.abc import Callable

from coalm_oumi.calls.literal import LiteralReader
from coalm_oumi.calls.model import FunctionCall
from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.errors import shorten

NameReader = Callable[[LiteralReader], str | None]
"""Reads a name where the reader stands; None if there is none."""


def read_call(
    reader: LiteralReader, function: NameReader, parameter: NameReader
) -> FunctionCall:
    """Reads one call; the reader then stands behind its closing bracket.

    Args:
        reader: Reads the values, and stands where the function's name begins.
        function: Reads the function's name.
        parameter: Reads the name of an argument.

    Raises:
        CallSyntaxError: It is no call: a bracket or quote is not closed, an argument is
            positional or given twice, a call stands inside it, or a value is none.
    """
    name = function(reader)
    if reader.next() != "(" or name is None:
        raise reader.fail("expected a function's name and '('")
    opening = reader.position
    reader.position += 1
    arguments: dict[str, JsonValue] = {}
    while reader.next() != ")":
        at = reader.position
        key = parameter(reader)
        if reader.next() != "=" or key is None:
            if not reader.next():
                raise reader.fail(f"the arguments of '{shorten(name)}' break off")
            raise reader.fail(
                f"argument {len(arguments) + 1} of '{shorten(name)}' is positional: "
                "expected name=value",
                at,
            )
        if key in arguments:
            raise reader.fail(
                f"'{shorten(name)}' is given the argument '{shorten(key)}' twice", at
            )
        reader.position += 1
        arguments[key] = reader.value()
        following = reader.next()
        if not following:
            raise reader.fail(f"the '(' of '{shorten(name)}' is not closed", opening)
        if following not in (",", ")"):
            raise reader.fail(f"expected ',' or ')' behind argument '{shorten(key)}'")
        reader.position += following == ","
    reader.position += 1
    return FunctionCall(name, arguments)
