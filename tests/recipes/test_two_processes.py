"""Two processes train as one does, and a killed run goes on as an undisturbed one."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.recipes.launched import SCRIPT, losses, run, run_two, weights, written
from tests.recipes.tiny_recipes import opened, tiny_model

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("recipe", ["8b_train", "405b_train"])
def test_two_processes_give_the_loss_of_one(
    recipe: str, tmp_path: Path, oumi_quietly: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch
    from oumi.core.configs import TrainingConfig

    from tests.recipes.run_over_gloo import train_seeded

    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    if opened(recipe).peft.q_lora:
        pytest.importorskip("bitsandbytes")
    model = tiny_model(tmp_path / "model", "llama")
    alone, one = written(tmp_path / "one", recipe, model, gradient_accumulation_steps=2)
    shared, two = written(tmp_path / "two", recipe, model)

    train_seeded(TrainingConfig.from_yaml(alone))
    ended = run_two(shared)

    assert ended.returncode == 0, ended.stderr[-8000:].decode()
    assert len(losses(one)) == 3
    assert losses(two) == pytest.approx(losses(one), rel=1e-3)
    assert set(weights(two)) == set(weights(one))
    for name, weight in weights(one).items():
        assert torch.allclose(weights(two)[name], weight, atol=2e-5), name


def test_killed_and_resumed_run_ends_with_the_weights_of_an_undisturbed_one(
    tmp_path: Path, oumi_quietly: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch
    from oumi.core.configs import TrainingConfig

    from tests.recipes.run_over_gloo import train_seeded

    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    model = tiny_model(tmp_path / "model", "llama")
    recipes = {
        name: written(tmp_path / name, "8b_train_fast", model, save_steps=2)
        for name in ("undisturbed", "killed")
    }
    train_seeded(TrainingConfig.from_yaml(recipes["undisturbed"][0]))
    recipe, output = recipes["killed"]

    ended = run([SCRIPT, recipe, "--killed-at", "3"])

    assert ended.returncode == -signal.SIGKILL, ended.stderr[-2000:].decode()
    assert [path.name for path in output.glob("checkpoint-*")] == ["checkpoint-2"]
    assert not (output / "adapter_model.safetensors").exists()
    # The same command again.
    train_seeded(TrainingConfig.from_yaml(recipe))
    undisturbed, resumed = weights(recipes["undisturbed"][1]), weights(output)
    assert set(resumed) == set(undisturbed)
    for name, weight in undisturbed.items():
        # Not to the bit: the killed process had one thread, this one has its own number.
        assert torch.allclose(resumed[name], weight, atol=1e-6), name
