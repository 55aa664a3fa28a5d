"""Reading calls out of a reply, and what is wrong with them.

In: ``[{"name": "AddAlarm", "arguments": {"time": "07:00"}}]``, bare or in a code fence
with or without a language, or that list as `tool_calls` of an object; reasoning may stand
before it.
Out: ``(FunctionCall("AddAlarm", {"time": "07:00"}),)``; None for anything else, such as
prose, prose around a list, or a call that is not in a list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from coalm_oumi.calls import (
    FunctionCall,
    parse_json_list,
    unfenced,
    without_reasoning,
)
from coalm_oumi.calls.strict_json import dumps, loads

LONGEST_REPLY = 1_000_000
"""Characters beyond which a reply is not read at all."""

Pairs = Counter[tuple[str, str]]


def parse_calls(reply: str) -> tuple[FunctionCall, ...] | None:
    """Parses a reply.

    Args:
        reply: What the model wrote.

    Returns:
        The calls, none for `[]`; None when it is not a list of calls.
    """
    content = without_reasoning(reply)
    if len(content) > LONGEST_REPLY:
        return None
    try:
        body = unfenced(content)
        if body.startswith("{"):
            found = loads(body)
            if not isinstance(found, dict) or list(found) != ["tool_calls"]:
                return None
            body = dumps(found["tool_calls"])
        return parse_json_list(body)
    except ValueError:
        return None


def argument_pairs(arguments: Mapping[str, Any]) -> Pairs:
    """Returns arguments as pairs of name and value as text; empty text is no argument.

    So does Hammer's evaluation/evaluate.py: `3` and `"3"` are the same value.
    """
    texts = {name: _text(value) for name, value in arguments.items()}
    return Counter((name, text) for name, text in texts.items() if text)


def _text(value: Any) -> str:
    try:
        return str(value)
    except (RecursionError, ValueError):  # hostile nesting, or thousands of digits
        return "(not a value)"


def same_call(found: FunctionCall, gold: FunctionCall) -> bool:
    """Says whether two calls have the same name and the same arguments."""
    return found.name == gold.name and (
        argument_pairs(found.arguments) == argument_pairs(gold.arguments)
    )


def error_kind(calls: Sequence[FunctionCall] | None, gold: FunctionCall) -> str | None:
    """Names what is wrong with a reply; None if it is the one right call."""
    if calls is None:
        return "unparsable"
    if not calls:
        return "no call"
    if len(calls) > 1:
        return "several calls"
    (call,) = calls
    if call.name != gold.name:
        return "wrong API"
    found, wanted = argument_pairs(call.arguments), argument_pairs(gold.arguments)
    if found == wanted:
        return None
    names, wanted_names = {n for n, _ in found}, {n for n, _ in wanted}
    if wanted_names - names:
        return "missing parameter"
    return "extra parameter" if names - wanted_names else "wrong value"
