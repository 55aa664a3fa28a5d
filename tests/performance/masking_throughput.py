"""Measures reading and masking at full size: 67,500 rows, 202,500 samples.

    python tests/performance/masking_throughput.py [--rows 67500] [--workers 1]

The rows are the embedded corpus, drawn larger. Each measurement is a process of its
own, as a peak of memory cannot be taken back. Budgets: 60 s and 1.5 GB for reading and
masking together; the dataset's peak, with Oumi and PyTorch themselves, is reported.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent
SECONDS, MEGABYTES = 60, 1500
CALLS, IRRELEVANT = (
    "xlam/xlam_function_calling_60k.json",
    "xlam/xlam-7.5k-irrelevancek.json",
)


def peak_mb() -> int:
    """The peak memory of this process, in megabytes of 1,000,000 bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1_000_000 if sys.platform == "darwin" else peak * 1024 // 1_000_000


def measure_masking(root: Path, workers: int) -> dict[str, float]:
    """Reads all rows, then masks them, one sample at a time."""
    from coalm_oumi.datasets.hammer_masked import (
        MaskingOptions,
        function_calling_samples,
    )
    from coalm_oumi.sources import read_xlam

    start = time.perf_counter()
    rows = (row for file in (CALLS, IRRELEVANT) for row in read_xlam(root / file))
    found = {"rows": sum(1 for _ in rows)}
    found |= {"read_s": time.perf_counter() - start, "read_peak_mb": peak_mb()}
    start = time.perf_counter()
    rows = (row for file in (CALLS, IRRELEVANT) for row in read_xlam(root / file))
    samples = function_calling_samples(rows, MaskingOptions(), workers=workers)
    found["samples"] = sum(1 for _ in samples)
    found["read_and_mask_s"] = time.perf_counter() - start
    return found | {"read_and_mask_peak_mb": peak_mb()}


def measure_dataset(root: Path, workers: int) -> dict[str, float]:
    """Loads `coalm/hammer_masked` without a tokenizer."""
    from coalm_oumi.datasets import HammerMaskedDataset

    before = peak_mb()
    start = time.perf_counter()
    dataset = HammerMaskedDataset(
        dataset_path=str(root / CALLS), irrelevance_path=str(root / IRRELEVANT)
    )
    return {
        "samples": len(dataset),
        "load_s": time.perf_counter() - start,
        "imports_peak_mb": before,
        "peak_mb": peak_mb(),
    }


MEASUREMENTS = {"masking": measure_masking, "dataset": measure_dataset}


def in_a_process(name: str, root: Path, workers: int) -> dict[str, float]:
    """Runs one of `MEASUREMENTS` in a process of its own."""
    command = [sys.executable, __file__, "--measure", name, "--root", str(root)]
    paths = (str(REPOSITORY), os.environ.get("PYTHONPATH", ""))
    printed = subprocess.run(
        [*command, "--workers", str(workers)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return json.loads(printed.stdout.splitlines()[-1])


def main() -> int:
    """Prints the measurements; exits with 1 if a budget is exceeded."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n")[0])
    parser.add_argument("--rows", type=int, default=67_500)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--measure", choices=MEASUREMENTS, help=argparse.SUPPRESS)
    parser.add_argument("--root", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        found = MEASUREMENTS[options.measure](options.root, options.workers)
        print(json.dumps(found))
        return 0
    sys.path.insert(0, str(REPOSITORY))
    from tests.corpus.generator import make as corpus

    irrelevant = options.rows // 9
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        corpus.generate(root, calls=options.rows - irrelevant, irrelevant=irrelevant)
        masking, dataset = (
            in_a_process(name, root, options.workers) for name in MEASUREMENTS
        )
    for name, found in (("masking", masking), ("dataset", dataset)):
        for measure, value in found.items():
            print(f"{name:8} {measure:22} {value:12,.1f}")
    rate = masking["samples"] / masking["read_and_mask_s"]
    print(f"masking  samples/s              {rate:12,.1f}")
    slow = masking["read_and_mask_s"] > SECONDS
    large = masking["read_and_mask_peak_mb"] > MEGABYTES
    verdict = "EXCEEDED" if slow or large else "kept"
    print(f"budgets  {SECONDS} s, {MEGABYTES} MB: {verdict}")
    return int(slow or large)


if __name__ == "__main__":
    sys.exit(main())
