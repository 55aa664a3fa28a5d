"""The prompt of the `gold_history` protocol: the task, then the conversation so far.

The system message says who the model is, what the five sub-tasks are, which functions
there are, and how to write a call or a reply; the user message is the conversation::

    [User]
    Thai food in the east?
    [Assistant]
    The Blue Heron serves it.
    [User]
    A table for two, please.
    [Assistant]

The structure is that of the "slightly modified AutoTOD prompt" that CoALM was most
probably scored with; the words are ours. What it says of slots that the user did not
mention comes in three versions, as there: write `any`, `omit` them, or write `dontcare`
where the user says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from coalm_oumi.environments.multiwoz.data.dialogues import DialogueTurn
from coalm_oumi.environments.multiwoz.world.tools import TOOLS
from coalm_oumi.prompts import load_template

SlotRule = Literal["any", "omit", "dontcare"]

SLOT_RULES: tuple[SlotRule, ...] = ("any", "omit", "dontcare")

VERSION = 1
"""The version of the templates that `system_prompt` fills."""

MOST_CALLS = 5
"""How many calls a model may make before it replies."""

STOP = ("API Result:",)
"""Where generation stops, lest a model invents a result and goes on from it."""

# What the example's first lookup leaves open, by rule.
_QUERIES = {
    "any": '{"area": "east", "pricerange": "any", "food": "thai", "name": "any"}',
    "omit": '{"area": "east", "food": "thai"}',
    "dontcare": '{"area": "east", "food": "thai"}',
}


def prompt_id(slots: SlotRule, *, example: bool) -> str:
    """Returns the prompt's name in results: `multiwoz_any_one_shot_v1`."""
    return f"multiwoz_{slots}_{'one' if example else 'zero'}_shot_v{VERSION}"


def system_prompt(slots: SlotRule = "any", *, example: bool = True) -> str:
    """Returns the system message.

    Args:
        slots: What the model is told of slots that the user did not mention.
        example: Whether a worked example stands in it.
    """
    example_text = ""
    if example:
        template = load_template("multiwoz_example", VERSION)
        example_text = template.render(query=_QUERIES[slots])
    return load_template("multiwoz", VERSION).render(
        **{domain: _functions(domain) for domain in _domains()},
        slots=load_template(f"multiwoz_slots_{slots}", VERSION).render(),
        calls=str(MOST_CALLS),
        example=example_text,
    )


def conversation(turns: Sequence[DialogueTurn], number: int) -> str:
    """Returns the conversation up to a user's turn, with the gold replies before it.

    Args:
        turns: The dialogue's turns.
        number: The turn to reply to, from 0.
    """
    said: list[str] = []
    for turn in turns[:number]:
        said += ["[User]", turn.user, "[Assistant]", turn.system]
    return "\n".join([*said, "[User]", turns[number].user, "[Assistant]", ""])


def _domains() -> tuple[str, ...]:
    return tuple(dict.fromkeys(tool.domain for tool in TOOLS.values()))


def _functions(domain: str) -> str:
    lines: list[str] = []
    for tool in TOOLS.values():
        if tool.domain != domain:
            continue
        lines.append(f"- {tool.name}: {tool.description}")
        for parameter in tool.parameters:
            values = (
                f" One of {', '.join(parameter.values)}." if parameter.values else ""
            )
            lines.append(f"  - {parameter.name}: {parameter.description}{values}")
    return "\n".join(lines)
