"""Each kernel of packed attention under a name of its own, for `gpu_training.py`."""

from __future__ import annotations

from typing import Any

from coalm_oumi.training import packed_attention


def register_kernels() -> None:
    """Makes `packed` known to transformers, and each of its kernels by itself."""
    from transformers import AttentionInterface
    from transformers.masking_utils import AttentionMaskInterface

    packed_attention.register()
    kernels = {
        "packed_flex": lambda q, k, v, samples, scaling: (
            packed_attention.by_flex_attention(q, k, v, samples, scaling)
        ),
        "packed_flash": lambda q, k, v, samples, scaling: (
            packed_attention.by_flash_attention(q, k, v, samples, 0.0, scaling)
        ),
    }
    for name, kernel in kernels.items():

        def attend(
            module: Any,
            query: Any,
            key: Any,
            value: Any,
            attention_mask: Any,
            scaling: float | None = None,
            kernel: Any = kernel,
            **arguments: Any,
        ) -> Any:
            if not isinstance(attention_mask, packed_attention.PackedSamples):
                return packed_attention.packed_attention(
                    module, query, key, value, attention_mask, 0.0, scaling, **arguments
                )
            return kernel(query, key, value, attention_mask, scaling), None

        AttentionInterface.register(name, attend)
        AttentionMaskInterface.register(name, packed_attention.packed_samples_or_mask)
