"""Measures what the tokens of a data set take of each process of a machine.

    COALM_DATA_DIR=... python tests/performance/shared_tokens.py [--dataset coalm/cra]

Four processes make a data set, as torchrun's on a machine of four GPUs do, sharing its
tokens (`datasets/sft/shared_tokens.py`); then one for itself. A line a process: its
memory after reading all tokens once, beside what it had before, apart in what it alone has
written and what it looks at of files, which all have in common; the peak of the first; and
the processor time it took.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).resolve().parents[2]
MIB = 1024**2


def memory(field: str) -> int:
    """Returns a figure of /proc/self/status, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(dict(line.split(":", 1) for line in lines)[field].split()[0]) * 1024


def measure_one(name: str, arguments: dict[str, Any]) -> dict[str, float]:
    """Makes a data set, reads all its tokens, and returns what that took."""
    from datasets import Dataset
    from transformers import AutoTokenizer

    from coalm_oumi.datasets.sft.part_dataset import dataset_classes

    (kind,) = (kind for kind in dataset_classes() if kind.default_dataset == name)
    tokenizer = AutoTokenizer.from_pretrained(
        ROOT / "tests/assets/tiny_llama", model_max_length=4096
    )
    written, files = memory("RssAnon"), memory("RssFile")
    began = time.process_time()
    rows = cast(Dataset, kind(tokenizer=tokenizer, **arguments).to_hf())
    tokens = sum(len(row) for row in rows["input_ids"])
    return {
        "rows": len(rows),
        "tokens": tokens,
        "written": (memory("RssAnon") - written) / MIB,
        "peak": (memory("VmHWM") - written - files) / MIB,
        "files": (memory("RssFile") - files) / MIB,
        "seconds": time.process_time() - began,
    }


def measure_all(processes: int, share: bool, arguments: list[str]) -> None:
    """Prints what each of several processes took."""
    with tempfile.TemporaryDirectory() as cache:
        variables = {
            **os.environ,
            "HF_DATASETS_CACHE": cache,
            "LOCAL_WORLD_SIZE": str(processes if share else 1),
            "PYTHONPATH": str(ROOT),
        }
        variables.pop("OUMI_EXTRA_DEPS_FILE", None)
        running = [
            subprocess.Popen(
                [sys.executable, __file__, "--one", *arguments],
                env={**variables, "LOCAL_RANK": str(rank)},
                stdout=subprocess.PIPE,
                text=True,
            )
            for rank in range(processes)
        ]
        for process in running:
            line = process.communicate()[0].splitlines()[-1]
            one = {name: round(value, 1) for name, value in json.loads(line).items()}
            print("shared" if share else "alone ", one, flush=True)
        for file in Path(cache).rglob("*.arrow"):
            print(f"the file: {file.stat().st_size / MIB:.0f} MiB")


def main() -> None:
    """Measures, by the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--dataset", default="coalm/cra")
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--options", default="{}", help="of the data set, as JSON")
    parser.add_argument("--one", action="store_true", help="this process only")
    given = parser.parse_args()
    if given.one:
        found = measure_one(given.dataset, json.loads(given.options))
        print(json.dumps(found))
        return
    arguments = ["--dataset", given.dataset, "--options", given.options]
    measure_all(given.processes, True, arguments)
    measure_all(1, False, arguments)


if __name__ == "__main__":
    main()
