"""Trains recipes in processes of their own: over gloo, or in one that is killed.

    python run_over_gloo.py RECIPE.yaml... [--killed-at STEP] [--count]
    torchrun --nproc_per_node 2 run_over_gloo.py RECIPE.yaml...

Oumi is imported once; each recipe is then trained in a fork, with a process group of its
own. With STEP the process kills itself as it begins that step, with no chance to clean up.
With `--count` the first rank leaves collectives.json in a recipe's output folder: how
often a step gathers and scatters. A recipe with FSDP runs with it (`fsdp_on_cpus`).
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import oumi.train
import torch
from accelerate import PartialState
from oumi.core.configs import TrainingConfig
from oumi.core.distributed import set_random_seeds
from transformers import Trainer

import coalm_oumi.plugin  # noqa: F401 - registers the datasets


def init_over_gloo(address: str | None = None, **_: Any) -> None:
    """Takes the place of Oumi's initialisation, which knows GPUs only."""
    torch.distributed.init_process_group(
        "gloo",
        address,
        rank=int(os.environ["RANK"]),
        world_size=int(os.environ["WORLD_SIZE"]),
    )
    on_the_processor()


def on_the_processor() -> None:
    """Has accelerate name the processor as torch does.

    It numbers it as it does GPUs; torch cannot load an optimiser's state, for a run to go
    on, to `cpu:0`.
    """
    PartialState.set_device = lambda self: setattr(self, "device", torch.device("cpu"))


def killed_at(step: int) -> Any:
    """Returns a training step that ends the process, uncleanly, at its `step`th call."""
    original, calls = Trainer.training_step, iter(range(1, step + 1))

    def training_step(self: Trainer, *args: Any, **kwargs: Any) -> Any:
        if next(calls) == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(self, *args, **kwargs)

    return training_step


def counted(output: Path) -> Any:
    """Returns a training step that notes the collectives of each of its calls."""
    original, numbers = Trainer.training_step, Counter[str]()
    for name in ("all_gather_into_tensor", "reduce_scatter_tensor"):
        setattr(torch.distributed, name, _counting(name, numbers))

    def training_step(self: Trainer, *args: Any, **kwargs: Any) -> Any:
        numbers.clear()
        result = original(self, *args, **kwargs)
        if torch.distributed.get_rank() == 0:
            (output / "collectives.json").write_text(json.dumps(numbers))
        return result

    return training_step


def _counting(name: str, numbers: Counter[str]) -> Any:
    function = getattr(torch.distributed, name)

    def call(*args: Any, **kwargs: Any) -> Any:
        numbers[name] += 1
        return function(*args, **kwargs)

    return call


def train_seeded(config: TrainingConfig) -> None:
    """Trains as `oumi train` does: Oumi's own function leaves the seeds to its command."""
    config.finalize_and_validate()
    set_random_seeds(config.training.seed, config.training.use_deterministic)
    oumi.train.train(config)


def train_recipe(recipe: Path, killed: int | None, count: bool) -> None:
    """Trains in this process."""
    # The launcher's own address serves one group only.
    address = recipe.with_suffix(".rendezvous").as_uri()
    oumi.train.init_distributed = lambda **_: init_over_gloo(address)
    if killed:
        Trainer.training_step = killed_at(killed)
    config = TrainingConfig.from_yaml(recipe)
    if count:
        Trainer.training_step = counted(Path(config.training.output_dir))
    if config.fsdp.enable_fsdp:
        from tests.recipes.fsdp_on_cpus import stand_in_for_gpus

        stand_in_for_gpus()
    train_seeded(config)


def main() -> int:
    """Trains one recipe after the other; returns the first exit code that is not 0."""
    parser = argparse.ArgumentParser()
    parser.add_argument("recipes", type=Path, nargs="+")
    parser.add_argument("--killed-at", type=int)
    parser.add_argument("--count", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(1)
    for recipe in given.recipes:
        child = os.fork()
        if child == 0:
            train_recipe(recipe, given.killed_at, given.count)
            sys.exit()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code < 0:
            os.kill(os.getpid(), -code)
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
