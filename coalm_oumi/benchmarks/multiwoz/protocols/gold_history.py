"""The protocol `gold_history`: every user's turn is answered upon the gold history.

Most probably CoALM's. A test dialogue of six turns is six dialogues for the conductor,
`sng0073#0` to `sng0073#5`, which do not wait for each other. The state is what the calls
add up to over the turns (`call_state`). Each turn has a world of its own, in which nothing
is booked yet: what the gold history says was booked is text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from coalm_oumi.benchmarks.multiwoz.protocols.agent import agent_turn
from coalm_oumi.benchmarks.multiwoz.protocols.prompt import conversation
from coalm_oumi.environments.multiwoz.data.databases import Databases
from coalm_oumi.environments.multiwoz.data.dialogues import Dialogue
from coalm_oumi.environments.multiwoz.predicted_turn import turn_object
from coalm_oumi.environments.multiwoz.world.world import World
from coalm_oumi.evaluation.conductor import Dialogue as Conducted
from coalm_oumi.evaluation.conductor import StartDialogue


def turn_id(dialogue: str, number: int) -> str:
    """Returns the conductor's id of a turn, from 0: `sng0073#2`."""
    return f"{dialogue}#{number}"


def gold_history(
    dialogues: Iterable[Dialogue], databases: Databases, task: str, seed: int
) -> dict[str, StartDialogue]:
    """Returns what starts each turn, by its id.

    Args:
        dialogues: The test dialogues.
        databases: What the calls are made in.
        task: The system message.
        seed: Fixes the reference numbers.
    """
    return {
        turn_id(dialogue.id, number): partial(
            _turn, dialogue, number, databases, task, seed
        )
        for dialogue in dialogues
        for number in range(len(dialogue.turns))
    }


def _turn(
    dialogue: Dialogue, number: int, databases: Databases, task: str, seed: int
) -> Conducted:
    world = World(databases, seed, turn_id(dialogue.id, number))
    said = conversation(dialogue.turns, number)
    turn = yield from agent_turn(task, said, world)
    return turn_object(turn)


def assembled(turns: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Returns the turns by dialogue, in order, given by turn."""
    dialogues: dict[str, dict[int, Any]] = {}
    for key, turn in turns.items():
        dialogue, _, number = key.rpartition("#")
        dialogues.setdefault(dialogue, {})[int(number)] = turn
    return {
        dialogue: [found[number] for number in sorted(found)]
        for dialogue, found in dialogues.items()
    }
