"""The protocol `dst_prompt`: the model is asked for the state, turn by turn.

The usual way in the literature on state tracking, and a second view beside the state that
calls add up to. Out of::

    ```json
    {"hotel": {"area": "east", "stars": 4}, "train-day": "friday"}
    ```

comes ``{"hotel": {"area": "east", "stars": "4"}, "train": {"day": "friday"}}``. A text
without such an object is a turn without a prediction, which counts as a miss.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial

from coalm_oumi.benchmarks.multiwoz.protocols.gold_history import turn_id
from coalm_oumi.benchmarks.multiwoz.protocols.prompt import conversation
from coalm_oumi.benchmarks.multiwoz.protocols.reply import LONGEST
from coalm_oumi.benchmarks.multiwoz.scorer.problems import NO_STATE
from coalm_oumi.benchmarks.multiwoz.scorer.state_object import state_object
from coalm_oumi.calls import without_reasoning
from coalm_oumi.calls.strict_json import raw_decode
from coalm_oumi.environments.multiwoz.data.active_domains import State
from coalm_oumi.environments.multiwoz.data.dialogues import Dialogue
from coalm_oumi.environments.multiwoz.data.domains import (
    DOMAINS,
    TRACKED_SLOTS,
    finite_values,
)
from coalm_oumi.environments.multiwoz.predicted_turn import (
    PredictedTurn,
    turn_object,
)
from coalm_oumi.evaluation.conductor import (
    ChatMessage,
    Request,
    RequestRefusedError,
    StartDialogue,
)
from coalm_oumi.evaluation.conductor import Dialogue as Conducted
from coalm_oumi.prompts import load_template

VERSION = 1
"""The version of the templates that `state_prompt` fills."""

_MOST_OBJECTS = 20
_OBJECT = re.compile(r"\{|\[\s*(?=\{)")


def state_prompt_id(*, example: bool) -> str:
    """Returns the prompt's name in results: `multiwoz_state_one_shot_v1`."""
    return f"multiwoz_state_{'one' if example else 'zero'}_shot_v{VERSION}"


def state_prompt(*, example: bool = True) -> str:
    """Returns the system message.

    Args:
        example: Whether a worked example stands in it.
    """
    example_text = (
        load_template("multiwoz_state_example", VERSION).render() if example else ""
    )
    lines = [f"- {domain}: {', '.join(_slots(domain))}" for domain in DOMAINS]
    return load_template("multiwoz_state", VERSION).render(
        slots="\n".join(lines), example=example_text
    )


def _slots(domain: str) -> Iterable[str]:
    for slot in TRACKED_SLOTS[domain]:
        values = finite_values(domain, slot)
        yield f"{slot} ({', '.join(values)})" if values else slot


def dst_prompt(dialogues: Iterable[Dialogue], task: str) -> dict[str, StartDialogue]:
    """Returns what starts each turn, by its id (`gold_history.assembled` gathers them).

    Args:
        dialogues: The test dialogues.
        task: The system message.
    """
    return {
        turn_id(dialogue.id, number): partial(_turn, dialogue, number, task)
        for dialogue in dialogues
        for number in range(len(dialogue.turns))
    }


def _turn(dialogue: Dialogue, number: int, task: str) -> Conducted:
    said = conversation(dialogue.turns, number).removesuffix("[Assistant]\n")
    messages = (ChatMessage("system", task), ChatMessage("user", said))
    try:
        reply = yield Request(messages)
    except RequestRefusedError as error:
        if not error.context_full:
            raise
        problems = (NO_STATE, "context_full")
        return turn_object(PredictedTurn("", problems=problems, only_state=True))
    state = parse_state(reply.text)
    problems = () if state is not None else (NO_STATE,)
    if state is None and reply.cut_off:
        problems += ("cut_off",)
    turn = PredictedTurn("", state=state, problems=problems, only_state=True)
    return turn_object(turn)


def parse_state(text: str) -> State | None:
    """Returns the state that a reply holds: its last object of slots; None without one.

    Args:
        text: What the model wrote. Slots may be nested in their domain, or be called
            `hotel-area`, and the state may be wrapped (`state_object`); slots and domains
            that say nothing are left out, unknown ones stay and are wrong.
    """
    text = without_reasoning(text)[:LONGEST]
    found: State | None = None
    start, tried = _OBJECT.search(text), 0
    while start and tried < _MOST_OBJECTS:
        try:
            value, end = raw_decode(text, start.start(), repeated_keys="last")
        except ValueError:
            end = start.start() + 1
        else:
            state = state_object(value)
            found = found if state is None else state
        start, tried = _OBJECT.search(text, end), tried + 1
    return found
