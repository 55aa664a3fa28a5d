"""Tiny Llamas with trained adapters, saved as PEFT saves them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Trained:
    """A base and an adapter that was trained on it.

    Attributes:
        base: The base's folder.
        adapter: The adapter's folder.
        ids: Tokens to ask the models with.
        logits: What the trained model answers to them.
    """

    base: Path
    adapter: Path
    ids: Any
    logits: Any

    def away(self, folder: Path) -> float:
        """Returns the greatest difference of a model's logits to the trained one's."""
        import torch

        with torch.no_grad():
            logits = load(folder)(input_ids=self.ids).logits
        return float((self.logits - logits).abs().max())


def load(folder: Path) -> Any:
    """Returns a saved model, in float32."""
    import torch
    from transformers import LlamaForCausalLM

    return LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def save_base(folder: Path, *, tied: bool, shard: str = "5GB") -> None:
    """Saves a random Llama."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=64,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        tie_word_embeddings=tied,
    )
    LlamaForCausalLM(config).save_pretrained(folder, max_shard_size=shard)


def train(
    folder: Path,
    *,
    tied: bool = False,
    shard: str = "5GB",
    converted: bool = False,
    **lora: Any,
) -> Trained:
    """Trains an adapter for two steps.

    Args:
        folder: Where base and adapter are saved.
        tied: Whether the base's output layer is its embedding.
        shard: The largest file of the base's weights.
        converted: Whether PEFT makes a plain adapter of it as it saves it.
        lora: Options of PEFT's `LoraConfig`.
    """
    import torch
    from peft import LoraConfig, get_peft_model

    base, adapter = folder / "base", folder / "adapter"
    save_base(base, tied=tied, shard=shard)
    torch.manual_seed(1)
    options: dict[str, Any] = {
        "r": 4,
        "lora_alpha": 8,
        "task_type": "CAUSAL_LM",
        "target_modules": ["q_proj", "v_proj"],
        **lora,
    }
    model: Any = get_peft_model(load(base), LoraConfig(**options))
    initial = None
    if converted:
        initial = str(folder / "initial")
        model.peft_config["default"].init_lora_weights = True
        model.save_pretrained(initial)
        model.peft_config["default"].init_lora_weights = options["init_lora_weights"]
    ids = torch.randint(0, 64, (4, 16))
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.SGD(weights, lr=0.3)
    for _ in range(2):
        model(input_ids=ids, labels=ids).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.eval()
    with torch.no_grad():
        logits = model(input_ids=ids).logits
    model.save_pretrained(adapter, path_initial_model_for_weight_conversion=initial)
    return Trained(base, adapter, ids, logits)
