"""Can the GPU compute what a recipe asks for: number format and attention."""

from __future__ import annotations

from typing import Any

from coalm_oumi.errors import expected_one_of
from coalm_oumi.planning.findings import Findings
from coalm_oumi.planning.hardware import Hardware

_ATTENTION = (
    "sdpa",
    "packed",
    "shared_prefixes",
    "eager",
    "flash_attention_2",
    "flash_attention_3",
    "flex_attention",
)
_BF16 = ("bfloat16", "bf16")
_FLOAT16 = ("float16", "fp16", "half")


def check_arithmetic(
    config: Any, verb: str, hardware: Hardware | None, findings: Findings
) -> None:
    """Notes what is wrong with `torch_dtype_str` and `attn_implementation`."""
    _check_dtype(str(config.model.torch_dtype_str), verb, hardware, findings)
    attention = config.model.attn_implementation
    # A name with a slash is a kernel of the Hub.
    if attention and attention not in _ATTENTION and "/" not in attention:
        findings.error(
            "model.attn_implementation",
            expected_one_of(attention, _ATTENTION),
            "Set it to sdpa, which is always there.",
        )
    elif attention == "eager" and verb == "train":
        findings.warning(
            "model.attn_implementation",
            "eager keeps every head's weights of every pair of tokens, which the memory "
            "computed here does not count.",
            "Set it to sdpa: the same result.",
        )


def _check_dtype(
    dtype: str, verb: str, hardware: Hardware | None, findings: Findings
) -> None:
    place = "model.torch_dtype_str"
    if hardware is not None and not hardware.gpu.bf16 and dtype in _BF16:
        findings.error(
            place,
            f"{hardware.gpu.name} does not compute in bf16.",
            "Take a GPU of Ampere's generation or later (A100, L4, H100)."
            if verb == "train"
            else "Set it to float16.",
        )
    elif verb == "train" and dtype in _FLOAT16:
        findings.warning(
            place,
            "these models were trained in bf16, whose large numbers float16 does not "
            "have: the loss may become nan.",
            "Set it to bfloat16.",
        )
    elif verb == "train" and dtype == "float32" and hardware is not None:
        findings.warning(
            place,
            "float32 takes twice the memory of bf16 and many times its time; the paper "
            "trains in bf16.",
            "Set it to bfloat16.",
        )
