"""How many steps, tokens and hours a training recipe takes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from coalm_oumi.datasets.it import IT
from coalm_oumi.datasets.messages import MESSAGES
from coalm_oumi.datasets.part import DatasetSize
from coalm_oumi.datasets.parts import PARTS
from coalm_oumi.planning.check_rewards import is_grpo
from coalm_oumi.planning.findings import Duration
from coalm_oumi.planning.hardware import Hardware
from coalm_oumi.planning.model_shape import ModelShape

_PARTS = {part.dataset: part for part in (*PARTS.values(), IT, MESSAGES)}
SIZES: Mapping[str, DatasetSize] = {
    name: part.size for name, part in _PARTS.items() if part.size
}
"""Sizes with the datasets' defaults. Samples as built (of `coalm/toolace` and `coalm/it`,
as published); tokens of Hammer, ToolACE and CoALM-IT by the paper's Table 1, of the others
by the characters of our own samples at 4.4 to 5.2 a token. `Part.chat_size` is counted with
Llama 3.1's tokenizer on 1,000 dialogues of each, of CRA's with the functions of each
dialogue alone. `coalm preview` counts."""

PADDED_USE = 0.09
PACKED_USE = 0.30
"""Share of a GPU's bf16 peak that goes into the arithmetic of forward and backward pass.
The first is what the paper's runs come to (8B: 2,750 tokens a second and GPU; 70B: 10 %,
405B: 8 %); the second is what packed recipes are expected to reach, and not yet measured.
"""

WITH_A_MASK = (None, "sdpa", "eager")
"""Attention that gets the borders of packed samples as a mask of every pair of tokens, and
computes each pair."""

_PACKING_EFFICIENCY = 0.97


def training_duration(
    config: Any, shape: ModelShape | None, hardware: Hardware | None
) -> Duration | None:
    """Returns how long a training recipe takes, or None if that cannot be told.

    It cannot if a dataset is not known, if the model draws replies itself (GRPO), or if
    rows are made of distinct tokens (`pack_tokens`), whose number depends on the samples.

    Args:
        config: Oumi's `TrainingConfig`.
        shape: The model's shape; without it there are no hours.
        hardware: What it runs on; without it one GPU counts, and there are no hours.
    """
    sizes = [_size(entry) for entry in config.data.train.datasets]
    entries = config.data.train.datasets
    distinct = any(entry.dataset_kwargs.get("pack_tokens") for entry in entries)
    if not sizes or None in sizes or distinct or is_grpo(config):
        return None
    known = [size for size in sizes if size is not None]
    samples = sum(size.samples for size in known)
    tokens = sum(size.samples * size.tokens for size in known)
    training, gpus = config.training, hardware.gpus if hardware else 1
    rows = training.per_device_train_batch_size * training.gradient_accumulation_steps
    packed = bool(training.trainer_kwargs.get("packing"))
    batch: float = rows * gpus
    if packed:
        length = config.model.model_max_length or 1024
        batch *= length * _PACKING_EFFICIENCY / (tokens / samples)
    epochs = training.num_train_epochs
    steps = math.ceil(samples / batch) * epochs
    total = tokens * epochs
    if training.max_steps > 0:
        steps = training.max_steps
        total = steps * batch * tokens / samples
    use = PACKED_USE if packed else PADDED_USE
    hours = None
    if shape is not None and hardware is not None:
        rate = gpus * hardware.gpu.teraflops * 1e12 * use
        keys = _keys_of_a_token(config, known)
        hours = total * token_operations(shape, keys) / rate / 3600
    return Duration(
        samples=samples,
        tokens=round(total),
        steps=steps,
        global_batch=round(batch, 1),
        hours=None if hours is None else round(hours, 1),
        assumption=_assumption(packed, use, hardware),
    )


def token_operations(shape: ModelShape, keys: float) -> float:
    """Returns the operations of a token's forward and backward pass.

    Four for each weight, since frozen weights have no gradient; twelve for each query
    and key that meet, two products forward and four backward.

    Args:
        shape: The model.
        keys: Keys that attention computes of a token.
    """
    return 4 * shape.parameters + 12 * shape.layers * shape.query_width * keys


def _keys_of_a_token(config: Any, sizes: Sequence[DatasetSize]) -> float:
    """Returns half a sample's tokens, as a token meets them; or a whole row's."""
    packed = config.training.trainer_kwargs.get("packing")
    if packed and config.model.attn_implementation in WITH_A_MASK:
        return config.model.model_max_length or 1024
    tokens = sum(size.samples * size.tokens for size in sizes)
    return sum(size.samples * size.tokens**2 for size in sizes) / tokens / 2


def made_size(entry: Any) -> DatasetSize | None:
    """Returns what is made and tokenised of a dataset; None if its size is not known.

    Args:
        entry: Oumi's `DatasetParams`.
    """
    size = SIZES.get(entry.dataset_name)
    if entry.dataset_kwargs.get("prompt_layout") == "tools":
        part = _PARTS.get(entry.dataset_name)
        size = part.chat_size if part else None
    if size is None:
        return None
    samples = size.samples
    copies = getattr(_PARTS[entry.dataset_name].options, "copies", None)
    if copies:  # of each row, by default
        samples = samples // copies * int(entry.dataset_kwargs.get("copies", copies))
    most = entry.dataset_kwargs.get("max_samples")
    if isinstance(most, int):
        samples = min(samples, most)
    return DatasetSize(samples, size.tokens)


def _size(entry: Any) -> DatasetSize | None:
    made = made_size(entry)
    # Oumi takes so many of them when all have been tokenised.
    if made is None or entry.sample_count is None:
        return made
    return made._replace(samples=min(made.samples, entry.sample_count))


def _assumption(packed: bool, use: float, hardware: Hardware | None) -> str:
    sizes = "the datasets at their full size (`coalm preview` counts what is there)"
    if hardware is None:
        return sizes
    basis = (
        "expected of packed samples, not measured"
        if packed
        else "what the paper's own runs come to"
    )
    return f"{sizes}; {100 * use:.0f} % of {hardware.gpu.name}'s bf16 peak, {basis}"
