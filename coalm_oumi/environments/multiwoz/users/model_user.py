"""A user that a second model plays, told the goal and never what the test's dialogue says.

What it says first is what the test's user said.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from typing import Protocol

from coalm_oumi.calls import without_reasoning
from coalm_oumi.environments.multiwoz.data.dialogues import Dialogue
from coalm_oumi.environments.multiwoz.predicted_turn import PredictedTurn
from coalm_oumi.evaluation.conductor import (
    ChatMessage,
    Reply,
    Request,
    RequestRefusedError,
)
from coalm_oumi.prompts import load_template

USER = "user"
"""The name of the user's model in requests."""

USER_VERSION = 1
"""The version of the user's template."""

LONGEST_SHOWN = 4000
"""How much of a model's text is read again, by it or by a user, in characters: a call is
shorter, and a hundred thousand characters would fill any context."""

_SPEAKER = re.compile(
    r"^\s*\[?(?a:user|visitor|assistant)\]?\s*:?\s*\n?", re.IGNORECASE
)
_NEXT_SPEAKER = re.compile(
    r"^\s*(?a:\[assistant\]|assistant:)", re.IGNORECASE | re.MULTILINE
)
_END = re.compile(r"\bexit\W*$", re.IGNORECASE)
_LONGEST_SAID = 2000


class User(Protocol):
    """Says what a user says."""

    def says(
        self, turns: Sequence[PredictedTurn]
    ) -> Generator[Request, Reply, str | None]:
        """Returns the next utterance; None at the dialogue's end.

        Args:
            turns: The turns so far.

        Yields:
            Requests to the user's model, if it has one.
        """
        ...


class ModelUser:
    """A user that a second model plays.

    Args:
        dialogue: The test's dialogue: its goal, and what its user said first.
    """

    def __init__(self, dialogue: Dialogue) -> None:
        goal = "\n".join(f"- {sentence}." for sentence in dialogue.message)
        self._task = load_template("multiwoz_user", USER_VERSION).render(goal=goal)
        self._first = dialogue.turns[0].user

    def says(
        self, turns: Sequence[PredictedTurn]
    ) -> Generator[Request, Reply, str | None]:
        """Returns what the model says; nothing from it ends the dialogue, too."""
        if not turns:
            return self._first
        # To the user's model the user is the assistant.
        messages = [ChatMessage("system", self._task), ChatMessage("user", "Hello.")]
        for turn in turns:
            messages.append(ChatMessage("assistant", turn.user or ""))
            messages.append(ChatMessage("user", heard(turn)))
        try:
            reply = yield Request(tuple(messages), USER)
        except RequestRefusedError as error:
            if not error.context_full:
                raise
            return None
        text = _SPEAKER.sub("", without_reasoning(reply.text), count=1)
        said = _NEXT_SPEAKER.split(text)[0].strip()
        return None if not said or _END.search(said) else said[:_LONGEST_SAID]


def heard(turn: PredictedTurn) -> str:
    """Returns a reply as the conversation goes on with it."""
    return turn.response[:LONGEST_SHOWN] or "(The assistant says nothing.)"
