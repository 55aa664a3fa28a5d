"""Two processes train as one does, and a killed run goes on as an undisturbed one."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.recipes.tiny_recipes import opened, shrunk, tiny_model

SCRIPT = Path(__file__).with_name("run_over_gloo.py")
WITHOUT = ("LOCAL_RANK", "RANK", "WORLD_SIZE", "OUMI_EXTRA_DEPS_FILE")


def written(
    folder: Path, recipe: str, model: Path, **training: Any
) -> tuple[Path, Path]:
    """Writes a shrunk recipe, and returns its file and its output folder."""
    output = folder / "output"
    config = shrunk(recipe, model, output)
    for name, value in training.items():
        setattr(config.training, name, value)
    config.training.trainer_kwargs["use_cpu"] = True
    # Oumi's `auto` is a GPU for each process.
    config.model.device_map = None
    folder.mkdir(exist_ok=True)
    config.to_yaml(folder / "recipe.yaml")
    return folder / "recipe.yaml", output


def run(arguments: Sequence[str | Path]) -> subprocess.CompletedProcess[bytes]:
    """Runs Python with these arguments, on CPUs."""
    environment = {k: v for k, v in os.environ.items() if k not in WITHOUT}
    environment |= {
        "CUDA_VISIBLE_DEVICES": "",
        "DO_NOT_TRACK": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True)


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def losses(output: Path) -> list[float]:
    state = json.loads((output / "trainer_state.json").read_text())
    return [entry["loss"] for entry in state["log_history"] if "loss" in entry]


def weights(output: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return load_file(output / "adapter_model.safetensors")


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
    launcher = ("-m", "torch.distributed.run", "--nproc_per_node", "2")
    address = ("--master_addr", "127.0.0.1", "--master_port", str(free_port()))
    ended = run([*launcher, *address, SCRIPT, shared])

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

    ended = run([SCRIPT, recipe, "3"])

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
