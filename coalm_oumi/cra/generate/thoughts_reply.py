"""A reply with the thoughts of a dialogue whose calls and results are given.

In::

    [{"turn": 1, "thought1": "The user wants a ferry from Hull.", "thought2": "One came
    back."}, {"turn": 2, "thought": "The user is content."}]

Out: the dialogue with these thoughts; or a `Rejection`. What stands around the list (a
code fence, a remark, the model's reasoning) is cut off, and named as a repair.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from coalm_oumi.calls import split_reasoning, strict_json
from coalm_oumi.cra.dialogue import CraDialogue, CraTurn
from coalm_oumi.cra.read.reply import REASONING, ParsedCra, Rejection, Repair
from coalm_oumi.errors import shorten

_DIGITS = re.compile(r"\d+(?:[.:,]\d+)*")
_LONGEST = 2000
_MOST_STARTS = 20


def parse_thoughts(
    text: str, dialogue: CraDialogue, *, rephrased: bool
) -> ParsedCra | Rejection:
    """Reads a reply.

    Args:
        text: What the model wrote.
        dialogue: The dialogue, with any thoughts.
        rephrased: Whether it was asked for responses too.
    """
    reasoning, content = split_reasoning(text)
    found, repairs = _list(content)
    if isinstance(found, Rejection):
        return found
    if len(found) != len(dialogue.turns):
        detail = f"{len(found)} of {len(dialogue.turns)}"
        return Rejection("thoughts for another number of turns", None, detail)
    turns = []
    for number, (turn, value) in enumerate(zip(dialogue.turns, found, strict=True)):
        made = _turn(number, turn, value, rephrased=rephrased)
        if isinstance(made, Rejection):
            return made
        turns.append(made)
    if reasoning:
        repairs.append(Repair(REASONING, None, shorten(" ".join(reasoning), 120)))
    return ParsedCra(tuple(turns), tuple(repairs))


def _list(text: str) -> tuple[Sequence[Mapping[str, Any]] | Rejection, list[Repair]]:
    problem = Rejection("no JSON list", None, shorten(text, 60))
    starts = [match.start() for match in re.finditer(r"\[", text)]
    for start in starts[:_MOST_STARTS]:
        try:
            value, end = strict_json.raw_decode(text, start)
        except ValueError as error:
            problem = Rejection("the JSON list is broken", None, shorten(error, 100))
            continue
        if not value or not all(isinstance(item, Mapping) for item in value):
            continue
        around = (text[:start] + text[end:]).strip()
        cut = Repair("text around the list cut off", None, shorten(around, 60))
        return value, [cut] if around else []
    return problem, []


def _turn(
    number: int, turn: CraTurn, value: Mapping[str, Any], *, rephrased: bool
) -> CraTurn | Rejection:
    if value.get("turn", number + 1) != number + 1:
        return Rejection("the turns are out of order", number, shorten(repr(value), 60))
    names = ("thought1", "thought2") if turn.step else ("thought",)
    thoughts = [_text(value, name) for name in names]
    for name, thought in zip(names, thoughts, strict=True):
        if not thought or len(thought) > _LONGEST:
            why = "missing" if not thought else "longer than a thought"
            return Rejection(f"a thought is {why}", number, name)
    step = replace(turn.step, thought=thoughts[1]) if turn.step else None
    response = turn.response
    if rephrased:
        response = _text(value, "response")
        if sorted(_DIGITS.findall(response)) != sorted(_DIGITS.findall(turn.response)):
            # A number is what a user acts on; wording may change, this may not.
            return Rejection(
                "the response has other numbers", number, shorten(response, 80)
            )
        if not response:
            return Rejection("the response is missing", number, "response")
    return replace(turn, thought=thoughts[0], step=step, response=response)


def _text(value: Mapping[str, Any], name: str) -> str:
    found = value.get(name)
    # A break inside a line of a history would look like a new line of it.
    return " ".join(found.split()) if isinstance(found, str) else ""
