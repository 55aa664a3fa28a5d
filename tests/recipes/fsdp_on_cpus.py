"""Lets FSDP as accelerate drives it run on CPUs, over gloo.

Torch's FSDP knows CPUs; accelerate asks for CUDA, and FSDP1 for CUDA's streams. Stood in
for here: what asks whether there is a GPU, and streams and events, which on a CPU are
nothing, since each operation has ended when its call returns. All that shards, gathers,
saves and loads is torch's own.
"""

from __future__ import annotations

import contextlib
from typing import Any

import accelerate.state
import accelerate.utils.dataclasses
import torch
import torch.distributed.fsdp._flat_param as flat_param
import torch.distributed.fsdp._init_utils as init_utils
from accelerate.utils import DistributedType


class Event:
    """An event that has always happened."""

    def __init__(self, *_: Any, **__: Any) -> None: ...

    def record(self, *_: Any) -> None:
        """Does nothing, as do the others."""

    synchronize = wait = record

    def query(self) -> bool:
        """Returns True."""
        return True


class Stream:
    """A stream whose work is always done."""

    priority = 0

    def __init__(self, *_: Any, **__: Any) -> None: ...

    def wait_stream(self, *_: Any) -> None:
        """Does nothing, as do the others."""

    wait_event = synchronize = wait_stream

    def record_event(self, *_: Any) -> Event:
        """Returns an event that has happened."""
        return Event()


def stand_in_for_gpus() -> None:
    """Makes accelerate and FSDP take CPUs for GPUs, in this process."""
    accelerate.utils.dataclasses.is_cuda_available = lambda: True
    torch.cuda.current_device = lambda: torch.device("cpu")  # type: ignore[assignment]
    _take_cpus_for_gpus()
    cpu: Any = torch.cpu
    cpu.Event = Event
    cpu.Stream = Stream
    cpu.current_stream = Stream
    cpu.stream = lambda _: contextlib.nullcontext()
    cpu.empty_cache = lambda: None
    cpu.get_device_properties = lambda *_: None
    cpu.get_device_name = lambda *_: "cpu"
    torch.Tensor.record_stream = lambda *_: None  # type: ignore[assignment]
    accelerator: Any = torch.accelerator
    accelerator.current_stream = Stream
    # It wants weights on a GPU; and a shard to leave it, which it has never reached.
    init_utils._check_module_states_for_sync_module_states = lambda *_, **__: None
    handle: Any = flat_param.FlatParamHandle
    handle.to_cpu = lambda _: contextlib.nullcontext()


def _take_cpus_for_gpus() -> None:
    initialise = accelerate.state.PartialState.__init__

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        initialise(self, *args, **kwargs)
        if self.__dict__.get("distributed_type") == DistributedType.MULTI_CPU:
            self.distributed_type = DistributedType.MULTI_GPU

    accelerate.state.PartialState.__init__ = __init__
