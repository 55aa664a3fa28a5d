"""What loading a model in nf4 takes of a machine's own memory, and of its GPU.

`gpu_training.py` prints it of a slice of the 70B architecture: random weights are saved,
in files as those of a large model, and loaded as a recipe with QLoRA does without FSDP.
`host_memory.py` measures the same of several processes with FSDP.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from coalm_oumi.planning.hardware import GIB
from coalm_oumi.planning.memory import scale_bytes, weight_bytes
from coalm_oumi.planning.model_shape import ModelShape
from tests.performance.host_memory import looked_at, save_model, setup_of


def loading_line(shape: ModelShape, device: str) -> str:
    """Saves and loads a model, and says what that took, beside what was computed."""
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    quantised = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )
    with tempfile.TemporaryDirectory() as folder:
        save_model(Path(folder), shape)
        if device == "cuda":
            torch.cuda.reset_peak_memory_stats()
        start = time.perf_counter()
        with looked_at() as seen:
            model: Any = AutoModelForCausalLM.from_pretrained(
                folder,
                quantization_config=quantised,
                dtype=torch.bfloat16,
                device_map={"": device},
            )
        seconds = time.perf_counter() - start
    before, files_before = seen[0]
    peak = max(written for written, _ in seen) - before
    files = max(files for _, files in seen) - files_before
    setup = setup_of(shape, 4, 1)
    computed = weight_bytes(setup) + scale_bytes(setup)
    line = (
        f"{shape.parameters * 2 / GIB:.1f} GiB loaded in nf4 in {seconds:.0f} s: of the "
        f"machine {peak / GIB:.1f} GiB at its peak and {(seen[-1][0] - before) / GIB:.1f} "
        f"in the end, and {files / GIB:.1f} of files; packed {computed / GIB:.1f} "
        "(computed)"
    )
    if device == "cuda":
        line += f"; of the GPU {torch.cuda.max_memory_allocated() / GIB:.1f} GiB"
    del model
    return line
