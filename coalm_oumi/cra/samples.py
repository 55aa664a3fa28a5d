"""CRA samples: action prediction (Figure 6) and response generation (Figure 7).

In: a `CraDialogue`. Out, for each turn that calls a function, an action sample (the
conversation so far in the instruction, `User:` and `Thought:` as input, `Action: ...` as
output); and for every turn a response sample (all lines of the turn but the last as input,
`System: ...` as output).

So the paper's samples show the action prompt only where a call follows. With
`action_turns="all"`, which is ours, a turn without a call has an action sample too: the
same prompt, `System: ...` as output. From these a model learns whether to call at all,
which the paper's leave to the caller.
"""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Iterable, Iterator
from typing import Literal

from coalm_oumi.cra.dialogue import CraDialogue
from coalm_oumi.cra.functions import FunctionCatalogue
from coalm_oumi.cra.wordings import THOUGHTS
from coalm_oumi.prompts import (
    PromptTemplate,
    cra_action_template,
    cra_response_template,
)
from coalm_oumi.samples.order import stable_digest
from coalm_oumi.samples.sample import Origin, Sample

ACTION = "action"
"""The transformation of an action prediction sample."""
RESPONSE = "response"
"""The transformation of a response generation sample."""
NO_ACTION = "no action"
"""The transformation of a sample with the action prompt and no call to make."""
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
    """
    history: list[str] = []
    for number, turn in enumerate(dialogue.turns):
        so_far = "\n".join(history)

        def origin(
            template: PromptTemplate, kind: str, label: str, number: int = number
        ) -> Origin:
            prompt = "+".join(filter(None, (template.id, thoughts, label)))
            record_id = f"{dialogue.record_id}#{number}"
            return Origin(source, record_id, prompt, kind, seed)

        template = cra_action_template()
        actions = [(*action, ACTION) for action in turn.actions()]
        if not actions and action_turns == "all":
            actions = [(turn.action_input(), turn.response_output(), NO_ACTION)]
        for lines, output, kind in actions:
            yield Sample(
                template.render(tools=catalogue.listing, history=so_far),
                lines,
                output,
                origin(template, kind, catalogue.label),
            )
        template = cra_response_template()
        yield Sample(
            template.render(history=so_far),
            turn.response_input(),
            turn.response_output(),
            origin(template, RESPONSE, ""),
        )
        history.append(turn.lines())


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
