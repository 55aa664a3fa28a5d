"""Shrunk recipes written, run by processes of their own, and what they leave behind."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.recipes.tiny_recipes import shrunk

SCRIPT = Path(__file__).with_name("run_over_gloo.py")
WITHOUT = ("LOCAL_RANK", "RANK", "WORLD_SIZE", "OUMI_EXTRA_DEPS_FILE")


def written(
    folder: Path,
    recipe: str,
    model: Path,
    *,
    fsdp: bool = False,
    dtype: str = "",
    **training: Any,
) -> tuple[Path, Path]:
    """Writes a shrunk recipe, and returns its file and its output folder."""
    output = folder / "output"
    config = shrunk(recipe, model, output, fsdp=fsdp)
    if dtype:
        config.model.torch_dtype_str = dtype
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


def run_two(*recipes: Path) -> subprocess.CompletedProcess[bytes]:
    """Trains recipes in two processes, one after the other."""
    return run_several(2, SCRIPT, *recipes)


def run_several(
    processes: int, *arguments: str | Path
) -> subprocess.CompletedProcess[bytes]:
    """Runs a script with its arguments in several processes of one machine."""
    launcher = ("-m", "torch.distributed.run", "--nproc_per_node", str(processes))
    address = ("--master_addr", "127.0.0.1", "--master_port", str(free_port()))
    return run([*launcher, *address, *arguments])


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
