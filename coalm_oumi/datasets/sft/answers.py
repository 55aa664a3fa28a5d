"""Samples as reinforcement learning reads them: a prompt to reply to, a known answer.

A row, as TRL's GRPO trainer takes it::

    {"prompt": [{"role": "user", "content": "..."}], "answer": "[find_bus(to='Ely')]"}

The rewards of `coalm_oumi.training.rewards` hold each reply against `answer`.
"""

from __future__ import annotations

from collections.abc import Iterable

import datasets

from coalm_oumi.datasets.sft.layout import prompt_turns


def prompts_and_answers(
    texts: Iterable[tuple[str, str, str]], layout: str
) -> datasets.Dataset:
    """Returns samples as prompts with their answers.

    Args:
        texts: Instruction, input and output of each.
        layout: How instruction and input become messages; one of `PROMPT_LAYOUTS`.
    """
    prompts, answers = [], []
    for instruction, input_text, output in texts:
        turns = prompt_turns(instruction, input_text, layout)
        prompts.append([{"role": role.value, "content": text} for role, text in turns])
        answers.append(output)
    return datasets.Dataset.from_dict({"prompt": prompts, "answer": answers})
