"""Mistakes that cost time, or weights: attention, recomputation, adapters, waiting."""

from __future__ import annotations

from tests.planning.mistake import Mistake

_TWO_NODES = "2x8xH100-80GB"

SPEED = {
    "packs masked by a table": Mistake(
        "8b_train_fast",
        {"model.attn_implementation": "eager"},
        "model.attn_implementation",
        "eager masks packed samples by a table of all pairs",
        "Set it to packed",
        level="warning",
    ),
    "attention of packs left to the default": Mistake(
        "8b_train_fast",
        {"model.attn_implementation": None},
        "model.attn_implementation",
        "the default masks packed samples",
        "Set it to packed",
        level="warning",
    ),
    "layers computed again that fit": Mistake(
        "8b_train",
        {"training.enable_gradient_checkpointing": True},
        "training.enable_gradient_checkpointing",
        "all would fit: 59.6 of 79.1 GiB",
        "Set it to false",
        level="warning",
    ),
    "layers kept that do not fit": Mistake(
        "70b_train",
        {"training.enable_gradient_checkpointing": False},
        "--hardware",
        "does not fit",
        "set training.enable_gradient_checkpointing: true",
    ),
    "samples thrown away after they are tokenised": Mistake(
        "8b_train",
        {"data.train.datasets.1.sample_count": 20_000},
        "data.train.datasets[1].sample_count",
        "202,500 samples are made and tokenised, of which 20,000 are taken",
        "max_samples: 20000",
        level="warning",
    ),
    "machines that give up on a download": Mistake(
        "405b_train",
        {"training.nccl_default_timeout_minutes": 20},
        "training.nccl_default_timeout_minutes",
        "machines wait 20 minutes for each other, and each downloads 756 GiB",
        "Set it to 90",
        hardware=_TWO_NODES,
        level="warning",
    ),
    "the default's patience": Mistake(
        "70b_train",
        {"training.nccl_default_timeout_minutes": 10},
        "training.nccl_default_timeout_minutes",
        "machines wait 10 minutes",
        "Set it to 30",
        hardware=_TWO_NODES,
        level="warning",
    ),
    "more than the machine has of its own memory": Mistake(
        "70b_train",
        {},
        "--hardware",
        "GiB of each machine's own memory",
        "Take machines with",
        hardware="2xT4-16GB",
        level="warning",
    ),
    "28 heads on 8 GPUs": Mistake(
        "8b_infer",
        {"model.model_name": "Qwen/Qwen2.5-7B-Instruct"},
        "--hardware",
        "8 GPUs cannot share 28 attention heads evenly: 4 of them work",
        "Take 4 or",
        level="warning",
    ),
}
