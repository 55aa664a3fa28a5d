"""Calls as CRA writes them: `Action: Func(arg='v', n=2)` (Figure 6).

In: ``Action: FindBus(from_location='Ely', leaving_date='2019-03-04', travelers=2)``.
Out: ``FunctionCall("FindBus", {"from_location": "Ely", "leaving_date": "2019-03-04",
"travelers": 2})``.

Values are Python's literals (`calls.python_literal`). Names are those of `calls.names`: a
parameter may be called `from`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from coalm_oumi.calls.bracket import BRACKET
from coalm_oumi.calls.call_grammar import read_call
from coalm_oumi.calls.literal import LiteralReader
from coalm_oumi.calls.model import FunctionCall
from coalm_oumi.calls.names import NAME, is_name
from coalm_oumi.calls.notation import Notation
from coalm_oumi.calls.python_literal import PythonLiteralReader, write_literal
from coalm_oumi.errors import shorten

ACTION = "Action: "
"""What stands before a call in a dialogue."""
MAX_LENGTH = 32_768
"""Longest action that is read, in characters."""

_NAME = re.compile(NAME)
_LABEL = re.compile(rf"\s*{ACTION.strip()}")


def write_action(call: FunctionCall) -> str:
    """Writes a call on one line, without the word before it.

    Args:
        call: A call; its name may be dotted (`calendar.AddEvent`).

    Raises:
        ValueError: A name cannot stand in a call (`calls.names`), or a value has no
            literal (NaN, an object with keys that are not text, a number beyond all
            bounds).
    """
    _check_name(call.name, "function")
    arguments = []
    for name, value in call.arguments.items():
        _check_name(name, "argument")
        arguments.append(f"{name}={write_literal(value)}")
    return f"{call.name}({', '.join(arguments)})"


def parse_action(text: str) -> FunctionCall:
    """Parses one call, with or without `Action:` before it.

    Args:
        text: The call, on one line or several.

    Raises:
        CallSyntaxError: It is not a single call with named literal arguments; the
            message says why, and where.
    """
    call, reader = _first(text.strip())
    if reader.next():
        raise reader.fail("there is text behind the call")
    return call


def parse_actions(text: str) -> tuple[FunctionCall, ...]:
    """Parses calls, each behind `Action:`, which the first one may lack.

    Raises:
        CallSyntaxError: As for `parse_action`.
    """
    calls = []
    rest = text.strip()
    while rest:
        call, reader = _first(rest)
        calls.append(call)
        if reader.next() and not _LABEL.match(reader.text, reader.position):
            raise reader.fail(f"expected '{ACTION.strip()}' before a further call")
        rest = reader.text[reader.position :]
    return tuple(calls)


def write_actions(calls: Iterable[FunctionCall]) -> str:
    """Writes calls as the lines of a reply, so that `parse_actions` returns them.

    Raises:
        ValueError: As for `write_action`.
    """
    return "\n".join(f"{ACTION}{write_action(call)}" for call in calls)


def _first(text: str) -> tuple[FunctionCall, LiteralReader]:
    reader = PythonLiteralReader(text)
    reader.match(_LABEL)
    reader.next()
    if len(text) - reader.position > MAX_LENGTH:
        raise reader.fail(f"it is longer than {MAX_LENGTH} characters")
    return read_call(reader, _name, _name), reader


def _name(reader: LiteralReader) -> str | None:
    name = reader.match(_NAME)
    return name if is_name(name) else None


def _written_by_a_model(text: str, name: str) -> FunctionCall:
    """Reads the call of a function of any name.

    The prompt shows `function_name(argument1=value1)`: so values without quotes, which
    are no Python, are read as ToolACE's notation reads them.
    """
    plain = f"f{text[len(name) :]}"
    try:
        call = parse_action(plain)
    except ValueError:
        call = BRACKET.read_one(plain, "f")
    return FunctionCall(name, call.arguments)


def _check_name(name: str, what: str) -> None:
    if not is_name(name):
        raise ValueError(
            f"the {what} name '{shorten(name, 40)}' cannot stand in an action: expected "
            "letters, digits, '_', '.' and '-', and a letter or '_' first"
        )


CRA = Notation("cra", parse_actions, write_actions, _written_by_a_model, quotes="\"'")
