"""What happens before the first step: samples are made, and all of them tokenised."""

from __future__ import annotations

from typing import Any

from coalm_oumi.planning.duration import made_size
from coalm_oumi.planning.findings import Preparation

_TOKENS_PER_CORE_SECOND = 1_109 * 658
"""`tests/performance/tokenizing_throughput.py`: 2,218 rows a second on two cores, of the
mixture's 658 tokens on average."""

_CHAT_TOKENS_PER_CORE_SECOND = 170_000
"""Of dialogues with tools, each turn of which the template writes: on one busy core 400 of
each part with Llama 3.1's tokenizer, 67,000 (CRA) to 227,000 (xLAM)."""

_SAMPLES_PER_CORE_SECOND = 3_500
"""`masking_throughput.py`: 202,500 samples in 28 s; `cra_report.py`: 142,949 in 69 s."""


def preparation(config: Any) -> Preparation | None:
    """Returns what a training recipe's processes prepare; None if that is not known.

    Args:
        config: Oumi's `TrainingConfig`.
    """
    sizes = [made_size(entry) for entry in config.data.train.datasets]
    known = [size for size in sizes if size is not None]
    if not known or len(known) < len(sizes):
        return None
    samples = sum(size.samples for size in known)
    tokens, seconds = 0.0, samples / _SAMPLES_PER_CORE_SECOND
    for entry, size in zip(config.data.train.datasets, known, strict=True):
        chats = entry.dataset_kwargs.get("prompt_layout") == "tools"
        speed = _CHAT_TOKENS_PER_CORE_SECOND if chats else _TOKENS_PER_CORE_SECOND
        tokens += size.samples * size.tokens
        seconds += size.samples * size.tokens / speed
    return Preparation(samples, round(tokens), round(seconds / 60, 1))
