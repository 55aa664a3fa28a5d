"""Attention sample by sample beside the dense mask: time and memory of one layer on a CPU.

python tests/performance/packed_attention.py [TOKENS ...]

The two take turns, forward and backward, so that what else the machine does meets both.
Heads and sizes are a quarter of Llama-3.1-8B's.
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from coalm_oumi.training.packed_attention import PackedSamples, packed_attention

HEADS, KEY_HEADS, SIZE, SAMPLE, RUNS = 8, 2, 128, 683, 5


def step(states: list[torch.Tensor], mask: Any) -> None:
    """One forward and backward pass of the attention alone."""
    layer: Any = torch.nn.Module()
    layer.num_key_value_groups = HEADS // KEY_HEADS
    output, _ = packed_attention(layer, states[0], states[1], states[2], mask)
    output.sum().backward()


def peak_mib(states: list[torch.Tensor], mask: Any) -> float:
    """The most memory that a step held beside what it was given, in MiB."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiled:
        step(states, mask)
    held = highest = 0
    recorded: Any = profiled.profiler
    for event in recorded.kineto_results.events():
        if event.name() == "[memory]":
            held += event.nbytes()
            highest = max(highest, held)
    return highest / 2**20


def measure(tokens: int) -> None:
    """Prints both ways' seconds and memory for one packed row."""
    lengths = [SAMPLE] * (tokens // SAMPLE)
    lengths += [tokens - sum(lengths)] if sum(lengths) < tokens else []
    ends = torch.tensor([0, *lengths]).cumsum(0)
    sample = torch.repeat_interleave(torch.arange(len(lengths)), torch.tensor(lengths))
    dense = (sample[:, None] == sample[None]).tril()[None, None]
    masks = {
        "dense mask": dense,
        "packed": PackedSamples(tuple(lengths), ends.to(torch.int32)),
    }
    states = [
        torch.randn(1, heads, tokens, SIZE, dtype=torch.bfloat16, requires_grad=True)
        for heads in (HEADS, KEY_HEADS, KEY_HEADS)
    ]
    times: dict[str, list[float]] = {name: [] for name in masks}
    for _ in range(RUNS):
        for name, mask in masks.items():
            start = time.perf_counter()
            step(states, mask)
            times[name].append(time.perf_counter() - start)
    ratios = [a / b for a, b in zip(times["dense mask"], times["packed"], strict=True)]
    for name, mask in masks.items():
        peak = peak_mib(states, mask)
        seconds = statistics.median(times[name])
        print(f"{tokens:,} tokens, {name}: {seconds:.3f} s, {peak:,.0f} MiB more")
    print(f"  packed is {statistics.median(ratios):.1f} times as fast")
    print(f"  the mask itself: {dense.nbytes / 2**20:,.0f} MiB")


if __name__ == "__main__":
    for count in sys.argv[1:] or ("4096", "16384"):
        measure(int(count))
