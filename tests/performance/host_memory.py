"""Measures what each process takes of a machine's own memory while a model is loaded.

    python tests/performance/host_memory.py [--processes 2 4] [--layers 10]

Processes over gloo load a Llama (1.08 GiB in bf16 with ten layers) as `oumi train` does
under FSDP, with this package's corrections, in bf16 and in nf4, give it an adapter, and
share it out (FSDP2). A table gives the peak of each, above what it had before: memory that
it has written, and pages of the model's files that it looks at, which cost nothing while
another needs them not. Beside them what `coalm check` computes, and the same arithmetic for
the 405B. Here the device is the same memory: a process that is not the first has nothing
but what its GPU would hold, of which the largest unit and its shards are computed.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from coalm_oumi.planning.hardware import GIB
from coalm_oumi.planning.host_memory import loading_of_a_process
from coalm_oumi.planning.memory import TrainingSetup
from coalm_oumi.planning.model_shape import ModelShape, find_shape
from tests.planning.training_step import SEVEN, llama_config
from tests.recipes.launched import run_several

KINDS = {"bf16": 0, "nf4": 4}
"""Bits of a quantised weight, 0 for none."""


@dataclass
class Loading:
    """What loading took of a process, in bytes.

    Attributes:
        rank: The process.
        before: Memory that it had written before.
        written: Peak of what it wrote beside that.
        after: What of that was there in the end.
        mapped: Peak of the pages of files that it looked at.
        sharing: Peak of what it wrote while the model was shared out, with what it had.
        shared: What of that was there in the end.
    """

    rank: int
    before: int = 0
    written: int = 0
    after: int = 0
    mapped: int = 0
    sharing: int = 0
    shared: int = 0


def small_shape(layers: int) -> ModelShape:
    """Returns the dimensions of the model that is loaded."""
    return ModelShape(
        name="small",
        model_type="llama",
        hidden=2048,
        intermediate=7168,
        layers=layers,
        heads=16,
        kv_heads=4,
        head_dim=128,
        vocabulary=8000,
        context=4096,
        tied=False,
        qkv_bias=False,
    )


def setup_of(shape: ModelShape, bits: int, processes: int) -> TrainingSetup:
    """Returns how `coalm check` sees the loading."""
    return TrainingSetup(
        shape=shape,
        tokens=1,
        targets=SEVEN,
        bits=bits,
        nested=True,
        gpus=processes,
        shards=processes,
    )


def save_model(folder: Path, shape: ModelShape) -> None:
    """Saves random weights, in files as those of a large model."""
    import torch
    from transformers import LlamaForCausalLM

    with torch.device("meta"):
        model: Any = LlamaForCausalLM(llama_config(shape))
    model = model.to(torch.bfloat16).to_empty(device="cpu")
    for parameter in model.parameters():
        parameter.data.normal_(std=0.02)
    model.save_pretrained(folder, max_shard_size="300MB")


def _memory() -> tuple[int, int]:
    """Returns what this process has written, and what it looks at of files, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    found = dict(line.split(":", 1) for line in lines)
    written, files, shared = (
        int(found[name].split()[0]) * 1024
        for name in ("RssAnon", "RssFile", "RssShmem")
    )
    return written + shared, files


@contextmanager
def looked_at() -> Iterator[list[tuple[int, int]]]:
    """Looks at this process's memory every few milliseconds.

    Yields:
        What was seen: what it has written, and what it looks at of files, in bytes.
    """
    seen = [_memory()]
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(0.002):
            seen.append(_memory())

    watching = threading.Thread(target=look, daemon=True)
    watching.start()
    yield seen
    ended.set()
    watching.join()
    seen.append(_memory())


def share_out(model: Any) -> Any:
    """Shares a model out as the trainer does under FSDP2, and returns it."""
    import torch
    from accelerate import Accelerator, FullyShardedDataParallelPlugin

    from tests.recipes.fsdp_on_cpus import stand_in_for_gpus
    from tests.recipes.run_over_gloo import on_the_processor

    on_the_processor()
    stand_in_for_gpus()
    plugin = FullyShardedDataParallelPlugin(
        fsdp_version=2,
        auto_wrap_policy="transformer_based_wrap",
        transformer_cls_names_to_wrap=["LlamaDecoderLayer"],
        state_dict_type="SHARDED_STATE_DICT",
        cpu_ram_efficient_loading=True,
    )
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    accelerator = Accelerator(cpu=True, fsdp_plugin=plugin)
    return accelerator.prepare(model, torch.optim.AdamW(trained))[0]


