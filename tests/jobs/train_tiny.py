"""What `oumi train -c RECIPE` is on a machine without GPUs: a tiny model, over gloo.

    train_tiny.py -c recipes/8b_train.yaml --training.output_dir OUT

`COALM_TINY_MODEL` is the model's folder. On a job's first attempt with
`COALM_HANG_AT_STEP` the process never ends that step, until it is killed.
"""

from __future__ import annotations

import argparse
import os
import socket
import time
from pathlib import Path
from typing import Any

import oumi.train
import torch
from transformers import Trainer

import coalm_oumi.plugin  # noqa: F401 - registers the datasets
from tests.recipes.run_over_gloo import init_over_gloo, train_seeded
from tests.recipes.tiny_recipes import shrunk


def hanging_at(step: int) -> Any:
    """Returns a training step that does not return at its `step`th call."""
    original, calls = Trainer.training_step, iter(range(1, step + 1))

    def training_step(self: Trainer, *args: Any, **kwargs: Any) -> Any:
        if next(calls) == step:
            time.sleep(600)
        return original(self, *args, **kwargs)

    return training_step


def noted(find: Any, output: Path) -> Any:
    """Returns Oumi's look for a checkpoint, which notes what each node has found."""

    def find_and_note(*args: Any) -> str | None:
        found = find(*args)
        node = socket.gethostname()
        cpus = os.environ.get("SLURM_CPUS_PER_TASK")
        (output / f"cpus-{node}").write_text(f"{cpus}\n")
        if found:
            (output / f"resumed-{node}").write_text(f"{Path(found).name}\n")
        elif os.environ["RANK"] == "0":
            (output / "wrote").write_text(f"{node}\n")
        return found

    return find_and_note


def main() -> None:
    """Trains three steps, with a checkpoint after each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-c", dest="recipe")
    parser.add_argument("--training.output_dir", dest="output")
    given = parser.parse_args()
    torch.set_num_threads(1)
    oumi.train.init_distributed = init_over_gloo
    find = oumi.train._find_checkpoint_to_resume_from
    oumi.train._find_checkpoint_to_resume_from = noted(find, Path(given.output))
    step = os.environ.get("COALM_HANG_AT_STEP")
    if step and not os.environ.get("SLURM_RESTART_COUNT"):
        Trainer.training_step = hanging_at(int(step))
    model = Path(os.environ["COALM_TINY_MODEL"])
    config = shrunk(Path(given.recipe).stem, model, Path(given.output))
    config.training.save_steps = 1
    config.training.trainer_kwargs["use_cpu"] = True
    # Oumi's `auto` is a GPU for each process.
    config.model.device_map = None
    train_seeded(config)
    if os.environ["RANK"] == "0":
        world = os.environ["WORLD_SIZE"]
        (Path(given.output) / "processes").write_text(f"{world}\n")


if __name__ == "__main__":
    main()
