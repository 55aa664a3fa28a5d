"""The protocol `simulated_user`: a user with the goal, and a history that is generated.

The user is a second model, told the goal and never what the test's dialogue says; or a
rule-based one (`goal_user`). What the first of them says first is what the test's user
said. Calls are made in one world per dialogue, so that a booking stays made. A dialogue
ends when the user ends it, or after twenty turns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from coalm_oumi.benchmarks.multiwoz.agent import LONGEST_SHOWN, agent_turn
from coalm_oumi.benchmarks.multiwoz.data.databases import Databases
from coalm_oumi.benchmarks.multiwoz.data.dialogues import Dialogue, DialogueTurn
from coalm_oumi.benchmarks.multiwoz.prompt import conversation
from coalm_oumi.benchmarks.multiwoz.scorer.predicted_turn import (
    PredictedTurn,
    turn_object,
)
from coalm_oumi.benchmarks.multiwoz.world.world import World
from coalm_oumi.calls import without_reasoning
from coalm_oumi.evaluation.conductor import (
    ChatMessage,
    Reply,
    Request,
    RequestRefusedError,
    StartDialogue,
)
from coalm_oumi.evaluation.conductor import Dialogue as Conducted
from coalm_oumi.prompts import load_template

USER = "user"
"""The name of the user's model in requests."""

USER_VERSION = 1
"""The version of the user's template."""

MOST_TURNS = 20

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


MakeUser = Callable[[Dialogue], User]


def simulated_user(
    dialogues: Iterable[Dialogue],
    databases: Databases,
    task: str,
    *,
    seed: int = 0,
    most_turns: int = MOST_TURNS,
    user: MakeUser = ModelUser,
) -> dict[str, StartDialogue]:
    """Returns what starts each dialogue, by its id.

    Args:
        dialogues: The test dialogues, for their goals.
        databases: What the calls are made in.
        task: The system message of the model that is evaluated.
        seed: Fixes the reference numbers.
        most_turns: After how many turns a dialogue ends.
        user: Makes the user of a dialogue.
    """
    return {
        dialogue.id: partial(_held, dialogue, databases, task, seed, most_turns, user)
        for dialogue in dialogues
    }


def _held(
    dialogue: Dialogue,
    databases: Databases,
    task: str,
    seed: int,
    most_turns: int,
    make_user: MakeUser,
) -> Conducted:
    world = World(databases, seed, dialogue.id)
    user = make_user(dialogue)
    turns: list[PredictedTurn] = []
    said = yield from user.says(turns)
    while said is not None and len(turns) < most_turns:
        history = [DialogueTurn(t.user or "", heard(t), {}) for t in turns]
        history.append(DialogueTurn(said, "", {}))
        text = conversation(history, len(turns))
        turn = yield from agent_turn(task, text, world)
        turns.append(replace(turn, user=said))
        said = yield from user.says(turns)
    if turns and said is None:
        turns[-1] = replace(turns[-1], last=True)
    return [turn_object(turn) for turn in turns]
