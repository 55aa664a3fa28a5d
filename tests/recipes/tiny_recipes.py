"""Training recipes made small enough for a CPU: a tiny model of the recipe's own family."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

RECIPES = Path(__file__).parents[2] / "recipes"
ASSET = Path(__file__).parents[2] / "tests/assets/tiny_llama"


def tiny_model(folder: Path, model_type: str, layers: int = 2) -> Path:
    """Writes random weights of an architecture, with the embedded tokenizer."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.for_model(
        model_type,
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        # The tokenizer's 2,025, and room for a recipe's padding token.
        vocab_size=2048,
        max_position_embeddings=4096,
    )
    with torch.random.fork_rng():
        torch.manual_seed(42)
        AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(ASSET / name, folder / name)
    return folder


def opened(recipe: str) -> Any:
    """The recipe as Oumi reads it."""
    from oumi.core.configs import TrainingConfig

    return TrainingConfig.from_yaml(RECIPES / f"{recipe}.yaml")


def shrunk(recipe: str, model: Path, output: Path, *, fsdp: bool = False) -> Any:
    """The recipe for CPUs: another model, few samples, three steps, FSDP if asked for."""
    config = opened(recipe)
    config.model.model_name = str(model)
    config.fsdp.enable_fsdp = config.fsdp.enable_fsdp and fsdp
    config.training.trainer_kwargs.pop("use_liger_kernel", None)
    config.training.trainer_kwargs.pop("tf32", None)  # of GPUs
    if not fsdp:
        config.training.trainer_kwargs.pop("fsdp", None)
        config.training.trainer_kwargs.pop("fsdp_config", None)
    for dataset in config.data.train.datasets:
        dataset.sample_count = 12
        dataset.dataset_kwargs = {**dataset.dataset_kwargs, "on_missing": "embedded"}
    config.training.max_steps = 3
    config.training.logging_steps = 1
    config.training.save_steps = 0
    config.training.dataloader_num_workers = 0
    config.training.enable_tensorboard = False
    config.training.output_dir = str(output)
    config.finalize_and_validate()
    return config
