"""Measures training of CoALM's 8B architecture on one GPU: shipped, paper-exact, fast.

    COALM_DATA_DIR=... python tests/performance/gpu_training.py [--steps 20]
    python tests/performance/gpu_training.py --tiny        # on a CPU: that it runs

Random weights, the real samples' lengths, the step of each recipe in plain PyTorch:

- shipped: Oumi's own CoALM 8B recipe: 16 samples padded to the longest, LoRA of rank 8;
- paper: one sample at a time, 8 accumulated: the global batch of 8;
- fast: samples packed to 4,096 tokens, each attended to alone (`packed`), Liger's
  kernels, no checkpointing, fused AdamW;
- fast, and one thing another: the attention (a dense mask of all pairs, FlexAttention,
  flash-attn where it is installed), the adapters (TF32 products; bf16);
- qlora: nf4 weights, as PEFT and TRL prepare them without FSDP; whole, and a slice of
  the 70B architecture for its memory alone.

First packed and single samples have to give the same loss. Then each is timed: useful
(not padding) tokens a second, share of the bf16 peak (4 operations a weight and token, the
base being frozen), and peak memory beside what `coalm check` computes, within 15 %. Last,
what loading that slice in nf4 takes of the machine's own memory (`gpu_loading.py`).
Budgets: fast at least 3 times shipped, and 10,000 useful tokens/s on an H100.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import torch

from coalm_oumi.planning.hardware import GIB, GPUS
from coalm_oumi.planning.memory import TrainingSetup
from coalm_oumi.planning.model_shape import ModelShape, find_shape
from tests.performance.gpu_attention import register_kernels
from tests.performance.gpu_loading import loading_line
from tests.performance.sample_lengths import mixture_lengths
from tests.planning.training_step import (
    SEVEN,
    computed_bytes,
    llama_config,
    ready_to_train,
    trained,
)

DTYPES = {"cuda": torch.bfloat16, "cpu": torch.float32}
"""A CPU gets the precision that telling packed from single losses takes."""


@dataclass(frozen=True)
class Way:
    """A way to train.

    Attributes:
        name: What it is called.
        rows: Samples padded to the longest of them in one pass; 0 for packed ones.
        passes: Forward and backward passes in a step.
        length: Tokens of a packed row.
        rank: The adapter's rank.
        targets: The layers with an adapter.
        checkpointing: Whether activations are computed again.
        liger: Whether Liger's kernels are used, on a GPU.
        bits: Bits of the frozen weights, if quantised.
        attention: Its name in transformers.
        is_bf16: Whether the adapters are bf16, and not float32.
        tf32: Whether products of float32 are computed in TF32.
    """

    name: str
    rows: int
    passes: int = 1
    length: int = 4096
    rank: int = 16
    targets: tuple[str, ...] = SEVEN
    checkpointing: bool = True
    liger: bool = False
    bits: int = 0
    attention: str = "sdpa"
    is_bf16: bool = False
    tf32: bool = False


FAST = Way("fast", rows=0, checkpointing=False, liger=True, attention="packed")
WAYS = (
    # Oumi's default where a recipe has no `peft` block: rank 8.
    Way("shipped", rows=16, rank=8),
    Way("paper", rows=1, passes=8),
    FAST,
    replace(FAST, name="fast, dense mask", attention="sdpa"),
    replace(FAST, name="fast, flex", attention="packed_flex"),
    replace(FAST, name="fast, flash-attn", attention="packed_flash"),
    replace(FAST, name="fast, tf32", tf32=True),
    replace(FAST, name="fast, bf16", is_bf16=True),
)
QLORA = Way("qlora 8B", rows=1, passes=8, bits=4)
QLORA_SLICE = Way("qlora 70B slice", rows=1, bits=4)


def why_not(way: Way, device: str) -> str:
    """Returns what a way lacks here; empty if nothing."""
    if way.attention == "packed_flash" and not importlib.util.find_spec("flash_attn"):
        return "flash_attn is not installed"
    of_gpus = way.tf32 or way.attention in ("packed_flex", "packed_flash")
    return "needs a GPU" if of_gpus and device == "cpu" else ""


def build(shape: ModelShape, way: Way, device: str, dtype: torch.dtype) -> Any:
    """Returns the architecture with random weights and an adapter."""
    from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training
    from transformers import AutoModelForCausalLM

    config = llama_config(shape)
    with torch.device(device):
        model: Any = AutoModelForCausalLM.from_config(
            config, dtype=dtype, attn_implementation=way.attention
        )
    if way.liger and device == "cuda":
        from liger_kernel.transformers import (  # pyright: ignore
            _apply_liger_kernel_to_instance,
        )

        _apply_liger_kernel_to_instance(model)
    if way.bits:
        quantise(model, device)
        model = prepare_model_for_kbit_training(model, way.checkpointing)
    adapter = LoraConfig(
        r=way.rank, lora_alpha=2 * way.rank, target_modules=list(way.targets)
    )
    model = get_peft_model(model, adapter)
    if way.is_bf16:
        for parameter in trained(model):
            parameter.data = parameter.data.to(torch.bfloat16)
    return ready_to_train(model, way.checkpointing)


def optimizer_of(way: Way, model: Any, device: str) -> torch.optim.Optimizer:
    """Returns the optimiser that the recipes of a way have."""
    fused = device == "cuda" and way.rows == 0
    return torch.optim.AdamW(trained(model), lr=1e-4, fused=fused)


def quantise(model: Any, device: str) -> None:
    """Puts nf4 weights in the place of the linear layers' own."""
    from bitsandbytes.nn.modules import Linear4bit, Params4bit

    for parent in list(model.model.modules()):
        for name, layer in list(parent.named_children()):
            if not isinstance(layer, torch.nn.Linear):
                continue
            shape = (layer.in_features, layer.out_features)
            new = Linear4bit(
                *shape,
                bias=False,
                compute_dtype=layer.weight.dtype,
                quant_type="nf4",
                compress_statistics=True,
            )
            # Params4bit takes its words in __new__, which no type checker sees.
            kinds: dict[str, Any] = {"requires_grad": False, "quant_type": "nf4"}
            new.weight = Params4bit(layer.weight.data.cpu(), **kinds)
            setattr(parent, name, new.to(device))
    # By this PEFT chooses its own layer for 4 bits.
    model.is_loaded_in_4bit = True


