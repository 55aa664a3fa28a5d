"""A training step on a CPU in float32, and in bf16 with and without our adapters' types.

python tests/performance/cpu_arithmetic.py [MODEL] [--rows N] [--tokens N] [--keep]

MODEL is a folder such as `coalm download smollm2 --output output/smollm2` makes (the
default). The same rows of each data set, with common beginnings computed once, go forward
and backward through a LoRA on all linear layers: in float32, in bf16 as PEFT computes it
(adapters and their inputs in float32), and in bf16 as `coalm_oumi/cpu_arithmetic.py` makes
it. The three take turns. Printed are seconds, their ratios, and how far the gradients are
from float32's. With `--keep` freed memory is kept, as `oumi train` does; run it with and
without.
"""

from __future__ import annotations

import argparse
from typing import Any

import torch
from shared_prefixes_training import rows_of, step, trainable

from coalm_oumi.cpu_arithmetic import computes_in_bf16, fit_to_cpu
from coalm_oumi.training.on_cpu import keep_freed_memory
from coalm_oumi.training.shared_prefixes import NAME

FLOAT32, PEFT, OURS = "float32", "bf16, PEFT", "bf16, ours"


def models(folder: str) -> dict[str, Any]:
    """The model in its three forms, with the same adapter."""
    made = {
        FLOAT32: trainable(folder, NAME),
        PEFT: trainable(folder, NAME, torch.bfloat16),
        OURS: trainable(folder, NAME, torch.bfloat16),
    }
    fit_to_cpu(made[OURS])
    return made


def main() -> None:
    """Measures each data set in turn."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("model", nargs="?", default="output/smollm2")
    parser.add_argument("--rows", type=int, default=4)
    parser.add_argument("--tokens", type=int, default=1280)
    parser.add_argument("--keep", action="store_true")
    arguments = parser.parse_args()
    if arguments.keep:
        keep_freed_memory()
    print(f"The CPU computes in bf16: {computes_in_bf16()}", flush=True)
    rows, made = rows_of(arguments.model, arguments.tokens), models(arguments.model)
    for model in made.values():  # the first step of a process is slower
        step(model, rows["snips_dst"][0])
    for name, found in rows.items():
        seconds, apart = dict.fromkeys(made, 0.0), dict.fromkeys(made, 0.0)
        for row in found.select(range(min(arguments.rows, len(found)))):
            results = {kind: step(model, row) for kind, model in made.items()}
            exact = results[FLOAT32][2]
            for kind, (taken, _, gradients) in results.items():
                seconds[kind] += taken
                difference = float((gradients - exact).norm() / exact.norm())
                apart[kind] = max(apart[kind], difference)
        told = "; ".join(
            f"{kind} {seconds[kind]:.1f} s, {seconds[FLOAT32] / seconds[kind]:.1f} times "
            f"as fast, gradients {apart[kind]:.0e} apart"
            for kind in made
        )
        print(f"{name}: {told}", flush=True)


if __name__ == "__main__":
    main()
