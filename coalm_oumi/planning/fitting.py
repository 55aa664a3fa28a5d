"""Does it fit: a computed need against a GPU's memory, and what to change if not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from coalm_oumi.planning.findings import Findings
from coalm_oumi.planning.hardware import GIB, Hardware
from coalm_oumi.planning.memory import (
    MemoryPart,
    ServingSetup,
    TrainingSetup,
    total_gib,
    training_memory,
)
from coalm_oumi.planning.model_shape import ModelShape

_NUMBERS = (1, 2, 4, 8, 16, 32, 64, 128)
_REMOTE = ("REMOTE_VLLM", "REMOTE", "SGLANG")
_EIGHT_BITS = ("fp8", "FP8", "int8")


def serving_setup(
    config: Any, shape: ModelShape, hardware: Hardware | None
) -> ServingSetup | None:
    """Returns what the memory of an infer or evaluate recipe follows from.

    vLLM shares a model among all GPUs of a machine, and its layers among machines. None
    for an engine that keeps the model elsewhere, unless the hardware of that is given.
    """
    engine = engine_name(config)
    if engine not in (*_REMOTE, "VLLM", "NATIVE"):
        return None
    quantised = any(word in str(config.model.model_name) for word in _EIGHT_BITS)
    return ServingSetup(
        shape=shape,
        length=config.model.model_max_length or 8192,
        tensor_parallel=_sharing(config, engine, shape, hardware),
        pipeline_parallel=hardware.nodes if hardware else 1,
        weight_bytes=1 if quantised else 2,
    )


def _sharing(
    config: Any, engine: str, shape: ModelShape, hardware: Hardware | None
) -> int:
    """Returns how many GPUs of a machine share the model."""
    gpus = hardware.gpus_per_node if hardware else 1
    if engine != "VLLM":
        return gpus
    asked = config.model.model_kwargs.get("tensor_parallel_size")
    return asked if isinstance(asked, int) and asked > 0 else shape.even_share(gpus)


def engine_name(config: Any) -> str:
    """Returns the name of a recipe's inference engine, such as `REMOTE_VLLM`."""
    engine = getattr(config, "engine", None) or getattr(
        config, "inference_engine", None
    )
    return engine.value if engine is not None else "NATIVE"


def check_fit(
    verb: str,
    parts: list[MemoryPart],
    hardware: Hardware,
    setup: TrainingSetup | None,
    findings: Findings,
) -> None:
    """Notes it if the memory is too small, with what helps."""
    need, has = total_gib(parts), hardware.gpu.memory
    if verb != "train":
        has *= ServingSetup.share
    if setup is not None and setup.offload:
        _check_offload(setup, has, findings)
    if need <= has:
        return
    largest = max(parts, key=lambda part: part.bytes)
    ways = list(_ways(setup, hardware)) if setup else list(_more_gpus(parts, hardware))
    findings.error(
        "--hardware",
        f"does not fit: it needs {need:.1f} GiB on each GPU, {hardware.gpu.name} has "
        f"{has:.1f} to give; the most of it is {largest.name} "
        f"({largest.bytes / GIB:.1f} GiB).",
        " Or: ".join(ways) or "Take a smaller model, or more GPUs.",
    )


def check_host(host: list[MemoryPart], hardware: Hardware, findings: Findings) -> None:
    """Notes it if a machine's own memory is too small, with what helps."""
    need = total_gib(host)
    if need <= hardware.host_memory:
        return
    largest = max(host, key=lambda part: part.bytes)
    findings.warning(
        "--hardware",
        f"needs {need:.0f} GiB of each machine's own memory, and common machines with "
        f"{hardware.gpus_per_node} {hardware.gpu.name} have {hardware.host_memory:.0f}; "
        f"the most of it is {largest.name} ({largest.bytes / GIB:.0f} GiB).",
        f"Take machines with {need:.0f} GiB or more.",
    )


def _check_offload(setup: TrainingSetup, has: float, findings: Findings) -> None:
    without = total_gib(training_memory(replace(setup, offload=False)))
    if without <= has:
        findings.warning(
            "fsdp.cpu_offload",
            f"weights are kept in the CPU's memory, though they fit: {without:.1f} GiB "
            f"of {has:.1f} a GPU. It costs most of the speed.",
            "Set it to false.",
        )


def _ways(setup: TrainingSetup, hardware: Hardware) -> Iterator[str]:
    """Yields each single change with which a training recipe fits."""
    has = hardware.gpu.memory
    rows = (
        ("set training.enable_gradient_checkpointing: true", {"checkpointing": True}),
        (
            "set fsdp.enable_fsdp: true, with TRANSFORMER_BASED_WRAP",
            {"shards": setup.gpus, "whole_gather": False},
        ),
        (
            "set peft.q_lora: true, with bnb_4bit_quant_type: nf4",
            {"bits": 4, "checkpoint_is_float32": setup.shards == 1},
        ),
        ("set model.enable_liger_kernel: true", {"fused_loss": True}),
        (
            "set training.per_device_train_batch_size: 1",
            {"tokens": setup.tokens // setup.rows},
        ),
        ("halve model.model_max_length", {"tokens": setup.tokens // 2}),
    )
    for text, change in rows:
        changed = replace(setup, **change)
        if changed != setup and total_gib(training_memory(changed)) <= has:
            yield f"{text}."
    if not setup.rank:
        return
    for number in _NUMBERS:
        more = replace(setup, gpus=number, shards=number, whole_gather=False)
        more = replace(more, checkpoint_is_float32=False)
        if number > hardware.gpus and total_gib(training_memory(more)) <= has:
            yield f"take {number} such GPUs, sharded with FSDP."
            return


def _more_gpus(parts: list[MemoryPart], hardware: Hardware) -> Iterator[str]:
    """Yields how many GPUs serving takes."""
    has = hardware.gpu.memory * ServingSetup.share
    shared = sum(part.bytes for part in parts if "CUDA" not in part.name) / GIB
    own = total_gib(parts) - shared
    for number in _NUMBERS:
        if number > hardware.gpus and shared * hardware.gpus / number + own <= has:
            yield f"take {number} such GPUs (tensor parallel)."
            return
