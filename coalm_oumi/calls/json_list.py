"""Calls as a JSON list, the notation of xLAM and Hammer.

In: ``[{"name": "find_bus", "arguments": {"to": "Ely"}}]``, bare or inside a code fence.
Out: ``FunctionCall("find_bus", {"to": "Ely"})``.
"""

from __future__ import annotations

from collections.abc import Iterable

from coalm_oumi.calls import strict_json
from coalm_oumi.calls.model import FunctionCall

_FENCE = "```"


def write_json_list(calls: Iterable[FunctionCall]) -> str:
    """Writes calls as one line of JSON, as in xLAM's `answers` column.

    Args:
        calls: The calls, in order; none gives `[]`.
    """
    return strict_json.dumps(
        [{"name": call.name, "arguments": dict(call.arguments)} for call in calls]
    )


def fenced(text: str) -> str:
    """Puts `text` between two lines of three backticks, as Hammer's outputs are."""
    return f"{_FENCE}\n{text}\n{_FENCE}"


def unfenced(text: str) -> str:
    """Takes a surrounding code fence, with or without a language name, off `text`."""
    body = text.strip()
    if not body.startswith(_FENCE):
        return body
    body = body[len(_FENCE) :]
    first_line, newline, rest = body.partition("\n")
    if newline and not first_line.strip().startswith(("[", "{")):
        body = rest
    body = body.rstrip()
    return body.removesuffix(_FENCE).strip()


def parse_json_list(text: str) -> tuple[FunctionCall, ...]:
    """Parses calls written as a JSON list.

    Args:
        text: The list, bare or fenced.

    Returns:
        The calls in order; none for `[]`.

    Raises:
        ValueError: It is not a JSON list of objects with a `name` and `arguments`.
    """
    found = strict_json.loads(unfenced(text))
    if not isinstance(found, list):
        raise ValueError("expected a JSON list of calls")
    return tuple(_call(entry) for entry in found)


def _call(entry: strict_json.JsonValue) -> FunctionCall:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise ValueError("a call is an object with a 'name' (string) and 'arguments'")
    arguments = entry.get("arguments", {})
    if not isinstance(arguments, dict):
        raise ValueError(f"call '{entry['name']}': 'arguments' is not an object")
    return FunctionCall(entry["name"], arguments)
