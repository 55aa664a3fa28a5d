"""CRA samples: action prediction (Figure 6) and response generation (Figure 7).

In: a `CraDialogue`. Out, for each turn that calls a function, an action sample (the
conversation so far in the instruction, `User:` and `Thought:` as input, `Action: ...` as
output); and for every turn a response sample (all lines of the turn but the last as input,
`System: ...` as output).

So the paper's samples show the action prompt only where a call follows. With
`action_turns="all"`, which is ours, a turn without a call has an action sample too: the
same prompt, `System: ...` as output. From these a model learns whether to call at all,
which the paper's leave to the caller.

As a chat with tools (`cra_chat`) the whole dialogue is one: thoughts are the assistant's
reasoning, actions its `tool_calls`, observations messages of the role `tool`.

The prompts state the day on which the dialogue is held, if that is known: else nobody could
write "tomorrow" as a date. That is ours too; without `state_date` they are the figures'.
"""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Literal

from coalm_oumi.calls.strict_json import dumps
from coalm_oumi.cra.dates import (
    UNDATED,
    UNDATED_DROPPED,
    UndatedActions,
    today_words,
    undated_values,
)
from coalm_oumi.cra.dialogue import CraDialogue, Step
from coalm_oumi.cra.functions import FunctionCatalogue
from coalm_oumi.cra.write.wordings import THOUGHTS
from coalm_oumi.prompts import (
    cra_action_template,
    cra_response_template,
    cra_tools_template,
)
from coalm_oumi.sample import Chat, Origin, Sample, chat_calls
from coalm_oumi.seeding import stable_digest
from coalm_oumi.sources.ledger import Ledger

ACTION = "action"
"""The transformation of an action prediction sample."""
RESPONSE = "response"
"""The transformation of a response generation sample."""
NO_ACTION = "no action"
"""The transformation of a sample with the action prompt and no call to make."""
CHAT = "chat"
"""The transformation of a dialogue that is a chat with tools."""
ActionTurns = Literal["calls", "all"]
"""Which turns have a sample with the action prompt."""


def cra_samples(
    dialogue: CraDialogue,
    catalogue: FunctionCatalogue,
    *,
    source: str = "sgd",
    seed: int,
    thoughts: str = THOUGHTS,
    action_turns: ActionTurns = "calls",
    state_date: bool = True,
    undated: UndatedActions = "keep",
    ledger: Ledger | None = None,
) -> Iterator[Sample]:
    """Yields the samples of a dialogue, in the order of its turns.

    Args:
        dialogue: The dialogue.
        catalogue: The functions that the action prompt lists.
        source: The source's name in the catalogue of sources.
        seed: The seed with which the thoughts were written, for the origin.
        thoughts: Name and version of what the thoughts come from, for the origin: the
            rules' wordings, or a model's prompt.
        action_turns: Whether the action prompt is for turns with `calls`, as in the
            paper, or for `all`.
        state_date: Whether the prompts state the day on which the dialogue is held.
        undated: Whether to `keep` or `drop` the samples of actions with a date that
            nothing states (`dates`).
        ledger: Notes these actions.
    """
    today, stated = _stated_day(dialogue, state_date)
    act = cra_action_template(dated=bool(stated))
    respond = cra_response_template(dated=bool(stated))
    left_out = _undated(dialogue, today, undated, ledger)
    history: list[str] = []
    for number, turn in enumerate(dialogue.turns):
        content = {"history": "\n".join(history), **stated}
        record_id = f"{dialogue.record_id}#{number}"
        actions = [
            (*action, ACTION)
            for step, action in enumerate(turn.actions())
            if (number, step) not in left_out
        ]
        if not turn.steps and action_turns == "all":
            actions = [(turn.action_input(), turn.response_output(), NO_ACTION)]
        for lines, output, kind in actions:
            prompt = _joined(act.id, thoughts, catalogue.label)
            yield Sample(
                act.render(tools=catalogue.listing, **content),
                lines,
                output,
                Origin(source, record_id, prompt, kind, seed),
            )
        yield Sample(
            respond.render(**content),
            turn.response_input(),
            turn.response_output(),
            Origin(source, record_id, _joined(respond.id, thoughts), RESPONSE, seed),
        )
        history.append(turn.lines())


