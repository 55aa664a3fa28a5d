"""Is what happens in and between a recipe's steps right: batch, evaluation, checkpoints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from coalm_oumi.planning.check_rewards import is_grpo
from coalm_oumi.planning.findings import Findings
from coalm_oumi.planning.hardware import Hardware
from coalm_oumi.planning.launch import batch_problem

_LONG_RUN_STEPS = 1000
_DEFAULT_OUTPUT = "output"
_UNPADDED = 1


def check_steps(
    config: Any,
    hardware: Hardware | None,
    global_batch: int | None,
    findings: Findings,
) -> None:
    """Notes what is wrong with the batch, with evaluation and with checkpoints.

    Args:
        config: The recipe as Oumi has read it.
        hardware: What it is to run on.
        global_batch: Samples that a step should have; None for any.
        findings: Where to.
    """
    if global_batch is not None:
        _check_batch(config, hardware, global_batch, findings)
    _check_padding(config, findings)
    _check_evaluation(config, findings)
    _check_checkpoints(config.training, findings)
    _check_output(config, findings)


def check_header_batch(
    config: Any, named: Hardware | None, hardware: Hardware | None, findings: Findings
) -> None:
    """Notes it if a step has another number of samples than the recipe was written for.

    Args:
        config: The recipe as Oumi has read it.
        named: The hardware of the recipe's header.
        hardware: What it is to run on.
        findings: Where to.
    """
    if named is None or hardware is None or named.gpus == hardware.gpus:
        return
    training = config.training
    rows = training.per_device_train_batch_size
    written = named.gpus * rows * training.gradient_accumulation_steps
    now = hardware.gpus * rows * training.gradient_accumulation_steps
    whole, rest = divmod(written, hardware.gpus * rows)
    findings.warning(
        "training.gradient_accumulation_steps",
        f"the recipe is written for {named}: on {hardware} a step has {now} rows, not "
        f"{written}, and the learning rate was chosen for that.",
        f"Set it to {whole}."
        if whole and not rest
        else f"Take a number of GPUs that divides {written}.",
    )


def _check_batch(
    config: Any, hardware: Hardware | None, wanted: int, findings: Findings
) -> None:
    gpus = hardware.gpus if hardware else 1
    if wrong := batch_problem(config, gpus, wanted):
        findings.error(*wrong)


def _check_padding(config: Any, findings: Findings) -> None:
    rows = config.training.per_device_train_batch_size
    kwargs = config.training.trainer_kwargs
    # transformers 4.57 has a flag for it, 5 a name.
    grouped = kwargs.get("group_by_length") or kwargs.get("train_sampling_strategy")
    if rows <= _UNPADDED or kwargs.get("packing") or grouped or is_grpo(config):
        return
    findings.warning(
        "training.per_device_train_batch_size",
        f"{rows} samples are padded to the longest of them: of 16 of this data, more than "
        "half of what is computed is padding.",
        f"Set it to 1 and gradient_accumulation_steps to {rows} times what it is, or pack "
        "the samples, as the *_train_fast recipes do.",
    )


def _check_evaluation(config: Any, findings: Findings) -> None:
    strategy = str(config.training.eval_strategy)
    if strategy != "no" and not config.data.validation.datasets:
        findings.error(
            "training.eval_strategy",
            f"'{strategy}' asks for evaluation, but data.validation names no dataset: the "
            "trainer stops at its start.",
            "Set it to no, or add data.validation.datasets.",
        )


def _check_checkpoints(training: Any, findings: Findings) -> None:
    long_run = training.max_steps <= 0 or training.max_steps > _LONG_RUN_STEPS
    if not long_run:
        return
    if training.save_steps <= 0 and not training.save_epoch:
        findings.warning(
            "training.save_steps",
            "there are no checkpoints: a run that is stopped begins again.",
            "Set it to 1000 or so.",
        )
    elif not training.try_resume_from_last_checkpoint:
        findings.warning(
            "training.try_resume_from_last_checkpoint",
            "there are checkpoints, but a run that is started again does not use them.",
            "Set it to true.",
        )


def check_checkpoint_interval(training: Any, steps: int, findings: Findings) -> None:
    """Notes it if a run of so many steps ends before its first checkpoint."""
    if (
        not training.save_epoch
        and steps > _LONG_RUN_STEPS
        and training.save_steps > steps
    ):
        findings.warning(
            "training.save_steps",
            f"the run ends after {steps:,} steps, before the first checkpoint at "
            f"{training.save_steps:,}: if it is stopped, it begins again.",
            "Set it to 1000 or so.",
        )


def _check_output(config: Any, findings: Findings) -> None:
    """Notes it if a run would go on from the checkpoint of another recipe."""
    training, place = config.training, "training.output_dir"
    if not training.try_resume_from_last_checkpoint:
        return
    if Path(training.output_dir) == Path(_DEFAULT_OUTPUT):
        findings.warning(
            place,
            "it is not set, or to Oumi's default: a recipe goes on from whatever "
            f"checkpoint another has left in '{_DEFAULT_OUTPUT}'.",
            "Set it to a folder of this recipe's own, such as output/8b.",
        )
        return
    for path in sorted(Path(training.output_dir).glob("checkpoint-*")):
        if difference := _other_adapter(path, config):
            findings.error(
                place,
                f"{path} is of another recipe ({difference}), and training would go on "
                "from it.",
                "Set it to another folder, or remove the checkpoints there.",
            )
            return


def _other_adapter(checkpoint: Path, config: Any) -> str:
    """Says how a checkpoint's adapter differs from the recipe's; empty if it does not."""
    try:
        found = json.loads((checkpoint / "adapter_config.json").read_text("utf-8"))
        base, rank = found["base_model_name_or_path"], found["r"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""
    if base != config.model.model_name:
        return f"an adapter for {base}"
    return f"rank {rank}" if rank != config.peft.lora_r else ""
