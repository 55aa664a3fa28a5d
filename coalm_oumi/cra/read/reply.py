"""A model's reply to the prompt of Table 6, read as a CRA dialogue."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from coalm_oumi.calls import FunctionSchema, split_reasoning
from coalm_oumi.cra.dialogue import CraDialogue, CraTurn
from coalm_oumi.cra.read.reply_lines import split_fields
from coalm_oumi.cra.read.reply_turns import NoDialogueError, TurnBuilder
from coalm_oumi.errors import shorten

LONGEST = 32_768
"""Longest reply that is read, in characters."""

CONTROL = "control characters replaced"
REASONING = "reasoning before or between the lines passed over"


_HALF_PAIR = re.compile("[\ud800-\udfff]")
_BREAK = re.compile("\r\n?|\u2028|\u2029|\x85|\x0b|\x0c")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True)
class Repair:
    """Something that had to be mended to read a reply.

    Attributes:
        rule: What was mended, in a few words; always the same for one rule.
        turn: The turn, counted from 0; None for the reply as a whole.
        detail: The words concerned.
    """

    rule: str
    turn: int | None
    detail: str = ""


@dataclass(frozen=True)
class Rejection:
    """A reply that is no dialogue.

    Attributes:
        reason: Why, in a few words; always the same for one rule.
        turn: The turn where reading stopped; None for the reply as a whole.
        detail: What was found there.
    """

    reason: str
    turn: int | None = None
    detail: str = ""

    def __str__(self) -> str:
        where = "" if self.turn is None else f" (turn {self.turn + 1})"
        return f"{self.reason}{where}{': ' if self.detail else ''}{self.detail}"


@dataclass(frozen=True)
class ParsedCra:
    """A reply read as a dialogue.

    Attributes:
        turns: Its turns, at least one.
        repairs: What was mended, in the order of the text.
    """

    turns: tuple[CraTurn, ...]
    repairs: tuple[Repair, ...] = ()

    def dialogue(self, record_id: str) -> CraDialogue:
        """Returns the dialogue under a name."""
        return CraDialogue(record_id, self.turns)


def parse_reply(
    text: str, functions: Sequence[FunctionSchema] = ()
) -> ParsedCra | Rejection:
    """Reads a reply; nothing in it is ever evaluated.

    Args:
        text: What the model wrote; its reasoning (`calls.reasoning`) is passed over.
        functions: The functions on offer, if they are known (`TurnBuilder`).

    Returns:
        The dialogue with each repair named, or the reason why it is none. The time
        taken grows with the length of the text alone.
    """
    reasoning, text = split_reasoning(text)
    if len(text) > LONGEST:
        return Rejection(
            "longer than a dialogue can be", None, f"{len(text)} characters"
        )
    if _HALF_PAIR.search(text):
        return Rejection("half of a surrogate pair", None)
    plain = _CONTROL.sub(" ", _BREAK.sub("\n", text))
    fields, passed = split_fields(plain)
    if not fields:
        return Rejection(
            "no labelled line is found", None, " ".join(text[:200].split())
        )
    builder = TurnBuilder(functions)
    try:
        builder.take_all(fields)
    except NoDialogueError as error:
        return Rejection(error.reason, error.turn, error.detail)
    repairs = [Repair(rule, turn, words) for rule, turn, words in builder.repairs]
    last = len(builder.turns) - 1
    for entry in passed:
        turn = builder.fields[entry.fields - 1] if entry.fields else None
        turn = min(turn, last) if turn is not None else None
        repairs.append(Repair(entry.rule, turn, entry.text))
    if reasoning:
        repairs.append(Repair(REASONING, None, shorten(" ".join(reasoning), 120)))
    if _CONTROL.search(_BREAK.sub("\n", text)):
        repairs.append(Repair(CONTROL, None))
    repairs.sort(key=lambda repair: -1 if repair.turn is None else repair.turn)
    return ParsedCra(tuple(builder.turns), tuple(repairs))
