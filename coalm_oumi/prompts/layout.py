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

PromptLayout = Literal["plain", "system", "alpaca"]
PROMPT_LAYOUTS: tuple[str, ...] = get_args(PromptLayout)


def prompt_turns(
    instruction: str, input_text: str, layout: str
) -> list[tuple[Literal["system", "user"], str]]:
    """Returns role and content of each message up to the assistant's turn.

    Args:
        instruction: The sample's instruction.
        input_text: The sample's input; may be empty.
        layout: One of `PROMPT_LAYOUTS`.
    """
    if layout == "alpaca":
        from oumi.datasets.sft.alpaca import AlpacaDataset

        if input_text:
            system = AlpacaDataset.system_prompt_with_context
            user = f"{instruction}\n\n### Input:\n{input_text}"
        else:
            system = AlpacaDataset.system_prompt_without_context
            user = instruction
        return [("system", system), ("user", user)]
    if not input_text:
        return [("user", instruction)]
    if layout == "system":
        return [("system", instruction), ("user", input_text)]
    return [("user", f"{instruction}\n{input_text}")]
