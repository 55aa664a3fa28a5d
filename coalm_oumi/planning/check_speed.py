"""Does a recipe compute or wait for what it need not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from coalm_oumi.planning.duration import WITH_A_MASK, made_size
from coalm_oumi.planning.findings import Findings
from coalm_oumi.planning.hardware import GIB, Hardware
from coalm_oumi.planning.memory import TrainingSetup, total_gib, training_memory

_FULL = 0.9
"""Share of a GPU's memory beyond which a step may find no block in one piece."""

_DEFAULT_TIMEOUT_MINUTES = 10
_DOWNLOAD_BYTES_PER_MINUTE = 60 * 200e6
"""Assumed: 200 MB a second on each machine."""


def check_speed(config: Any, findings: Findings) -> None:
    """Notes what costs time, whatever the recipe runs on."""
    attention = config.model.attn_implementation
    if config.training.trainer_kwargs.get("packing") and attention in WITH_A_MASK:
        findings.warning(
            "model.attn_implementation",
            f"{attention or 'the default'} masks packed samples by a table of all pairs "
            "of tokens, and computes each: no fast kernel takes that.",
            "Set it to packed, which computes each sample alone.",
        )
    for number, entry in enumerate(config.data.train.datasets):
        made, count = made_size(entry), entry.sample_count
        if made is None or count is None or count >= made.samples:
            continue
        findings.warning(
            f"data.train.datasets[{number}].sample_count",
            f"{made.samples:,} samples are made and tokenised, of which {count:,} are "
            "taken.",
            f"Leave it out, and set dataset_kwargs: {{max_samples: {count}}}.",
        )


def check_recomputation(
    setup: TrainingSetup, hardware: Hardware, findings: Findings
) -> None:
    """Notes it if layers are computed again, though what they keep would fit."""
    if not setup.checkpointing:
        return
    kept = total_gib(training_memory(replace(setup, checkpointing=False)))
    if kept <= _FULL * hardware.gpu.memory:
        findings.warning(
            "training.enable_gradient_checkpointing",
            "each layer is computed again in the backward pass, up to half as much time "
            f"again, though all would fit: {kept:.1f} of {hardware.gpu.memory:.1f} GiB.",
            "Set it to false.",
        )


def check_timeout(
    config: Any, weights: int, hardware: Hardware, findings: Findings
) -> None:
    """Notes it if machines would give up waiting for one that still downloads.

    Args:
        config: Oumi's `TrainingConfig`.
        weights: The base's weights, in bytes.
        hardware: The machines.
        findings: Where to.
    """
    training = config.training
    minutes = training.nccl_default_timeout_minutes or _DEFAULT_TIMEOUT_MINUTES
    needed = weights / _DOWNLOAD_BYTES_PER_MINUTE
    if hardware.nodes == 1 or minutes >= needed:
        return
    findings.warning(
        "training.nccl_default_timeout_minutes",
        f"machines wait {minutes:g} minutes for each other, and each downloads "
        f"{weights / GIB:,.0f} GiB: at 200 MB a second {needed:.0f} minutes.",
        f"Set it to {_rounded_up(needed)}, or download the model to each machine first: "
        f"hf download {config.model.model_name}.",
    )


def _rounded_up(minutes: float) -> int:
    """Returns the next half hour, with time to spare."""
    return 30 * (1 + round(minutes * 1.2) // 30)