def batches(way: Way, lengths: Sequence[int], words: int) -> Iterator[dict[str, Any]]:
    """Yields the inputs of one pass after the other, again and again."""
    draw = torch.Generator().manual_seed(0)
    while True:
        for group in groups(way, lengths):
            if way.rows:
                ids = torch.zeros(len(group), max(group), dtype=torch.long)
                mask = torch.zeros_like(ids)
                for row, length in enumerate(group):
                    ids[row, :length] = torch.randint(words, (length,), generator=draw)
                    mask[row, :length] = 1
                labels = ids.masked_fill(mask == 0, -100)
                yield {"input_ids": ids, "attention_mask": mask, "labels": labels}
            else:
                ids = torch.randint(words, (1, sum(group)), generator=draw)
                starts = torch.cat([torch.arange(length) for length in group])
                # A sample's first token is not predicted from the sample before.
                labels = ids.masked_fill(starts[None] == 0, -100)
                yield {
                    "input_ids": ids,
                    "position_ids": starts[None],
                    "labels": labels,
                }


def groups(way: Way, lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yields the lengths of the samples of each pass."""
    if way.rows:
        for at in range(0, len(lengths) - way.rows + 1, way.rows):
            yield list(lengths[at : at + way.rows])
        return
    import datasets
    from trl.data_utils import pack_dataset

    rows = datasets.Dataset.from_dict({"input_ids": [[0] * n for n in lengths]})
    for row in pack_dataset(rows, way.length, "bfd"):
        yield list(cast(Any, row)["seq_lengths"])


def useful(batch: dict[str, Any]) -> int:
    """Returns the tokens of a pass that are no padding."""
    mask = batch.get("attention_mask")
    return int(batch["input_ids"].numel() if mask is None else mask.sum())


def packed_loss_is_that_of_single_samples(model: Any, words: int, device: str) -> None:
    """Raises if samples in a packed row see each other."""
    lengths = (37, 120, 64)
    packed = next(batches(Way("", rows=0, length=sum(lengths)), lengths, words))
    starts = (packed["position_ids"][0] == 0).nonzero().flatten().tolist()
    ends = [*starts[1:], packed["input_ids"].shape[1]]
    tokens = sum(end - start - 1 for start, end in zip(starts, ends, strict=True))
    with torch.no_grad():
        together = model(**{k: v.to(device) for k, v in packed.items()}).loss.item()
        alone = 0.0
        for start, end in zip(starts, ends, strict=True):
            ids = packed["input_ids"][:, start:end].to(device)
            loss = model(input_ids=ids, labels=ids).loss.item()
            alone += loss * (end - start - 1) / tokens
    difference = abs(together - alone) / alone
    print(f"packed loss {together:.5f}, of single samples {alone:.5f}", flush=True)
    if difference > (2e-3 if device == "cuda" else 1e-5):
        raise SystemExit("packed samples see each other: no timing is worth anything")


def measure(
    way: Way, shape: ModelShape, lengths: Sequence[int], steps: int, device: str
) -> dict[str, float]:
    """Trains some steps, and returns rate, peak memory and what was computed."""
    torch.manual_seed(0)
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    model = build(shape, way, device, DTYPES[device])
    torch.backends.cuda.matmul.allow_tf32 = way.tf32
    if way.rows == 0:
        packed_loss_is_that_of_single_samples(model, shape.vocabulary, device)
    optimizer = optimizer_of(way, model, device)
    source = batches(way, lengths, shape.vocabulary)
    warm_up, tokens, most, rows, start = 3, 0, 0, 1, 0.0
    for step in range(steps + warm_up):
        if step == warm_up:
            synchronise(device)
            start, tokens = time.perf_counter(), 0
        for _ in range(way.passes):
            batch = next(source)
            if batch["input_ids"].numel() > most:
                rows, most = batch["input_ids"].shape[0], batch["input_ids"].numel()
            tokens += useful(batch)
            inputs = {k: v.to(device) for k, v in batch.items()}
            (model(**inputs, use_cache=False).loss / way.passes).backward()
        optimizer.step()
        optimizer.zero_grad()
    synchronise(device)
    rate = tokens / (time.perf_counter() - start)
    peak = torch.cuda.max_memory_allocated() if device == "cuda" else 0
    del model, optimizer
    gc.collect()
    if device == "cuda":
        torch.cuda.empty_cache()
    # `coalm check` knows of no bf16 adapters beside a bf16 base.
    expected = 0 if way.is_bf16 else computed(way, shape, most, rows)
    return {"rate": rate, "peak": peak, "computed": expected}


def computed(way: Way, shape: ModelShape, tokens: int, rows: int) -> float:
    """Returns what `coalm check` computes for the largest pass, in bytes."""
    setup = TrainingSetup(
        shape=shape,
        tokens=tokens,
        rows=rows,
        rank=way.rank,
        targets=way.targets,
        bits=way.bits,
        nested=bool(way.bits),
        checkpointing=way.checkpointing,
        fused_loss=way.liger,
        checkpoint_is_float32=bool(way.bits),
    )
    return computed_bytes(setup)


def synchronise(device: str) -> None:
    """Waits until the GPU has done what it was given."""
    if device == "cuda":
        torch.cuda.synchronize()


def report(found: dict[str, dict[str, float]], shape: ModelShape, peak: float) -> int:
    """Prints the table; returns 1 if a budget is missed."""
    missed = False
    for name, got in found.items():
        share = 4 * shape.parameters * got["rate"] / peak
        line = (
            f"{name:17} {got['rate']:9,.0f} useful tokens/s  {share:6.1%} of the peak"
        )
        if got["peak"]:
            line += f"  {got['peak'] / GIB:5.1f} GiB"
        if got["peak"] and got["computed"]:
            off = got["computed"] / got["peak"] - 1
            missed = missed or abs(off) > 0.15
            line += f", computed {off:+.0%}"
        print(line)
    times = found["fast"]["rate"] / found["shipped"]["rate"]
    print(f"fast: {times:.1f} times shipped (budget 3)")
    return int(missed or times < 3 or found["fast"]["rate"] < 10_000)


def main() -> int:
    """Prints the measurements; on a GPU exits with 1 if a budget is missed."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n")[0])
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--tiny", action="store_true", help="A tiny model, on a CPU.")
    options = parser.parse_args()
    shape, large = (
        find_shape(f"meta-llama/Llama-{name}-Instruct")
        for name in ("3.1-8B", "3.3-70B")
    )
    if shape is None or large is None:
        raise SystemExit("the shapes of Llama 8B and 70B are not known")
    slice_of_70b, device, ways = replace(large, layers=8), "cuda", WAYS
    if options.tiny:
        small = {"hidden": 64, "intermediate": 128, "layers": 2, "heads": 4}
        small |= {"kv_heads": 2, "head_dim": 16, "vocabulary": 512}
        shape, device = replace(shape, **small), "cpu"
        slice_of_70b = shape
        ways = tuple(replace(way, length=256) for way in WAYS)
        lengths = [20 + 7 * n % 90 for n in range(200)]
    elif torch.cuda.is_available():
        lengths = mixture_lengths(2000)
    else:
        raise SystemExit("there is no GPU; --tiny runs on a CPU")
    register_kernels()
    found = {}
    for way in ways:
        if lacks := why_not(way, device):
            print(f"{way.name}: {lacks}")
        else:
            found[way.name] = measure(way, shape, lengths, options.steps, device)
    for way, quantised in ((QLORA, shape), (QLORA_SLICE, slice_of_70b)):
        found[way.name] = measure(way, quantised, lengths, 5, device)
    print(loading_line(slice_of_70b, device), flush=True)
    missed = report(found, shape, GPUS["H100-80GB"].teraflops * 1e12)
    return 0 if options.tiny else missed


if __name__ == "__main__":
    sys.exit(main())
