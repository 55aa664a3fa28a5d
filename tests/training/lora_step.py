"""One step of a LoRA on the tiny Llama, in float64: for what must not change it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

ASSET = Path(__file__).parents[2] / "tests/assets/tiny_llama"


def batch_of(rows: list[Any], *, padding_free: bool) -> dict[str, Any]:
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    collator = DataCollatorForLanguageModeling(
        pad_token_id=4, completion_only_loss=True, padding_free=padding_free
    )
    return collator(rows)


def model(attention: str) -> Any:
    """The tiny Llama with a LoRA adapter, in float64, so that differences stand out."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoConfig, AutoModelForCausalLM

    from coalm_oumi.training import packed_attention, shared_prefixes

    packed_attention.register()
    shared_prefixes.register()
    torch.manual_seed(0)
    base: Any = AutoModelForCausalLM.from_config(
        AutoConfig.from_pretrained(ASSET),
        attn_implementation=attention,
        dtype=torch.float64,
    )
    adapter = LoraConfig(target_modules="all-linear", init_lora_weights=False)
    made = get_peft_model(base, adapter).double().train()
    if attention == shared_prefixes.NAME:
        shared_prefixes.share_prefixes(made)
    return made


def step(model: Any, batches: list[dict[str, Any]]) -> tuple[float, dict[str, Any]]:
    """The loss over all trained tokens, and the gradients of the adapter."""
    model.zero_grad()
    # A position's label is predicted from the one before: the first has none.
    trained = sum(int((b["labels"][:, 1:] != -100).sum()) for b in batches)
    total = 0.0
    for batch in batches:
        batch = {name: value.to(model.device) for name, value in batch.items()}
        loss = model(**batch, num_items_in_batch=trained, use_cache=False).loss
        loss.backward()
        total += loss.item()
    gradients = {
        name: weight.grad.clone()
        for name, weight in model.named_parameters()
        if weight.requires_grad
    }
    return total, gradients
