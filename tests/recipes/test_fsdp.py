"""The recipes for several GPUs under real FSDP, on two processes over gloo."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.recipes.launched import losses, run_two, weights, written
from tests.recipes.tiny_recipes import opened, tiny_model


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["70b_train", "70b_train_fast", "405b_train"])
def test_a_resumed_run_ends_with_the_weights_of_an_undisturbed_one(
    recipe: str, tmp_path: Path
) -> None:
    import torch

    if opened(recipe).peft.q_lora:
        pytest.importorskip("bitsandbytes")
    model = tiny_model(tmp_path / "model", "llama")
    file, output = written(tmp_path / "one", recipe, model, fsdp=True, save_steps=2)
    ended = run_two(file)
    assert ended.returncode == 0, ended.stderr[-8000:].decode()
    assert len(losses(output)) == 3
    undisturbed = weights(output)
    again, resumed = written(tmp_path / "two", recipe, model, fsdp=True, save_steps=2)
    shutil.copytree(output / "checkpoint-2", resumed / "checkpoint-2")

    ended = run_two(again)

    assert ended.returncode == 0, ended.stderr[-8000:].decode()
    found = weights(resumed)
    assert set(found) == set(undisturbed)
    assert any(weight.abs().max() > 0 for weight in undisturbed.values())
    for name, weight in undisturbed.items():
        assert torch.equal(found[name], weight), name
