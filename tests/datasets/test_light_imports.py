"""Reading data and making samples needs no library beyond Python's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

HEAVY = {
    "torch",
    "oumi",
    "transformers",
    "datasets",
    "numpy",
    "pandas",
    "pyarrow",
    "requests",
    "pydantic",
    "yaml",
    "rich",
    "jieba",
    "nltk",
    "matplotlib",
    "jinja2",
}

SCRIPT = """
import json, sys
import coalm_oumi.embedded, coalm_oumi.cra.read.sample_rows, coalm_oumi.cra.samples
import coalm_oumi.calls, coalm_oumi.sources, coalm_oumi.datasets.parts
import coalm_oumi.benchmarks.multiwoz
import coalm_oumi.evaluation.conductor, coalm_oumi.evaluation.report
import coalm_oumi.benchmarks.api_bank
import coalm_oumi.benchmarks.cra_actions
from coalm_oumi.benchmarks.registry import BENCHMARKS, get_benchmark
for name in BENCHMARKS:
    get_benchmark(name).published
print(json.dumps(sorted(sys.modules)))
"""


def test_the_light_packages_load_nothing_heavy(repository: Path) -> None:
    printed = subprocess.run(
        [
            sys.executable,
            "-c",
            SCRIPT,
        ],
        env=os.environ | {"PYTHONPATH": str(repository)},
        check=True,
        capture_output=True,
        text=True,
    )
    loaded = set(json.loads(printed.stdout))
    assert "coalm_oumi.datasets.parts" in loaded
    assert loaded & HEAVY == set()
