"""A model's reply to the prompt of Table 6, read as a CRA dialogue."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from coalm_oumi.cra.dialogue import CraDialogue, CraTurn


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


def parse_reply(text: str) -> ParsedCra | Rejection:
    """Reads a reply; nothing in it is ever evaluated.

    Args:
        text: What the model wrote.

    Returns:
        The dialogue with each repair named, or the reason why it is none. The time
        taken grows with the length of the text alone.
    """
    raise NotImplementedError
