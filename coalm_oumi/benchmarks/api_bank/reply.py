"""Reading calls out of a reply, and what is wrong with them.

In: ``[{"name": "AddAlarm", "arguments": {"time": "07:00"}}]``, bare or in a code fence
with or without a language, or that list as `tool_calls` of an object; reasoning may stand
before it.
Out: ``(FunctionCall("AddAlarm", {"time": "07:00"}),)``; None for anything else, such as
prose, prose around a list, or a call that is not in a list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from coalm_oumi.benchmarks.api_bank.hammer_counts import value_text
from coalm_oumi.calls import (
    FunctionCall,
    parse_json_list,
    unfenced,
    without_reasoning,
)
from coalm_oumi.calls.json_equality import same_json
from coalm_oumi.calls.strict_json import dumps, loads

LONGEST_REPLY = 1_000_000
"""Characters beyond which a reply is not read at all."""


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


def given(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the arguments without those whose value is empty text, which are none."""
    return {name: value for name, value in arguments.items() if value_text(value)}


def same_argument(found: Any, gold: Any) -> bool:
    """Says whether two values are the same, as text or as JSON values.

    As text so does Hammer's evaluation/evaluate.py: `3` and `"3"` are the same value.
    """
    return value_text(found) == value_text(gold) or same_json(found, gold)


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
    found, wanted = given(call.arguments), given(gold.arguments)
    if wanted.keys() - found.keys():
        return "missing parameter"
    if found.keys() - wanted.keys():
        return "extra parameter"
    right = all(same_argument(found[name], wanted[name]) for name in wanted)
    return None if right else "wrong value"
