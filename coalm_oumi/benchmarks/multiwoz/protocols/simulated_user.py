"""The protocol `simulated_user`: a user with the goal, and a history that is generated.

The user is a second model, told the goal and never what the test's dialogue says; or a
rule-based one (`goal_user`). What the first of them says first is what the test's user
said. Calls are made in one world per dialogue, so that a booking stays made. A dialogue
ends when the user ends it, or after twenty turns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from coalm_oumi.benchmarks.multiwoz.protocols.agent import agent_turn
from coalm_oumi.benchmarks.multiwoz.protocols.prompt import conversation
from coalm_oumi.environments.multiwoz.data.databases import Databases
from coalm_oumi.environments.multiwoz.data.dialogues import Dialogue, DialogueTurn
from coalm_oumi.environments.multiwoz.predicted_turn import (
    PredictedTurn,
    turn_object,
)
from coalm_oumi.environments.multiwoz.users.model_user import ModelUser, User, heard
from coalm_oumi.environments.multiwoz.world.world import World
from coalm_oumi.evaluation.conductor import Dialogue as Conducted
from coalm_oumi.evaluation.conductor import StartDialogue

MOST_TURNS = 20

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
