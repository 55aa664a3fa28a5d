"""The recipes for several GPUs under real FSDP, in processes over gloo."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from coalm_oumi.planning.check_training import training_setup
from coalm_oumi.planning.collectives import collectives
from coalm_oumi.planning.hardware import parse_hardware
from coalm_oumi.planning.model_shape import find_shape
from tests.recipes.launched import SCRIPT, losses, run_several, weights, written
from tests.recipes.tiny_recipes import opened, tiny_model

pytestmark = pytest.mark.slow

BF16_ROUNDING = 1e-4
BF16_STEP = 2.0**-7
"""How far apart two neighbouring numbers of bf16 are at most, by their size."""


class Runs:
    """Runs of a recipe, shrunk, that are started together.

    Args:
        folder: Where they are written.
        recipe: The recipe.
        model: The model that it trains.
    """

    def __init__(self, folder: Path, recipe: str, model: Path) -> None:
        self.folder, self.recipe, self.model = folder, recipe, model
        self.files: list[Path] = []

    def add(self, name: str, *, fsdp1: bool = False, **options: Any) -> Path:
        """Adds a run, and returns its output folder."""
        options = {"fsdp": True, "save_steps": 2, **options}
        if fsdp1:
            kwargs = opened(self.recipe).training.trainer_kwargs
            kept = {k: v for k, v in kwargs.items() if not k.startswith("fsdp")}
            options["trainer_kwargs"] = kept
        written_to = written(self.folder / name, self.recipe, self.model, **options)
        self.files.append(written_to[0])
        return written_to[1]

    def start(self, processes: int, *options: str) -> None:
        """Trains all, one after the other."""
        ended = run_several(processes, SCRIPT, *self.files, *options)
        assert ended.returncode == 0, ended.stderr[-8000:].decode()


def largest_difference(one: Path, other: Path) -> float:
    """Returns how far apart two runs' adapters are, which have been trained.

    Weights of bf16 that are one step apart count as rounded to either side.
    """
    first, second = weights(one), weights(other)
    assert set(first) == set(second)
    assert all(weight.abs().max() > 0 for weight in first.values())
    return max(_difference(first[name], second[name]) for name in first)


def the_same(one: Path, other: Path) -> bool:
    """Whether two runs' adapters are the same, to the bit."""
    first, second = weights(one), weights(other)
    assert set(first) == set(second)
    return all(torch.equal(first[name], second[name]) for name in first)


def _difference(one: Any, other: Any) -> float:
    difference = (one.double() - other.double()).abs()
    if one.dtype == torch.bfloat16:
        difference[difference <= BF16_STEP * one.abs().double()] = 0
    return difference.max().item()


@pytest.mark.parametrize(
    ("recipe", "processes"),
    [("70b_train", 2), ("70b_train_fast", 4), ("405b_train", 2), ("405b_train", 4)],
)
def test_a_run_ends_as_a_resumed_one_and_as_one_without_shards(
    recipe: str, processes: int, tmp_path: Path
) -> None:
    quantised = opened(recipe).peft.q_lora
    if quantised:
        pytest.importorskip("bitsandbytes")
    runs = Runs(tmp_path, recipe, tiny_model(tmp_path / "model", "llama"))
    undisturbed = runs.add("undisturbed")
    checkpoint = undisturbed / "checkpoint-2"
    resumed = runs.add("resumed", resume_from_checkpoint=str(checkpoint))
    whole = runs.add("whole", fsdp=False)
    exact = [] if quantised else [True, False]
    exact_runs = [
        runs.add(f"float32_{fsdp}", fsdp=fsdp, dtype="float32") for fsdp in exact
    ]

    runs.start(processes)

    assert len(losses(undisturbed)) == 3
    assert the_same(undisturbed, resumed)
    assert largest_difference(undisturbed, whole) <= BF16_ROUNDING
    if exact_runs:
        assert largest_difference(*exact_runs) <= 1e-6


def test_a_resumed_run_of_one_s_own_recipe_under_fsdp1_keeps_adam_s_state(
    tmp_path: Path,
) -> None:
    runs = Runs(tmp_path, "70b_train", tiny_model(tmp_path / "model", "llama"))
    undisturbed = runs.add("undisturbed", fsdp1=True)
    checkpoint = undisturbed / "checkpoint-2"
    resumed = runs.add("resumed", fsdp1=True, resume_from_checkpoint=str(checkpoint))

    runs.start(2)

    assert the_same(undisturbed, resumed)


@pytest.mark.parametrize("layers", [2, 3])
def test_a_step_gathers_and_scatters_as_often_as_is_computed(
    layers: int, tmp_path: Path
) -> None:
    model = tiny_model(tmp_path / "model", "llama", layers)
    runs = Runs(tmp_path, "70b_train", model)
    again = runs.add("computed_again")
    kept = runs.add("kept", enable_gradient_checkpointing=False)

    runs.start(2, "--count")

    shape = find_shape(str(model))
    assert shape is not None
    config = opened("70b_train")
    sent = collectives(training_setup(config, shape, parse_hardware("8xH100-80GB")))
    assert sent is not None
    for output in (again, kept):
        assert json.loads((output / "collectives.json").read_text()) == {
            "all_gather_into_tensor": sent.gathers,
            "reduce_scatter_tensor": sent.reductions,
        }
