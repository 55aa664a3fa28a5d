"""Reading a model's reply: a call, an answer to the user, or neither.

In::

    Thought: I need to call an API.
    API Name: query_hotels
    API Input: {"area": "east"}
    API Result:

Out: ``ReplyCall("query_hotels", {"area": "east"})``. And ``Response: It is cheap.`` is
``ReplyText("It is cheap.")``.

What the model writes after `API Result:` it has invented, so that it is not read: no
invented result and no reply that rests on one is ever scored. (The pipeline that CoALM was
most probably scored with does read it.)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from coalm_oumi.calls import without_reasoning
from coalm_oumi.calls.strict_json import raw_decode

LONGEST = 100_000
"""How much of a reply is read, in characters, its reasoning not counted."""

FailureKind = Literal["no_field", "no_input", "not_json", "not_an_object"]
"""Why a reply is neither a call nor an answer: it has none of the fields; a call has no
input; the input is no JSON, or is not an object."""

# At the start of a line in any case of ASCII; exactly as prompted anywhere.
_FIELD = re.compile(
    r"(?aim:^[ \t*#>-]*(thought|api name|api input|api result|response)[ \t]*:[ \t*]*)"
    r"|(API Name|API Input|API Result|Response):[ \t*]*"
)
_SPEAKER = re.compile(r"^\[(?:user|assistant)\]", re.I | re.M | re.A)


@dataclass(frozen=True)
class ReplyCall:
    """A call: the function's name and its arguments as the model wrote them."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class ReplyText:
    """What the model says to the user."""

    text: str


@dataclass(frozen=True)
class ReplyFailure:
    """A reply that is neither.

    Attributes:
        kind: What is wrong with it.
        message: The same as a sentence, for the model to read.
        name: The function that was to be called; empty if none was named.
    """

    kind: FailureKind
    message: str
    name: str = ""


Reply = ReplyCall | ReplyText | ReplyFailure


def parse_reply(text: str) -> Reply:
    """Reads a reply.

    Args:
        text: What the model wrote. The first `API Name` or `Response` decides; an answer
            ends where the next field or speaker begins.

    Returns:
        A call, an answer (which may be empty), or what is wrong.
    """
    fields = _fields(without_reasoning(text)[:LONGEST])
    for place, (name, content) in enumerate(fields):
        if name == "response":
            return ReplyText(_SPEAKER.split(content)[0].strip())
        if name == "api name":
            return _call(content, fields[place + 1 :])
    return ReplyFailure(
        "no_field",
        "Failure: write either 'API Name:' and 'API Input:', or 'Response:'.",
    )


def _fields(text: str) -> list[tuple[str, str]]:
    """Returns the fields up to the first result: name in lower case, and content."""
    found: list[tuple[str, str]] = []
    matches = list(_FIELD.finditer(text))
    for place, match in enumerate(matches):
        name = (match[1] or match[2]).lower()
        if name == "api result":
            break
        after = matches[place + 1 : place + 2]
        end = after[0].start() if after else len(text)
        found.append((name, text[match.end() : end]))
    return found


def _call(content: str, rest: list[tuple[str, str]]) -> ReplyCall | ReplyFailure:
    name = content.strip().split("\n")[0].strip(" `*\"'")
    name = name.removesuffix("()")
    written = next((text for field, text in rest if field == "api input"), None)
    if written is None:
        return ReplyFailure("no_input", "Failure: 'API Input:' is missing.", name)
    start = written.find("{")
    if start < 0:
        return ReplyFailure(
            "not_an_object", "Failure: the API input must be one JSON object.", name
        )
    try:
        arguments, _ = raw_decode(written, start)
    except ValueError as error:
        message = f"Failure: the API input is not a JSON object: {error}."
        return ReplyFailure("not_json", message, name)
    return ReplyCall(name, arguments)
