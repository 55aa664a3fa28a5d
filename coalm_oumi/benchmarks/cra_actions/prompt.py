"""What the model is asked: the action prediction prompt, for every turn of a dialogue.

In: a turn with or without a call, and the turns before it. Out: Figure 6's instruction
with the functions and the conversation so far, and as input `User:` and `Thought:`, or
`User:` alone. For turns with a call that is byte for byte what `coalm/cra` trains on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from coalm_oumi.cra.dates import today_words
from coalm_oumi.cra.dialogue import CraDialogue
from coalm_oumi.cra.functions import FunctionCatalogue
from coalm_oumi.cra.write.wordings import THOUGHTS
from coalm_oumi.prompts import cra_action_template

ThoughtGiven = Literal["given", "own"]

PROTOCOLS: dict[ThoughtGiven, str] = {
    "given": "the action prompt on every turn, history and thought given",
    "own": "the action prompt on every turn, history given, thought own",
}
"""What is asked, in words."""


class ActionPrompt(NamedTuple):
    """The prompt of one turn."""

    instruction: str
    input: str


def protocol(words: str, *, function_names: str, state_date: bool) -> str:
    """Returns the protocol with its version.

    A change of what is asked or how it is read raises the version: the first has the
    prompts as the paper has them, the second states today's date, or tells functions
    that share a name apart.

    Args:
        words: What is asked.
        function_names: What functions that share a name are called.
        state_date: Whether prompts state today's date.
    """
    first = function_names == "as_published" and not state_date
    return f"cra_actions_v{1 if first else 2}: {words}"


def prompt_id(label: str = "", *, state_date: bool = True) -> str:
    """Returns the versions of the template and of the thoughts' wording.

    Args:
        label: What the list of functions is, if it is not the paper's.
        state_date: Whether the prompt states today's date.
    """
    template = cra_action_template(dated=state_date)
    return "+".join(filter(None, (template.id, THOUGHTS, label)))


def action_prompts(
    dialogue: CraDialogue,
    functions: FunctionCatalogue,
    *,
    thought: ThoughtGiven,
    state_date: bool = True,
) -> Iterator[ActionPrompt]:
    """Yields the prompt of each turn; the turns before it are the gold ones.

    Args:
        dialogue: The dialogue.
        functions: The functions that the prompt lists.
        thought: Whether the thought before the action is `given`, as in training, or
            left to the model (`own`).
        state_date: Whether the prompt states the day on which the dialogue is held.
    """
    today = dialogue.today if state_date else None
    stated = {} if today is None else {"today": today_words(today)}
    template = cra_action_template(dated=bool(stated))
    history: list[str] = []
    for turn in dialogue.turns:
        instruction = template.render(
            tools=functions.listing, history="\n".join(history), **stated
        )
        given = thought == "given"
        yield ActionPrompt(
            instruction, turn.action_input() if given else turn.user_line()
        )
        history.append(turn.lines())
