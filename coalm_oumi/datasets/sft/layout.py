"""How a sample's instruction and input become the messages of a conversation.

A model has to be served with the layout it was trained on, so it is named in the recipe
for training and in the one for evaluation.

- `plain`: one user message, the instruction, a line break, and the input; the way
  LLaMA-Factory joins Alpaca columns, with which API-Bank was scored.
- `system`: the instruction as system message, the input as user message; for samples
  without an input the same as `plain`.
- `alpaca`: Oumi's stock `AlpacaDataset`: a system message that explains the columns,
  and the input under a heading.
"""

from __future__ import annotations

from typing import Literal, get_args

from oumi.core.types.conversation import Conversation, Message, Role
from oumi.datasets.sft.alpaca import AlpacaDataset

PromptLayout = Literal["plain", "system", "alpaca"]
PROMPT_LAYOUTS: tuple[str, ...] = get_args(PromptLayout)


def prompt_turns(
    instruction: str, input_text: str, layout: str
) -> list[tuple[Role, str]]:
    """Returns role and content of each message up to the assistant's turn.

    Args:
        instruction: The sample's instruction.
        input_text: The sample's input; may be empty.
        layout: One of `PROMPT_LAYOUTS`.
    """
    if layout == "alpaca":
        if input_text:
            system = AlpacaDataset.system_prompt_with_context
            user = f"{instruction}\n\n### Input:\n{input_text}"
        else:
            system = AlpacaDataset.system_prompt_without_context
            user = instruction
        return [(Role.SYSTEM, system), (Role.USER, user)]
    if not input_text:
        return [(Role.USER, instruction)]
    if layout == "system":
        return [(Role.SYSTEM, instruction), (Role.USER, input_text)]
    return [(Role.USER, f"{instruction}\n{input_text}")]


def prompt_messages(instruction: str, input_text: str, layout: str) -> list[Message]:
    """Returns the messages up to the assistant's turn; see `prompt_turns`."""
    turns = prompt_turns(instruction, input_text, layout)
    return [Message(role=role, content=content) for role, content in turns]


def conversation(
    instruction: str, input_text: str, output: str, layout: str
) -> Conversation:
    """Returns the whole conversation, the reply to learn included."""
    messages = prompt_messages(instruction, input_text, layout)
    messages.append(Message(role=Role.ASSISTANT, content=output))
    return Conversation(messages=messages)