def cra_chat(
    dialogue: CraDialogue,
    catalogue: FunctionCatalogue,
    *,
    source: str = "sgd",
    seed: int,
    thoughts: str = THOUGHTS,
    state_date: bool = True,
    undated: UndatedActions = "keep",
    ledger: Ledger | None = None,
) -> Chat:
    """Returns a dialogue as a chat with tools.

    Args:
        dialogue: The dialogue.
        catalogue: The functions on offer.
        source: As for `cra_samples`, like all that follow.
        seed: The seed of the thoughts.
        thoughts: What the thoughts come from.
        state_date: Whether the system message states the day of the dialogue.
        undated: Whether actions with a date that nothing states are trained on.
        ledger: Notes these actions.
    """
    today, stated = _stated_day(dialogue, state_date)
    head = cra_tools_template(dated=bool(stated))
    left_out = _undated(dialogue, today, undated, ledger)
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": head.render(**stated)}
    ]
    untrained, made = set(), 0
    for number, turn in enumerate(dialogue.turns):
        messages.append({"role": "user", "content": turn.user})
        for step, (thought, done) in enumerate(
            zip(turn.thoughts, turn.steps, strict=False)
        ):
            if (number, step) in left_out:
                untrained.add(len(messages))
            messages += _step_messages(done, thought, made)
            made += 1
        messages.append(
            {
                "role": "assistant",
                "reasoning_content": turn.thoughts[-1],
                "content": turn.response,
            }
        )
    prompt = _joined(head.id, thoughts, catalogue.label)
    return Chat(
        messages,
        catalogue.tools,
        Origin(source, dialogue.record_id, prompt, CHAT, seed),
        frozenset(untrained),
    )


def _step_messages(step: Step, thought: str, made: int) -> list[dict[str, Any]]:
    """Returns a call and its result, `made` calls of the dialogue standing before it."""
    calls = chat_calls([(step.call.name, step.call.arguments)], made)
    return [
        {"role": "assistant", "reasoning_content": thought, "tool_calls": calls},
        {
            "role": "tool",
            "tool_call_id": calls[0]["id"],
            "name": step.call.name,
            "content": dumps(step.observation),
        },
    ]


def _stated_day(
    dialogue: CraDialogue, state_date: bool
) -> tuple[date | None, dict[str, str]]:
    """Returns the day that the prompts state, and as the templates' field."""
    today = dialogue.today if state_date else None
    return today, {} if today is None else {"today": today_words(today)}


def _joined(*names: str) -> str:
    return "+".join(filter(None, names))


def _undated(
    dialogue: CraDialogue,
    today: date | None,
    undated: UndatedActions,
    ledger: Ledger | None,
) -> set[tuple[int, int]]:
    """Notes the actions with a date that nothing states, and returns those to drop."""
    if ledger is None and undated == "keep":
        return set()
    found: dict[tuple[int, int], list[str]] = {}
    for value in undated_values(dialogue, today):
        found.setdefault((value.turn, value.step), []).append(str(value))
    for (turn, _), details in found.items():
        if ledger is not None:
            reason = UNDATED if undated == "keep" else UNDATED_DROPPED
            ledger.noted(f"{dialogue.record_id}#{turn}", reason, "; ".join(details))
    return set(found) if undated == "drop" else set()


def in_seeded_order(
    dialogues: Iterable[CraDialogue], *, seed: int
) -> Iterator[CraDialogue]:
    """Yields dialogues in an order fixed by the seed and their names alone.

    SGD's files are sorted by service; a part of the samples would be one of the services.
    The dialogues are held packed, a tenth of their size, until all are there.

    Args:
        dialogues: The dialogues, in any order.
        seed: Fixes the order.
    """
    packed = [
        (
            stable_digest(seed, "order", dialogue.record_id),
            zlib.compress(pickle.dumps(dialogue), 1),
        )
        for dialogue in dialogues
    ]
    packed.sort()
    for _, data in packed:
        yield pickle.loads(zlib.decompress(data))  # noqa: S301 - our own, from above
