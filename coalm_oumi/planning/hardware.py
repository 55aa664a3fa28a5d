"""What a recipe runs on: `8xH100-80GB`, or `2x8xH100-80GB` for two such machines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from coalm_oumi.errors import OptionError, expected_one_of

GIB = 2**30


@dataclass(frozen=True)
class GpuModel:
    """A graphics card.

    Attributes:
        name: Its name and nominal memory.
        memory: What a process can use, in GiB.
        teraflops: Dense bf16 peak of its data sheet, in 1e12 operations a second; of
            float16, where it has no bf16.
        host: The machine's own memory for each GPU, in GiB.
        bf16: Whether it computes in bf16.
    """

    name: str
    memory: float
    teraflops: float
    host: float
    bf16: bool = True


GPUS: Mapping[str, GpuModel] = {
    gpu.name: gpu
    for gpu in (
        GpuModel("B200-180GB", 178.0, 2250.0, 256.0),
        GpuModel("H200-141GB", 139.8, 989.0, 256.0),
        GpuModel("H100-80GB", 79.1, 989.0, 218.0),
        GpuModel("A100-80GB", 79.1, 312.0, 158.0),
        GpuModel("A100-40GB", 39.4, 312.0, 79.0),
        GpuModel("L40S-48GB", 44.4, 362.0, 192.0),
        GpuModel("RTX4090-24GB", 23.5, 165.0, 32.0),
        GpuModel("L4-24GB", 22.0, 121.0, 29.0),
        GpuModel("V100-32GB", 31.7, 125.0, 96.0, bf16=False),
        GpuModel("T4-16GB", 14.6, 65.0, 16.0, bf16=False),
    )
}
"""Known cards; memory as torch reports it, peaks from NVIDIA's data sheets.

A machine's own memory is that of the smallest common one with eight of them, by its
seller's page: Google a3-highgpu-8g (1,872 GB), a2-ultragpu-8g (1,360 GB), a2-highgpu-8g
(680 GB), g2-standard-8 with one L4 (32 GB); Amazon p5en and p6-b200 (2,048 GiB),
g6e.48xlarge (1,536 GiB), p3dn.24xlarge (768 GiB), g4dn.xlarge with one T4 (16 GiB).
NVIDIA's DGX H100 has 2 TB. RTX 4090: assumed of a desktop.
"""


@dataclass(frozen=True)
class Hardware:
    """Machines with GPUs of one kind.

    Attributes:
        nodes: Machines.
        gpus_per_node: GPUs of each.
        gpu: Their kind.
    """

    nodes: int
    gpus_per_node: int
    gpu: GpuModel

    @property
    def gpus(self) -> int:
        """GPUs of all machines."""
        return self.nodes * self.gpus_per_node

    @property
    def host_memory(self) -> float:
        """Memory of each machine, in GiB."""
        return self.gpus_per_node * self.gpu.host

    def __str__(self) -> str:
        """Returns the form that `parse_hardware` reads."""
        nodes = f"{self.nodes}x" if self.nodes > 1 else ""
        return f"{nodes}{self.gpus_per_node}x{self.gpu.name}"


def parse_hardware(text: str) -> Hardware:
    """Reads `8xH100-80GB` or `2x8xH100-80GB`; a bare name is one GPU.

    Raises:
        OptionError: It has another form, or the GPU is not known.
    """
    found = re.fullmatch(
        r"(?:(?:(\d{1,4})x)?(\d{1,3})x)?([A-Za-z][\w-]*)", text.strip()
    )
    if found is None or "0" in (found[1], found[2]):
        raise OptionError(
            f"'{text}' has another form than 8xH100-80GB, or 2x8xH100-80GB for two "
            "machines.",
            field="--hardware",
        )
    names = {name.lower(): gpu for name, gpu in GPUS.items()}
    gpu = names.get(found[3].lower())
    if gpu is None:
        raise OptionError(expected_one_of(found[3], tuple(GPUS)), field="--hardware")
    return Hardware(int(found[1] or 1), int(found[2] or 1), gpu)
