"""Functions that a system text lists as JSON schemas, on a line that begins with `[{`."""

from __future__ import annotations

import re

from coalm_oumi.calls import FunctionSchema, function_from_json_schema
from coalm_oumi.calls.strict_json import raw_decode
from coalm_oumi.errors import shorten
from coalm_oumi.sources.records import BadRowError

# A line that begins a list of objects, or is an empty list.
_TOOL_LIST = re.compile(r"^\[(?=\{\s*\"|\])", re.MULTILINE)
_ANNOUNCED = re.compile(r"(?:\A|(?<=[.\u3002\n]))[^.\u3002\n]*[:\uff1a]\s*\Z")


def preamble(system: str) -> str:
    """Returns what stands before the functions and before the words that announce them.

    It says what to do, and may say the date or time.
    """
    begin = _TOOL_LIST.search(system)
    before = system[: begin.start()] if begin else system
    return _ANNOUNCED.sub("", before).strip()


def listed_functions(system: str) -> tuple[FunctionSchema, ...] | None:
    """Returns the functions that a system text lists; None if it lists none so.

    Raises:
        BadRowError: The list breaks off.
    """
    begin = _TOOL_LIST.search(system)
    if not begin:
        return None
    try:
        entries, _ = raw_decode(system, begin.start())
    except ValueError as error:
        raise BadRowError(
            "system",
            f"expected a JSON list of tools, found "
            f"'{shorten(system[begin.start() :], 40)}' ({error}).",
        ) from error
    try:
        return tuple(function_from_json_schema(entry) for entry in entries)
    except ValueError:
        return None
