"""What a reply is taken apart into: words to the user, calls, and thoughts."""

from __future__ import annotations

import json
from dataclasses import dataclass

from coalm_oumi.calls import NOTATIONS, FunctionCall
from coalm_oumi.errors import OptionError, expected_one_of

AUTO = "auto"
NOTATION_CHOICES = (AUTO, *NOTATIONS)
"""How calls are written: in one of the notations (`calls`), or in any (`auto`)."""


def check_notation(notation: str) -> None:
    """Checks the name of a notation.

    Raises:
        OptionError: There is none of that name.
    """
    if notation not in NOTATION_CHOICES:
        raise OptionError(expected_one_of(notation, NOTATION_CHOICES), field="notation")


@dataclass(frozen=True)
class Content:
    """A piece of what is said to the user; the pieces join without anything between."""

    text: str


@dataclass(frozen=True)
class Thought:
    """What a CRA reply thinks before it acts or speaks, without its label."""

    text: str


@dataclass(frozen=True)
class Call:
    """A finished call.

    Attributes:
        index: Its number in the reply, from 0.
        call: The call.
    """

    index: int
    call: FunctionCall


Event = Content | Thought | Call


@dataclass(frozen=True)
class Reply:
    """A whole reply.

    Attributes:
        content: What is said to the user; None if nothing is.
        calls: The calls, in order.
        thoughts: What was thought before them.
    """

    content: str | None
    calls: tuple[FunctionCall, ...] = ()
    thoughts: tuple[str, ...] = ()


def arguments_json(call: FunctionCall) -> str:
    """Returns a call's arguments as OpenAI's protocol has them: an object in a string."""
    return json.dumps(dict(call.arguments), ensure_ascii=False, allow_nan=False)
