"""Training that computes common beginnings once beside packed training, on a CPU.

python tests/performance/shared_prefixes_training.py [MODEL] [--rows N] [--tokens N]
python tests/performance/shared_prefixes_training.py [MODEL] --count 1280 2048 4096

MODEL is a folder such as `coalm download smollm2 --output output/smollm2` makes (the
default). For each data set the same samples go forward and backward through a LoRA on all
linear layers, in float32, logits of trained tokens only: as `attn_implementation: packed`
rows, which is the fastest that TRL and this package have without sharing, and as
`shared_prefixes` rows. The two take turns. Printed are tokens, seconds and their ratios,
and how far loss and gradients are apart. With `--count`, tokens and distinct tokens of
rows of several lengths are counted, and nothing is trained.

The real data is taken where COALM_DATA_DIR or the cache has it.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
import torch

PROJECTIONS = [f"{name}_proj" for name in ("q", "k", "v", "o", "gate", "up", "down")]


def rows_of(model: str, tokens: int) -> dict[str, Any]:
    """Rows of each data set with at most so many distinct tokens."""
    from oumi.builders import build_tokenizer
    from oumi.core.configs import ModelParams

    from coalm_oumi.datasets import (
        CraDataset,
        HammerMaskedDataset,
        SnipsDstDataset,
        ToolAceDataset,
    )

    tokenizer = build_tokenizer(ModelParams(model_name=model, model_max_length=tokens))
    shared: dict[str, Any] = {
        "tokenizer": tokenizer,
        "on_missing": "embedded",
        "prompt_layout": "system",
        "pack_tokens": tokens,
        "max_samples": 400,
    }
    cra = {"function_list": "dialogue", "action_turns": "all"}
    made = {
        "snips_dst": SnipsDstDataset(**shared),
        "hammer_masked": HammerMaskedDataset(**shared),
        "toolace": ToolAceDataset(**shared),
        "cra": CraDataset(**shared, **cra),
    }
    return {name: dataset.to_hf() for name, dataset in made.items()}


def trainable(model: str, attention: str, dtype: torch.dtype = torch.float32) -> Any:
    """The model with its adapter, as TRL trains it with `loss_type: chunked_nll`."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM
    from trl.trainer.sft_trainer import _patch_chunked_ce_lm_head

    from coalm_oumi.training import packed_attention, shared_prefixes

    packed_attention.register()
    shared_prefixes.register()
    torch.manual_seed(0)
    base: Any = AutoModelForCausalLM.from_pretrained(
        model, dtype=dtype, attn_implementation=attention
    )
    adapter = LoraConfig(
        r=16, lora_alpha=32, target_modules=PROJECTIONS, init_lora_weights=False
    )
    made: Any = get_peft_model(base, adapter).train()
    _patch_chunked_ce_lm_head(made.get_base_model(), 256)
    if attention == shared_prefixes.NAME:
        shared_prefixes.share_prefixes(made)
    return made


def step(model: Any, row: dict[str, Any]) -> tuple[float, float, torch.Tensor]:
    """Seconds, loss and gradients of one row."""
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    collator = DataCollatorForLanguageModeling(
        pad_token_id=0, completion_only_loss=True, padding_free=True
    )
    batch = collator([row])
    began = time.perf_counter()
    loss = model(**batch, use_cache=False).loss
    loss.backward()
    seconds = time.perf_counter() - began
    gradients = [p.grad.flatten() for p in model.parameters() if p.grad is not None]
    found = torch.cat(gradients)
    model.zero_grad()
    return seconds, loss.item(), found


def measure(name: str, rows: Any, models: dict[str, Any], count: int) -> None:
    """Prints what the rows of a data set cost in both ways."""
    from coalm_oumi.training.shared_prefixes import NAME, tree_of

    seconds = dict.fromkeys(models, 0.0)
    all_tokens = distinct = samples = 0
    apart = 0.0
    for row in rows.select(range(min(count, len(rows)))):
        ids = torch.tensor([row["input_ids"]])
        positions = torch.cat([torch.arange(n) for n in row["seq_lengths"]])[None]
        tree = tree_of({"input_ids": ids, "position_ids": positions})
        assert tree is not None
        all_tokens += ids.numel()
        distinct += len(tree.tokens)
        samples += len(row["seq_lengths"])
        found = {kind: step(model, row) for kind, model in models.items()}
        for kind, (taken, _, _) in found.items():
            seconds[kind] += taken
        alone, together = found["packed"][2], found[NAME][2]
        apart = max(apart, float((together - alone).norm() / alone.norm()))
    packed, shared = seconds["packed"], seconds[NAME]
    print(
        f"{name}: {samples} samples, {all_tokens} tokens, {distinct} distinct "
        f"({all_tokens / distinct:.1f} times fewer); packed {packed:.1f} s, shared "
        f"{shared:.1f} s: {packed / shared:.1f} times as fast, "
        f"{all_tokens / shared:.0f} tokens/s; gradients {apart:.0e} apart",
        flush=True,
    )


def count(model: str, lengths: list[int]) -> None:
    """Prints what samples have in common in rows of several lengths."""
    from coalm_oumi.training.shared_prefixes import token_tree

    for most in lengths:
        for name, rows in rows_of(model, most).items():
            samples = all_tokens = distinct = 0
            for row in rows:
                ends = np.cumsum(row["seq_lengths"])
                split = [
                    part.tolist() for part in np.split(row["input_ids"], ends[:-1])
                ]
                samples += len(split)
                all_tokens += len(row["input_ids"])
                distinct += len(token_tree(split).tokens)
            print(
                f"rows of {most} distinct tokens, {name}: {samples} samples, "
                f"{distinct / samples:.0f} distinct tokens each, "
                f"{all_tokens / distinct:.1f} times fewer",
                flush=True,
            )


def main() -> None:
    """Measures each data set in turn."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("model", nargs="?", default="output/smollm2")
    parser.add_argument("--rows", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=1280)
    parser.add_argument("--count", type=int, nargs="+", metavar="TOKENS")
    arguments = parser.parse_args()
    if arguments.count:
        count(arguments.model, arguments.count)
        return
    rows = rows_of(arguments.model, arguments.tokens)
    models = {
        kind: trainable(arguments.model, kind) for kind in ("packed", "shared_prefixes")
    }
    first = rows["snips_dst"][0]
    for model in models.values():  # the first step of a process is slower
        step(model, first)
    for name, found in rows.items():
        measure(name, found, models, arguments.rows)


if __name__ == "__main__":
    main()
