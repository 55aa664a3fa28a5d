r"""What a reply with tools may be, as vLLM's structural tag: no call comes out malformed.

In: the tool `find_bus` with the parameter `to`, and the notation `bracket`.
Out: a tag under which ``[find_bus(to="Ely")]`` and ``Where to?`` can be written, and
``[find_bus(to="Ely"`` or ``[find_taxi()]`` cannot.

A reply is calls alone, in the form in which the notation is trained, or words in which no
call begins; where a call is required there are only calls. Arguments stand in the order of
the tool's parameters. Those of a strict tool have the types of its schema
(`serving.value_grammar`), and the required ones are there; those of another may have any
value.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coalm_oumi.calls import FunctionCall
from coalm_oumi.calls.bracket import BRACKET
from coalm_oumi.calls.names import is_name
from coalm_oumi.serving.value_grammar import (
    Rules,
    Style,
    any_value,
    schema_value,
    terminal,
)

# What `serving.speaker_labels` reads as `Action:`, and no word such as "Action".
_ACTION_LABELS = [
    f"Action{behind}"
    for behind in (
        *(":", " :", "  ", " \t", "\t"),
        *(f"{digit}{sign}" for digit in range(10) for sign in ": \t"),
    )
]
# Behind them a list of any names would begin the reply anew. A reasoning parser takes
# reasoning out before the tag applies.
_REASONING = ["<think>", "</think>"]
# Words in the notations of lists begin neither with a list nor with its code fence.
_FIRST_OF_WORDS = r" ?[^\s\[`<]"


@dataclass(frozen=True)
class OfferedTool:
    """A function on offer.

    Attributes:
        name: Its name.
        parameters: The JSON schema of its arguments; None if they are not known.
        strict: Whether its arguments are held to the schema.
    """

    name: str
    parameters: Mapping[str, Any] | None = None
    strict: bool = False


def structural_tag(
    tools: Sequence[OfferedTool],
    notation: str,
    *,
    required: bool = False,
    parallel: bool = True,
) -> dict[str, Any]:
    """Returns the tag, as the JSON object that vLLM's `structural_tag` takes.

    Args:
        tools: The functions that may be called, at least one.
        notation: How calls are written: one of `calls.NOTATIONS`.
        required: Whether the reply has to be a call.
        parallel: Whether it may hold several calls.
    """
    grammar = {"type": "grammar", "grammar": calls_grammar(tools, notation, parallel)}
    words = _words([tool.name for tool in tools], notation)
    choice = {"type": "or", "elements": [grammar, words]}
    return {"type": "structural_tag", "format": grammar if required else choice}


def calls_grammar(
    tools: Sequence[OfferedTool], notation: str, parallel: bool = True
) -> str:
    """Returns the grammar (EBNF) of replies that are calls.

    Args:
        tools: The functions that may be called, at least one.
        notation: How calls are written: one of `calls.NOTATIONS`.
        parallel: Whether there may be several.
    """
    rules = Rules()
    call = rules.one_of([_call(rules, tool, notation) for tool in tools])
    if notation == "cra":
        thought = rules.add(r'"Thought: " [^\n<]+ "\n"')
        more = rf'("\nAction: " {call})*' if parallel else ""
        return rules.grammar(f'{thought}? "Action: " {call} {more}')
    more = f'(", " {call})*' if parallel else ""
    calls = rules.add(f'"[" {call} {more} "]"')
    if notation == "json":
        return rules.grammar(rf'{calls} | "```\n" {calls} "\n```"')
    return rules.grammar(calls)


def _call(rules: Rules, tool: OfferedTool, notation: str) -> str:
    """Adds a rule for the calls of a function."""
    members = []
    schema = tool.parameters or {}
    properties = schema.get("properties")
    known = properties if isinstance(properties, Mapping) else {}
    for name, value in known.items():
        before, style = _argument(name, notation)
        body = (
            schema_value(rules, value, style)
            if tool.strict
            else any_value(rules, style)
        )
        needed = tool.strict and name in (schema.get("required") or ())
        members.append((f"{terminal(before)} {body}", needed))
    before, behind = _around(tool.name, notation)
    return rules.add(f"{terminal(before)} {rules.members(members)} {terminal(behind)}")


def _around(name: str, notation: str) -> tuple[str, str]:
    """What stands before and behind a call's arguments."""
    if notation == "json":
        return f'{{"name": {json.dumps(name)}, "arguments": {{', "}}"
    if notation == "cra":
        return f"{name}(", ")"
    return BRACKET.write([FunctionCall(name, {})])[1:-2], ")"


def _argument(name: str, notation: str) -> tuple[str, Style]:
    """What stands before an argument's value, and how the value is written."""
    if notation == "json":
        return f"{json.dumps(name)}: ", "json"
    if notation == "cra" and is_name(name):
        return f"{name}=", "python"
    # CRA's reader takes other names as the bracket notation writes them.
    written = BRACKET.write([FunctionCall("f", {name: 0})])
    return written[len("[f(") : -len("0)]")], "bracket"


def _words(names: Sequence[str], notation: str) -> dict[str, Any]:
    """The format of replies in which no call begins."""
    if notation == "cra":
        calls = [*_ACTION_LABELS, *(f"{name}(" for name in names)]
        return {"type": "any_text", "excludes": [*calls, *_REASONING]}
    calls = ['{"name"'] if notation == "json" else []
    calls += [] if calls else [f"[{_around(name, notation)[0]}" for name in names]
    first = {"type": "regex", "pattern": _FIRST_OF_WORDS}
    rest = {"type": "any_text", "excludes": [*calls, *_REASONING]}
    return {"type": "sequence", "elements": [first, rest]}
