"""What training takes of a machine's own memory, in bytes, part by part.

At its peak, while the model is loaded or a checkpoint written: Oumi has made the tokens
before that. Each part, and where it is seen:

- **processes**: Python, torch and CUDA's libraries. Assumed: 3 GiB; without CUDA 0.6 GiB
  (`tests/performance/host_memory.py`).
- **loader workers**: `dataloader_num_workers` forks of each process, which share its pages
  until they write to them. Assumed: 0.3 GiB each.
- **samples and tokens**: the tokens with their two masks, 6 bytes each
  (`datasets/sft/tokenizing.py`). Where a machine has one process, or GRPO draws replies,
  the text of all samples stands beside them in Arrow columns, 4.5 bytes a token, in each
  process; else all processes map one file (`datasets/sft/shared_tokens.py`).
- **model, loaded or saved**. Under FSDP one copy on each machine: its first process
  reads the weights, the others are sent them (transformers' `is_local_dist_rank_0`,
  `training/sharded.py`). 4-bit weights are quantised one by one, and the packed ones kept.
  A bf16 model is pages of its files at first, which cost nothing until they are read; but
  the same copy is there while a checkpoint is written: accelerate offloads the shards of
  all weights, the base's too, before PEFT picks its own (`get_peft_model_state_dict`).
- **a weight at a time**: without FSDP each process reads the file's mapped pages straight
  into its GPU (Oumi's `device_map`); pages of the file are given back when memory is short.
- **float32 copies of what is not quantised**: PEFT's `prepare_model_for_kbit_training`,
  which Oumi calls for QLoRA, makes embedding, output layer and norms float32, in each
  process; Oumi makes them bf16 again later. Without FSDP they lie on the GPU.
- **adapter**: PEFT makes it in float32 in each process, before FSDP shards it. Without
  FSDP it lies on the GPU.
- **shards kept here** (`fsdp.cpu_offload`): weights, adapter, gradients and optimiser.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from coalm_oumi.planning.hardware import GIB
from coalm_oumi.planning.memory import (
    FLOAT32_BYTES,
    MemoryPart,
    TrainingSetup,
    scale_bytes,
    trained_parameters,
    training_memory,
    weight_bytes,
)

_PROCESS = 3.0 * GIB
_WORKER = 0.3 * GIB
_TOKEN_BYTES, _TEXT_BYTES = 6, 4.5
_KEPT_ON_GPU = ("weights", "adapter", "optimiser", "gradients")


@dataclass(frozen=True)
class HostSetup:
    """A training recipe on one machine, as far as the machine's own memory goes.

    Attributes:
        training: What each GPU is to do.
        processes: Training processes of the machine, one a GPU.
        workers: Loader workers of each process.
        tokens: Tokens of all datasets; 0 if that is not known.
    """

    training: TrainingSetup
    processes: int = 1
    workers: int = 0
    tokens: int = 0


def host_memory(setup: HostSetup) -> list[MemoryPart]:
    """Returns what training takes of a machine's memory at its peak."""
    training, processes = setup.training, setup.processes
    sharded = training.shards > 1
    each = {
        "processes": _PROCESS,
        "loader workers": setup.workers * _WORKER,
        "float32 copies of what is not quantised": (
            _unquantised(training) * FLOAT32_BYTES if sharded and training.bits else 0
        ),
        "adapter": (
            trained_parameters(training) * FLOAT32_BYTES
            if sharded and training.rank
            else 0
        ),
    }
    parts = {name: processes * size for name, size in each.items()}
    parts["samples and tokens"] = _samples(setup)
    if sharded:
        parts["model, loaded or saved"] = _model(training)
    else:
        largest = training.shape.vocabulary * training.shape.hidden
        parts["a weight at a time"] = processes * largest * training.dtype_bytes
    if training.offload:
        here = training_memory(replace(training, offload=False))
        kept = sum(part.bytes for part in here if part.name in _KEPT_ON_GPU)
        parts["shards kept here"] = processes * kept
    return [MemoryPart(name, round(size)) for name, size in parts.items() if size]


def _samples(setup: HostSetup) -> float:
    if setup.processes > 1 and not setup.training.drawn_tokens:
        return setup.tokens * _TOKEN_BYTES
    return setup.processes * setup.tokens * (_TOKEN_BYTES + _TEXT_BYTES)


def _unquantised(training: TrainingSetup) -> int:
    return training.shape.parameters - training.shape.linear_parameters


def _model(training: TrainingSetup) -> float:
    """The copy of a machine's first process."""
    if not training.bits:
        return weight_bytes(training)
    # The scales are on the GPUs, what is not quantised counts as float32 copies.
    return training.shape.linear_parameters * training.bits / 8


def loading_of_a_process(training: TrainingSetup, *, first: bool) -> float:
    """Returns what loading adds to one process under FSDP, scales in host memory.

    As on a machine without GPUs, where the scales have no other place: what
    `tests/performance/host_memory.py` measures.

    Args:
        training: What is loaded; `shards` from 2.
        first: Whether it is the first process of its machine.
    """
    own = trained_parameters(training) * FLOAT32_BYTES if training.rank else 0
    if training.bits:
        own += _unquantised(training) * FLOAT32_BYTES + scale_bytes(training)
    return own + (_model(training) if first else 0)
