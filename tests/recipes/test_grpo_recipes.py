"""Reinforcement learning by the recipes: three steps, each reward over its own samples."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from tests.recipes.tiny_recipes import shrunk, tiny_model

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("recipe", ["smol_train_grpo", "8b_train_grpo"])
def test_three_steps_with_both_rewards(
    recipe: str,
    tmp_path: Path,
    oumi_quietly: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from oumi.train import train

    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    model = tiny_model(tmp_path / "model", "llama")
    config = shrunk(recipe, model, tmp_path / "trained")
    config.training.grpo.max_completion_length = 8
    # Eight prompts a step, so that both kinds are among them.
    config.training.per_device_train_batch_size = 16
    config.training.grpo.num_generations = 2

    train(config)

    state = json.loads((tmp_path / "trained/trainer_state.json").read_text())
    steps = [entry for entry in state["log_history"] if "loss" in entry]
    assert len(steps) == 3
    assert all(math.isfinite(step["loss"]) for step in steps)
    for name in ("call_match", "state_match"):
        means = [step[f"rewards/{name}/mean"] for step in steps]
        measured = [mean for mean in means if not math.isnan(mean)]
        # A reward is nan in a step that drew none of its samples.
        assert measured, name
        assert all(0 <= mean <= 1 for mean in measured)
    assert (tmp_path / "trained/adapter_model.safetensors").is_file()
