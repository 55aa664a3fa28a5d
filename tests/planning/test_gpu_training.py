"""The script that measures training on a GPU runs, with a tiny model, on none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "performance/gpu_training.py"


@pytest.mark.slow
def test_tiny_runs_each_way_that_needs_no_gpu() -> None:
    pytest.importorskip("bitsandbytes")

    ended = subprocess.run(
        [sys.executable, str(SCRIPT), "--tiny", "--steps", "2"],
        env={"PATH": "", "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
    )

    assert ended.returncode == 0, ended.stderr[-4000:]
    for way in ("shipped", "paper", "fast", "fast, dense mask", "fast, bf16"):
        assert f"\n{way:17} " in f"\n{ended.stdout}"
    assert "fast, flex: needs a GPU\n" in ended.stdout
    assert "qlora 70B slice" in ended.stdout
    assert "0.0 GiB loaded in nf4 in" in ended.stdout
