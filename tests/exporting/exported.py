"""Tiny models of the families that `coalm export` knows, with weights drawn at random."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.recipes.tiny_recipes import ASSET

LLAMA_3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
ROPE_OF_LLAMA_3_1 = {
    "rope_type": "llama3",
    "rope_theta": 500000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
FAMILIES: dict[str, dict[str, Any]] = {
    "llama": {"model_type": "llama"},
    "tied": {"model_type": "llama", "tie_word_embeddings": True},
    "llama 3.1": {"model_type": "llama", "rope_scaling": ROPE_OF_LLAMA_3_1},
    "qwen3": {"model_type": "qwen3", "head_dim": 128},  # as all of them have
}


def write_model(folder: Path, family: str = "llama") -> Path:
    """Writes a model with grouped heads, and the tiny tokenizer, to a folder."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(ASSET)
    shape = {
        "vocab_size": len(tokenizer) + 3,  # rows that no token has
        "hidden_size": 128,
        "intermediate_size": 192,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "initializer_range": 0.1,
        "max_position_embeddings": 256,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "tie_word_embeddings": False,
        **FAMILIES[family],
    }
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = AutoModelForCausalLM.from_config(AutoConfig.for_model(**shape))
        for name, weight in model.named_parameters():
            if name.endswith("norm.weight"):  # else all ones, in whatever order
                torch.nn.init.uniform_(weight, 0.5, 1.5)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def change_json(path: Path, **fields: Any) -> None:
    """Changes fields of a JSON file."""
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))