def largest_unit(shape: ModelShape, bits: int) -> int:
    """Returns the bytes of the largest part of a model that is shared out at once."""
    layer = shape.linear_parameters // shape.layers
    return max(layer // 2 if bits else layer * 2, shape.vocabulary * shape.hidden * 2)


def load(folder: str, kind: str, output: str) -> None:
    """Loads the model in this process, one of several, and notes what that took."""
    os.environ["ACCELERATE_USE_FSDP"] = "true"
    os.environ["FSDP_CPU_RAM_EFFICIENT_LOADING"] = "true"
    import torch
    from oumi.builders import build_model, build_peft_model
    from oumi.core.configs import ModelParams, PeftParams

    import coalm_oumi.plugin  # noqa: F401 - corrects the libraries

    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo")
    params = ModelParams(model_name=folder, torch_dtype_str="bfloat16")
    peft = PeftParams(
        lora_r=16,
        lora_alpha=32,
        lora_target_modules=list(SEVEN),
        q_lora=bool(KINDS[kind]),
        bnb_4bit_quant_type="nf4",
        use_bnb_nested_quant=True,
        bnb_4bit_compute_dtype="bfloat16",
        bnb_4bit_quant_storage="bfloat16",
    )
    loading = Loading(torch.distributed.get_rank())
    with looked_at() as seen:
        model: Any = build_model(params, peft_params=peft)
        model = build_peft_model(model, False, peft)
        time.sleep(0.02)
    loading.before = before = seen[0][0]
    loading.written = max(written for written, _ in seen) - before
    loading.after = seen[-1][0] - before
    loading.mapped = max(files for _, files in seen) - seen[0][1]
    torch.distributed.barrier()
    with looked_at() as seen:
        model = share_out(model)
        gc.collect()
    loading.sharing = max(written for written, _ in seen) - before
    loading.shared = seen[-1][0] - before
    path = Path(output) / f"{loading.rank}.json"
    path.write_text(json.dumps(asdict(loading)))
    del model


def measured(folder: Path, kind: str, processes: int) -> list[Loading]:
    """Returns what loading a model took of each of several processes."""
    # As weights of a large model are: each in pages of its own, which are given back.
    os.environ["MALLOC_MMAP_THRESHOLD_"] = str(2**20)
    with tempfile.TemporaryDirectory() as output:
        ended = run_several(processes, Path(__file__), "--load", folder, kind, output)
        if ended.returncode:
            raise RuntimeError(ended.stderr[-4000:].decode())
        files = [Path(output) / f"{rank}.json" for rank in range(processes)]
        return [Loading(**json.loads(file.read_text())) for file in files]


def gib(size: float) -> str:
    return f"{size / GIB:.2f}"


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, nargs="+", default=[2, 4])
    parser.add_argument("--kinds", choices=KINDS, nargs="+", default=list(KINDS))
    parser.add_argument("--layers", type=int, default=10)
    parser.add_argument("--load", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.load:
        load(*options.load)
        return
    large = find_shape("meta-llama/Llama-3.1-405B-Instruct")
    assert large is not None
    print(
        "GiB of each process: before; loading: peak, in the end, computed; files; "
        "405B computed; sharing out: peak, in the end, largest unit"
    )
    with tempfile.TemporaryDirectory() as folder:
        save_model(Path(folder), small_shape(options.layers))
        for kind in options.kinds:
            bits = KINDS[kind]
            for processes in options.processes:
                small = setup_of(small_shape(options.layers), bits, processes)
                big = setup_of(large, bits, processes)
                unit = largest_unit(small.shape, bits)
                for found in measured(Path(folder), kind, processes):
                    first = found.rank == 0
                    own = loading_of_a_process(small, first=first)
                    more = loading_of_a_process(big, first=first)
                    print(
                        f"{kind} {found.rank + 1} of {processes}: {gib(found.before)}; "
                        f"{gib(found.written)} {gib(found.after)} {gib(own)}; "
                        f"{gib(found.mapped)}; "
                        f"{more / GIB:.0f}; {gib(found.sharing)} "
                        f"{gib(found.shared)} {gib(unit)}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
