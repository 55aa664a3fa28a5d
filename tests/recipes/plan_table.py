"""The tables of recipes/README.md, computed as `coalm check` computes them.

python -m tests.recipes.plan_table    # writes them into recipes/README.md
"""

from __future__ import annotations

from pathlib import Path

from coalm_oumi.planning.check import check_recipe
from coalm_oumi.planning.hardware import parse_hardware
from coalm_oumi.planning.memory import (
    ServingSetup,
    cache_tokens,
    serving_memory,
    total_gib,
)
from coalm_oumi.planning.model_shape import find_shape

ROOT = Path(__file__).parents[2]
README = ROOT / "recipes/README.md"
BEGIN, END = "<!-- {}: computed -->\n", "<!-- end -->\n"

_EIGHT, _SIXTEEN = "8xH100-80GB", "2x8xH100-80GB"
_ONE_GPU = ("--training.gradient_accumulation_steps", "8")
_ONE_EPOCH = ("--training.num_train_epochs", "1")
TRAINING: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("8b_train", _EIGHT, (), "8"),
    ("8b_train", "1xH100-80GB", _ONE_GPU, ""),
    ("8b_train_fast", "1xH100-80GB", (), ""),
    ("8b_train_fast", _EIGHT, (), ""),
    ("8b_train_tools", "1xH100-80GB", (), ""),
    ("8b_train_qlora", "1xRTX4090-24GB", (), ""),
    ("8b_train_qlora", "1xL4-24GB", (), ""),
    ("8b_train_grpo", _EIGHT, (), ""),
    ("8b_train_without_tod", _EIGHT, (), ""),
    ("8b_train_without_la", _EIGHT, (), ""),
    ("8b_train_without_cra", _EIGHT, (), ""),
    ("qwen3_train", _EIGHT, (), ""),
    ("qwen3_train_tools", _EIGHT, (), ""),
    ("mistral_train", _EIGHT, (), ""),
    ("mistral_train_tools", _EIGHT, (), ""),
    ("70b_train", _EIGHT, (), "60"),
    ("70b_train_fast", _EIGHT, (), ""),
    ("70b_train_fast", _SIXTEEN, (), ""),
    ("70b_train_tools", _EIGHT, (), ""),
    ("405b_train", _EIGHT, _ONE_EPOCH, "156"),
    ("405b_train_fast", _EIGHT, _ONE_EPOCH, ""),
    ("405b_train_fast", _SIXTEEN, _ONE_EPOCH, ""),
)
SERVING: tuple[tuple[str, str, str, float], ...] = (
    ("8b.sh", "meta-llama/Llama-3.1-8B-Instruct", "1xH100-80GB", 2),
    ("8b.sh", "meta-llama/Llama-3.1-8B-Instruct", "1xRTX4090-24GB", 2),
    ("70b.sh (GPUS=2)", "meta-llama/Llama-3.3-70B-Instruct", "2xH100-80GB", 2),
    ("70b.sh", "meta-llama/Llama-3.3-70B-Instruct", "4xH100-80GB", 2),
    ("405b_fp8.sh", "meta-llama/Llama-3.1-405B-Instruct", _EIGHT, 1),
    ("405b_two_nodes.sh", "meta-llama/Llama-3.1-405B-Instruct", _SIXTEEN, 2),
)
LENGTH = 8192


def training_table() -> str:
    """One row for each training recipe and hardware."""
    rows = [
        "| recipe | GPUs | GiB of each | GiB of a machine | steps | tokens/s a GPU "
        "| hours | the paper's, measured |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for recipe, machines, changes, paper in TRAINING:
        hardware = parse_hardware(machines)
        fields = [
            f"{name.removeprefix('--')}={value}"
            for name, value in zip(changes[::2], changes[1::2], strict=True)
        ]
        path = str(ROOT / f"recipes/{recipe}.yaml")
        report = check_recipe(path, fields, hardware)
        if report.errors:
            raise ValueError(f"{recipe} on {machines}: {report.findings}")
        took = report.duration
        if took is None or took.hours is None:
            figures = "| | | |"
        else:
            rate = took.tokens / (took.hours * 3600 * hardware.gpus)
            figures = f"| {took.steps:,} | {rate:,.0f} | {took.hours:.0f} |"
        flags = f" `{' '.join(changes)}`" if changes else ""
        memory, host = total_gib(list(report.memory)), total_gib(list(report.host))
        rows.append(
            f"| `{recipe}`{flags} | {machines} | {memory:.0f} | {host:.0f} {figures} "
            f"{paper} |"
        )
    return "\n".join(rows) + "\n"


def serving_table() -> str:
    """One row for each server script and hardware."""
    rows = [
        "| server | GPUs | GiB of each | tokens that the cache holds |",
        "|---|---|--:|--:|",
    ]
    for script, model, machines, width in SERVING:
        hardware, shape = parse_hardware(machines), find_shape(model)
        if shape is None:
            raise ValueError(model)
        setup = ServingSetup(
            shape,
            LENGTH,
            tensor_parallel=hardware.gpus_per_node,
            pipeline_parallel=hardware.nodes,
            weight_bytes=width,
        )
        memory = total_gib(serving_memory(setup))
        held = cache_tokens(setup, hardware.gpu.memory)
        rows.append(f"| `{script}` | {machines} | {memory:.0f} | {held:,} |")
    return "\n".join(rows) + "\n"


def with_tables(text: str) -> str:
    """The README with its tables computed anew."""
    for name, table in (("training", training_table()), ("serving", serving_table())):
        before, _, rest = text.partition(BEGIN.format(name))
        _, _, after = rest.partition(END)
        text = f"{before}{BEGIN.format(name)}{table}{END}{after}"
    return text


if __name__ == "__main__":
    README.write_text(with_tables(README.read_text()))
