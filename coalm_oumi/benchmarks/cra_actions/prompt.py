"""What the model is asked: the action prediction prompt, for every turn of a dialogue.

In: a turn with or without a call, and the turns before it. Out: Figure 6's instruction
with the functions and the conversation so far, and as input `User:` and `Thought:`, or
`User:` alone. For turns with a call that is byte for byte what `coalm/cra` trains on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from coalm_oumi.cra.dialogue import CraDialogue
from coalm_oumi.cra.function_lists import OF_DIALOGUE, FunctionList
from coalm_oumi.cra.functions import FunctionCatalogue
from coalm_oumi.cra.wordings import THOUGHTS
from coalm_oumi.prompts import cra_action_template

ThoughtGiven = Literal["given", "own"]

PROTOCOLS: dict[ThoughtGiven, str] = {
    "given": "cra_actions_v1: the action prompt on every turn, history and thought given",
    "own": "cra_actions_v1: the action prompt on every turn, history given, thought own",
}
"""The protocol in words. A change of what is asked or how it is read raises the version."""


class ActionPrompt(NamedTuple):
    """The prompt of one turn."""

    instruction: str
    input: str


def prompt_id(function_list: FunctionList = "all") -> str:
    """Returns the versions of the template and of the thoughts' wording.

    Args:
        function_list: Which functions are listed; the short list is named.
    """
    short = f"+{OF_DIALOGUE}" if function_list == "dialogue" else ""
    return f"{cra_action_template().id}+{THOUGHTS}{short}"


def action_prompts(
    dialogue: CraDialogue, functions: FunctionCatalogue, *, thought: ThoughtGiven
) -> Iterator[ActionPrompt]:
    """Yields the prompt of each turn; the turns before it are the gold ones.

    Args:
        dialogue: The dialogue.
        functions: The functions that the prompt lists.
        thought: Whether the thought before the action is `given`, as in training, or
            left to the model (`own`).
    """
    template = cra_action_template()
    history: list[str] = []
    for turn in dialogue.turns:
        instruction = template.render(
            tools=functions.listing, history="\n".join(history)
        )
        given = thought == "given"
        yield ActionPrompt(
            instruction, turn.action_input() if given else turn.user_line()
        )
        history.append(turn.lines())
