"""Trains a recipe in a process of its own: one of several over gloo, or one that is killed.

    python run_over_gloo.py RECIPE.yaml [STEP]
    torchrun --nproc_per_node 2 run_over_gloo.py RECIPE.yaml

With STEP the process kills itself as it begins that step, with no chance to clean up.
A recipe with FSDP runs with it (`fsdp_on_cpus`).
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import oumi.train
import torch
from accelerate import PartialState
from oumi.core.configs import TrainingConfig
from oumi.core.distributed import set_random_seeds
from transformers import Trainer

import coalm_oumi.plugin  # noqa: F401 - registers the datasets


def init_over_gloo(**_: Any) -> None:
    """Takes the place of Oumi's initialisation, which knows GPUs only."""
    torch.distributed.init_process_group("gloo")
    # Accelerate numbers the processor as it does GPUs; torch cannot load an optimiser's
    # state, for a run to go on, to `cpu:0`.
    PartialState.set_device = lambda self: setattr(self, "device", torch.device("cpu"))


def killed_at(step: int) -> Any:
    """Returns a training step that ends the process, uncleanly, at its `step`th call."""
    original, calls = Trainer.training_step, iter(range(1, step + 1))

    def training_step(self: Trainer, *args: Any, **kwargs: Any) -> Any:
        if next(calls) == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(self, *args, **kwargs)

    return training_step


def train_seeded(config: TrainingConfig) -> None:
    """Trains as `oumi train` does: Oumi's own function leaves the seeds to its command."""
    config.finalize_and_validate()
    set_random_seeds(config.training.seed, config.training.use_deterministic)
    oumi.train.train(config)


def main(recipe: str, step: str = "") -> None:
    """Trains."""
    torch.set_num_threads(1)
    oumi.train.init_distributed = init_over_gloo
    if step:
        Trainer.training_step = killed_at(int(step))
    config = TrainingConfig.from_yaml(recipe)
    if config.fsdp.enable_fsdp:
        from tests.recipes.fsdp_on_cpus import stand_in_for_gpus

        stand_in_for_gpus()
    train_seeded(config)


if __name__ == "__main__":
    main(*sys.argv[1:])
