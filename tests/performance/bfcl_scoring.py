"""How long it takes to score all of BFCL V3, beside upstream's own command.

    COALM_BFCL_FULL_PYTHON=... python tests/performance/bfcl_scoring.py

Scores the right answers to the 4,441 cases that bfcl-eval brings, part by part. The peer
is `bfcl evaluate`, in the environment whose interpreter COALM_BFCL_FULL_PYTHON names; it
runs in one process, and evaluates the model's text there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from coalm_oumi.benchmarks.bfcl.categories import GROUPS
from coalm_oumi.benchmarks.bfcl.gold import gold_prediction
from coalm_oumi.benchmarks.bfcl.load import BfclCase
from coalm_oumi.benchmarks.bfcl.run import prepare_run

MODEL = "uiuc-convai/CoALM-8B"


def ours(part: str) -> tuple[float, tuple[BfclCase, ...]]:
    """Returns the seconds for a part of the cases, and these."""
    run = prepare_run(GROUPS[part], "checker")
    predictions = {case.id: gold_prediction(case) for case in run.data.cases}
    begun = time.perf_counter()
    run.score(predictions)
    return time.perf_counter() - begun, run.data.cases


def theirs(python: Path, part: str, cases: tuple[BfclCase, ...]) -> float:
    """Returns the seconds that `bfcl evaluate` takes for the same."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "result" / MODEL.replace("/", "_")
        results.mkdir(parents=True)
        for category in GROUPS[part]:
            lines = [
                json.dumps({"id": case.id, "result": gold_prediction(case)})
                for case in cases
                if case.category == category
            ]
            path = results / f"BFCL_v3_{category}_result.json"
            path.write_text("\n".join(lines), encoding="utf-8")
        command = [str(python.with_name("bfcl")), "evaluate", "--model", MODEL]
        begun = time.perf_counter()
        subprocess.run(
            [*command, "--test-category", ",".join(GROUPS[part])],
            env=os.environ | {"BFCL_PROJECT_ROOT": folder},
            cwd=folder,
            check=True,
            capture_output=True,
        )
        return time.perf_counter() - begun


def main() -> None:
    """Prints the seconds of both."""
    full = os.environ.get("COALM_BFCL_FULL_PYTHON")
    for part in ("single_turn", "multi_turn"):
        seconds, cases = ours(part)
        line = f"{part}: {len(cases)} cases, coalm {seconds:.1f} s"
        if full:
            line += f", bfcl evaluate {theirs(Path(full), part, cases):.1f} s"
        print(line)


if __name__ == "__main__":
    main()
