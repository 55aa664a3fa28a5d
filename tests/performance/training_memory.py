"""Holds `coalm check`'s memory of the 8B recipes against torch's accounting, without a GPU.

    python tests/performance/training_memory.py [--tokens 4096]

For LoRA the architecture stands there at its real dimensions as torch's fake tensors,
which have a shape and a type but no memory; torch's MemTracker counts a step of it.
bitsandbytes' 4-bit weights cannot be fake: QLoRA is counted on real tensors of the real
width, 512 tokens long, with two and with four layers, and extended to all: each layer
adds the same. The kernels' workspace, the allocator's gaps and CUDA's context are a
GPU's own; `gpu_training.py` measures them. Budget: within 15 %. It takes 25 minutes, as
the tracker goes through all tensors at each operation, and 12 GB.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch

from coalm_oumi.planning.hardware import GIB
from coalm_oumi.planning.model_shape import ModelShape, find_shape
from tests.performance.gpu_training import Way, build, computed
from tests.planning.training_step import peak_of_a_step

MODEL = "meta-llama/Llama-3.1-8B-Instruct"
FAKE = (
    Way("LoRA, layers computed again", rows=1),
    Way("LoRA, activations kept", rows=1, checkpointing=False),
)
REAL = Way("QLoRA, layers computed again", rows=1, bits=4)
REAL_TOKENS, FEW, MORE = 512, 2, 4


def counted(way: Way, shape: ModelShape, tokens: int) -> int:
    """Returns the peak of one step that torch counts, in bytes."""
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode(allow_non_fake_inputs=True), _no_mask(), torch.device("cpu"):
        with _already_there():
            model = build(shape, way, "cpu", torch.bfloat16)
        return _peak(model, tokens)


def extended(way: Way, shape: ModelShape, tokens: int) -> int:
    """Returns the peak of one step, from what few and more real layers take."""
    few, more = (
        _peak(build(replace(shape, layers=n), way, "cpu", torch.bfloat16), tokens)
        for n in (FEW, MORE)
    )
    return few + (more - few) // (MORE - FEW) * (shape.layers - FEW)


def _peak(model: Any, tokens: int) -> int:
    return peak_of_a_step(model, torch.zeros((1, tokens), dtype=torch.long))


@contextmanager
def _already_there() -> Iterator[None]:
    """PEFT moves what it adds to the base's device, which fake tensors cannot do."""

    def stay(self: Any, *_args: Any, **_kwargs: Any) -> Any:
        return self

    with mock.patch.object(torch.nn.Module, "to", stay):
        from peft.tuners.tuners_utils import BaseTunerLayer

        name = "_move_adapter_to_device_of_base_layer"
        with mock.patch.object(BaseTunerLayer, name, return_value=None):
            yield


@contextmanager
def _no_mask() -> Iterator[None]:
    """Leaves the causal mask to the kernel, as it is for rows without padding.

    transformers finds that out from values, which fake tensors do not have.
    """
    from transformers.models.llama import modeling_llama

    with mock.patch.object(modeling_llama, "create_causal_mask", return_value=None):
        yield


def main() -> int:
    """Prints both figures of each way; returns 1 if they are too far apart."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n")[0])
    parser.add_argument("--layers", type=int, default=32)
    parser.add_argument("--tokens", type=int, default=4096)
    options = parser.parse_args()
    shape = find_shape(MODEL)
    if shape is None:
        raise SystemExit(f"the shape of {MODEL} is not known")
    shape, missed = replace(shape, layers=options.layers), False
    for way in (REAL, *FAKE):
        tokens = min(options.tokens, REAL_TOKENS) if way is REAL else options.tokens
        planned = computed(way, shape, tokens, rows=1)
        peak = (extended if way is REAL else counted)(way, shape, tokens)
        off = planned / peak - 1
        missed = missed or abs(off) > 0.15
        print(
            f"{way.name:28} {shape.layers} layers, {tokens} tokens: torch counts "
            f"{peak / GIB:5.1f} GiB, coalm check {planned / GIB:5.1f} ({off:+.1%})",
            flush=True,
        )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
