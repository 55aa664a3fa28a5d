"""Measures what the number format of adapters and their optimiser do to training.

    COALM_DATA_DIR=... python tests/performance/adapter_types.py [--steps 150] [--seeds 3]

A small random Llama in bf16, trained whole for some steps first so that an adapter has
something to go on from, then frozen. An adapter of the paper's rank on all its linear
layers learns samples of SNIPS, masked xLAM and ToolACE, in each way from the same weights
and samples, at the recipes' learning rate (or `--rate`) with their schedule:

- fp32: as PEFT keeps adapters beside a bf16 base;
- tf32: the same, the inputs of the adapters' products, forward and backward, rounded to
  TF32's 10 bits: what a GPU does with `tf32: true`;
- bf16, fp32 masters: products in bf16, weights and states in fp32 (autocast);
- bf16: as TRL alone makes the adapters of a quantised model, with AdamW;
- bf16, StableAdamW: the same with Kahan sums (package torch-optimi).

Printed for each: how far its loss is from fp32's of the same seed, step by step and over
the last fifth, and how far fp32 with another seed is from that. So short a run does not
show that bf16's second moments no longer fall by a thousandth (beta2 0.999), Kahan sums or
not: they round that away.
"""

from __future__ import annotations

import argparse
import copy
import os
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch

from tests.planning.training_step import SEVEN, trained

ASSET = Path(__file__).parents[2] / "tests/assets/tiny_llama"
WAYS = ("fp32", "tf32", "bf16, fp32 masters", "bf16", "bf16, StableAdamW")
LONGEST, ROWS, RANK = 512, 2, 16
BETAS = (0.9, 0.999)


def tf32(values: torch.Tensor) -> torch.Tensor:
    """Rounds float32 to TF32: 10 bits of the fraction, half to even."""
    bits = values.contiguous().view(torch.int32)
    bits = bits + 0xFFF + ((bits >> 13) & 1)
    return (bits & ~0x1FFF).view(torch.float32)


class Tf32Product(torch.autograd.Function):
    """A linear layer whose three products take rounded inputs."""

    @staticmethod
    def forward(context: Any, inputs: torch.Tensor, weight: torch.Tensor) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Returns inputs times weight."""
        inputs, weight = tf32(inputs), tf32(weight)
        context.save_for_backward(inputs, weight)
        return inputs @ weight.T

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Returns the gradients of both."""
        inputs, weight = context.saved_tensors
        gradient = tf32(gradient)
        of_weight = gradient.flatten(0, -2).T @ inputs.flatten(0, -2)
        return gradient @ weight, of_weight


class Bf16Product(torch.autograd.Function):
    """A linear layer in bf16 whose weight, and its gradient, are float32."""

    @staticmethod
    def forward(context: Any, inputs: torch.Tensor, weight: torch.Tensor) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Returns inputs times weight."""
        inputs, weight = inputs.bfloat16(), weight.bfloat16()
        context.save_for_backward(inputs, weight)
        return (inputs @ weight.T).float()

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Returns the gradients of both."""
        inputs, weight = context.saved_tensors
        gradient = gradient.bfloat16()
        of_weight = gradient.flatten(0, -2).T @ inputs.flatten(0, -2)
        return (gradient @ weight).float(), of_weight.float()


def samples(count: int) -> list[Any]:
    """Returns tokens and labels of samples, shuffled."""
    import random

    from oumi.builders import build_tokenizer
    from oumi.core.configs import ModelParams

    from coalm_oumi.datasets import HammerMaskedDataset, SnipsDstDataset, ToolAceDataset

    params = ModelParams(
        model_name=str(ASSET), model_max_length=LONGEST, chat_template="auto"
    )
    tokenizer = build_tokenizer(params)
    made: list[Any] = []
    for kind in (SnipsDstDataset, HammerMaskedDataset, ToolAceDataset):
        dataset = kind(
            tokenizer=tokenizer,
            on_missing="embedded",
            completion_mask=True,
            max_samples=count,
        )
        for row in cast(Any, dataset.to_hf()):
            ids, counts = row["input_ids"], row["completion_mask"]
            labels = [i if c else -100 for i, c in zip(ids, counts, strict=True)]
            made.append((ids, labels))
    random.Random(0).shuffle(made)  # noqa: S311 - no secret
    return made


