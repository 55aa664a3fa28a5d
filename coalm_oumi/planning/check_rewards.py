"""Is reinforcement learning (GRPO) set up right: rewards, their answers, drawn replies."""

from __future__ import annotations

from typing import Any

from coalm_oumi.errors import expected_one_of
from coalm_oumi.planning.findings import Findings

_REPLY_LENGTH = 256
"""TRL's own, where the recipe gives none."""
_GENERATIONS = 8


def is_grpo(config: Any) -> bool:
    """Says whether a recipe is of reinforcement learning."""
    return config.training.trainer_type.value == "trl_grpo"


def reply_length(config: Any) -> int:
    """Returns how long a drawn reply may be, in tokens."""
    return config.training.grpo.max_completion_length or _REPLY_LENGTH


def check_rewards(config: Any, findings: Findings) -> None:
    """Notes what is wrong with the rewards of a recipe, and with what they are given."""
    if not is_grpo(config):
        return
    from oumi.core.registry import REGISTRY, RegistryType

    from coalm_oumi.training.rewards import REWARDS

    training = config.training
    names = [name for name in training.reward_functions or () if name]
    if not names:
        findings.error(
            "training.reward_functions",
            "there is none: nothing says which replies are good.",
            f"Set it to [{', '.join(REWARDS)}].",
        )
    for name in names:
        if not REGISTRY.contains(name, RegistryType.REWARD_FUNCTION):
            findings.error(
                "training.reward_functions",
                expected_one_of(name, tuple(REWARDS)),
                "Correct the name.",
            )
    _check_answers(config, names, findings)
    _check_group(training, findings)


def _check_answers(config: Any, names: list[str], findings: Findings) -> None:
    ours = any(name.startswith("coalm/") for name in names)
    without = [
        entry.dataset_name
        for entry in config.data.train.datasets
        if entry.dataset_name.startswith("coalm/")
        and not entry.dataset_kwargs.get("with_answers")
    ]
    if ours and without:
        findings.error(
            "data.train.datasets",
            f"{', '.join(without)} gives tokens, not prompts with answers to reward by.",
            "Set dataset_kwargs: {with_answers: true} for each.",
        )
    if config.model.tokenizer_kwargs.get("padding_side") != "left":
        findings.warning(
            "model.tokenizer_kwargs",
            "prompts are not said to be padded on the left, and replies are written after "
            "them.",
            "Set it to {padding_side: left}.",
        )


def _check_group(training: Any, findings: Findings) -> None:
    group = training.grpo.num_generations or _GENERATIONS
    if group < 2:
        findings.error(
            "training.grpo.num_generations",
            "a reply is compared with the others of its prompt, and there is no other.",
            "Set it to 8.",
        )
    elif training.per_device_train_batch_size % group:
        findings.error(
            "training.per_device_train_batch_size",
            f"{training.per_device_train_batch_size} replies a GPU are no whole groups of "
            f"{group} (training.grpo.num_generations).",
            f"Set it to {group}.",
        )
