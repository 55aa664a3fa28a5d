r"""Reading an action, or the lack of one, out of a model's reply.

In: ``Action: FindFerry(port='Hull')``, ``System: From which port?``, either with a
`Thought:` line before it, or the call alone, which is what the prompt's format asks for.
Reasoning in `<think>` is not looked at.
Out: ``Reply("call", FunctionCall("FindFerry", {"port": "Hull"}))``, ``Reply("response")``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from coalm_oumi.calls import (
    FunctionCall,
    parse_action,
    parse_bracket_calls,
    unfenced,
    without_reasoning,
)
from coalm_oumi.calls.action import MAX_LENGTH
from coalm_oumi.calls.names import CALL_START

Decision = Literal["call", "response"]

_LINE = re.compile(
    r"^[ \t]*(Action|System|User|Observation|Thought\d?)[ \t]*:", re.MULTILINE
)


@dataclass(frozen=True)
class Reply:
    """What a reply does.

    Attributes:
        decision: To call a function or to respond; None when the reply shows neither.
        call: The call, if there is one that can be read.
    """

    decision: Decision | None
    call: FunctionCall | None = None

    @property
    def is_readable(self) -> bool:
        """Whether it is a response, or a call that can be read."""
        return self.decision == "response" or self.call is not None


def parse_reply(text: str) -> Reply:
    """Parses a reply.

    Args:
        text: What the model wrote. The first line that begins with `Action:` or
            `System:` decides; what stands before it, and any line of another speaker
            after it, is not looked at. Without such a line a whole call decides.

    Returns:
        The decision with the call. Text of neither form decides nothing; a response
        without words is none.
    """
    body = unfenced(without_reasoning(text))
    lines = list(_LINE.finditer(body))
    ends = [line.start() for line in lines[1:]] + [len(body)]
    for line, end in zip(lines, ends, strict=False):
        said = body[line.end() : end].strip()
        if line[1] == "Action":
            return Reply("call", _call(said))
        if line[1] == "System":
            return Reply("response" if said else None)
    # Without its mark only a whole call is one: any text may look like the start of one.
    call = _call(body[: lines[0].start()] if lines else body)
    return Reply("call" if call else None, call)


def _call(text: str) -> FunctionCall | None:
    """Reads a call from the text, or from its first line.

    The prompt shows `function_name(argument1=value1)`: so values without quotes, which
    are no Python, are read as ToolACE's notation reads them.
    """
    text = unfenced(text)
    if not CALL_START.match(text) or len(text) > MAX_LENGTH:
        return None
    for part in dict.fromkeys((text.strip(), text.partition("\n")[0].strip())):
        try:
            return parse_action(part)
        except ValueError:
            pass
        try:
            calls = parse_bracket_calls(f"[{part}]")
        except ValueError:
            continue
        if len(calls) == 1:
            return calls[0]
    return None