def batch(rows: Sequence[Any], step: int) -> dict[str, torch.Tensor]:
    """Returns a step's samples, padded."""
    chosen = [rows[(step * ROWS + n) % len(rows)] for n in range(ROWS)]
    longest = max(len(ids) for ids, _ in chosen)
    ids = torch.zeros(ROWS, longest, dtype=torch.long)
    labels, mask = torch.full_like(ids, -100), torch.zeros_like(ids)
    for row, (tokens, targets) in enumerate(chosen):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        labels[row, : len(tokens)] = torch.tensor(targets)
        mask[row, : len(tokens)] = 1
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def base(rows: Sequence[Any], steps: int) -> Any:
    """Returns a small Llama that has seen some samples, in bf16."""
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        hidden_size=128,
        intermediate_size=352,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        vocab_size=2048,
        max_position_embeddings=1024,
        use_cache=False,
    )
    model: Any = LlamaForCausalLM(config)
    run(model, rows, steps, torch.optim.AdamW(model.parameters(), lr=1e-3))
    return model.to(torch.bfloat16)


def with_adapter(model: Any, way: str, seed: int) -> Any:
    """Returns a copy of the model with an adapter of this way."""
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(seed)
    adapter = LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules=list(SEVEN))
    model = get_peft_model(copy.deepcopy(model), adapter)
    if way in ("bf16", "bf16, StableAdamW"):
        for parameter in trained(model):
            parameter.data = parameter.data.to(torch.bfloat16)
    product = {"tf32": Tf32Product, "bf16, fp32 masters": Bf16Product}.get(way)
    for name, module in model.named_modules():
        if product and "lora_" in name and isinstance(module, torch.nn.Linear):
            module.forward = _forward(module, product)
    return model


def _forward(module: torch.nn.Linear, product: Any) -> Callable[..., Any]:
    return lambda inputs: product.apply(inputs, module.weight)


def optimizer_of(model: Any, way: str, rate: float) -> torch.optim.Optimizer:
    """Returns the way's optimiser, with the settings of the recipes."""
    if way == "bf16, StableAdamW":
        from optimi import StableAdamW  # pyright: ignore[reportMissingImports]

        return StableAdamW(
            trained(model), lr=rate, betas=BETAS, eps=1e-8, weight_decay=0.0
        )
    return torch.optim.AdamW(trained(model), lr=rate, betas=BETAS, weight_decay=0.0)


def run(
    model: Any, rows: Sequence[Any], steps: int, optimizer: torch.optim.Optimizer
) -> list[float]:
    """Trains, linearly warmed up and down, and returns the losses."""
    from transformers import get_linear_schedule_with_warmup

    schedule = get_linear_schedule_with_warmup(optimizer, steps // 10, steps)
    losses: list[float] = []
    for step in range(steps):
        loss = model(**batch(rows, step)).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained(model), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses


def end(losses: Sequence[float]) -> float:
    """Returns the mean loss of the last fifth."""
    return statistics.mean(losses[-len(losses) // 5 :])


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n")[0])
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--before", type=int, default=100, help="Steps of the base.")
    options = parser.parse_args()
    rows = samples(options.steps * ROWS // 2)
    model = base(rows[::-1], options.before)
    kinds = "real" if os.environ.get("COALM_DATA_DIR") else "embedded"
    print(f"{options.steps} steps of {ROWS} {kinds} samples, lr {options.rate}")
    curves: dict[str, list[list[float]]] = {}
    for way in WAYS:
        if way.endswith("StableAdamW") and not _has_optimi():
            print(f"{way}: torch-optimi is not installed")
            continue
        curves[way] = []
        for seed in range(options.seeds):
            adapted = with_adapter(model, way, seed)
            optimizer = optimizer_of(adapted, way, options.rate)
            curves[way].append(run(adapted, rows, options.steps, optimizer))
        print(line(way, curves), flush=True)
    print(
        f"fp32, another seed: {_between_seeds(curves['fp32']):.5f} at most in the end"
    )


def line(way: str, curves: dict[str, list[list[float]]]) -> str:
    """Returns the row of one way."""
    pairs = list(zip(curves[way], curves["fp32"], strict=True))
    largest = max(
        abs(a - b) for own, exact in pairs for a, b in zip(own, exact, strict=True)
    )
    ends = [end(own) - end(exact) for own, exact in pairs]
    return (
        f"{way:20} from {statistics.mean(c[0] for c, _ in pairs):.4f} to "
        f"{statistics.mean(map(end, curves[way])):.4f}; from fp32's: at most "
        f"{largest:.5f} in a step, in the end {', '.join(f'{e:+.5f}' for e in ends)}"
    )


def _between_seeds(curves: Sequence[Sequence[float]]) -> float:
    ends = [end(curve) for curve in curves]
    return max(ends) - min(ends)


def _has_optimi() -> bool:
    from importlib.util import find_spec

    return find_spec("optimi") is not None


if __name__ == "__main__":
    main()
