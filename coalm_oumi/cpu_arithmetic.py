"""Computing on a CPU in bf16, where the CPU does that.

A CPU with AVX512-BF16 or AMX multiplies bf16 matrices several times as fast as float32
ones; any other takes many times longer for them. So, on a CPU, a model in bf16

- is computed in float32 where the CPU does not compute in bf16, and
- has its adapters computed in bf16 where it does. PEFT keeps adapters in float32, which
  small updates need, and makes the layers' inputs float32 for them: products that cost more
  than the base's own. Here the adapters stay float32 and are rounded as they are used, as
  under autocast, which Oumi does not offer for a model in bf16.
"""

from __future__ import annotations

import logging

import torch
from torch.nn import functional

logger = logging.getLogger("oumi")


def computes_in_bf16() -> bool:
    """Returns whether this machine's CPU multiplies bf16 matrices."""
    # PyTorch has no public name for either; releases differ in which they have.
    kinds = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, kind, lambda: False)() for kind in kinds)


def fit_to_cpu(model: torch.nn.Module) -> None:
    """Makes a model in bf16 compute on a CPU in what the CPU computes in fast.

    Args:
        model: With adapters or without; one that is on a GPU, or not in bf16, is left as
            it is.
    """
    kinds = {(p.dtype, p.device.type) for p in model.parameters()}
    if (torch.bfloat16, "cpu") not in kinds:
        return
    if computes_in_bf16():
        _compute_adapters_in_bf16(model)
        return
    logger.warning("This CPU does not compute in bf16: it works in float32.")
    model.float()


class _RoundedLinear(torch.nn.Linear):
    """A layer of float32 that computes in the type of what it is given."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return functional.linear(input, self.weight.to(input.dtype))


def _compute_adapters_in_bf16(model: torch.nn.Module) -> None:
    from peft.tuners.lora import Linear

    for layer in model.modules():
        if isinstance(layer, Linear) and not layer.lora_variant:
            layer.cast_input_dtype_enabled = False
            for matrices in (layer.lora_A, layer.lora_B):
                for matrix in matrices.values():
                    if type(matrix) is torch.nn.Linear and matrix.bias is None:
                        matrix.__class__ = _RoundedLinear
