"""A sample's instruction, input and output as Oumi's messages (`prompts.layout`)."""

from __future__ import annotations

from oumi.core.types.conversation import Conversation, Message, Role

from coalm_oumi.prompts import layout as layouts


def prompt_turns(
    instruction: str, input_text: str, layout: str
) -> list[tuple[Role, str]]:
    """Returns role and content of each message up to the assistant's turn."""
    turns = layouts.prompt_turns(instruction, input_text, layout)
    return [(Role(role), content) for role, content in turns]


def conversation(
    instruction: str, input_text: str, output: str, layout: str
) -> Conversation:
    """Returns the whole conversation, the reply to learn included."""
    turns = [
        *prompt_turns(instruction, input_text, layout),
        (Role.ASSISTANT, output),
    ]
    return Conversation(messages=[Message(role=r, content=c) for r, c in turns])
