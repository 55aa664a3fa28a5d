"""How long `coalm score` takes as a whole process, from its start to the printed metrics.

    COALM_DATA_DIR=... python tests/performance/scoring.py

Scores the right answers to all of API-Bank, of BFCL's categories that are compared as
syntax trees, and of its multi-turn categories. Beside the seconds stands the time that
they may take on 4 cores. Its checker's environment is there already
(`COALM_BFCL_PYTHON`), or is made before the clock starts.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from coalm_oumi.benchmarks.api_bank import load_api_bank
from coalm_oumi.benchmarks.bfcl.categories import GROUPS
from coalm_oumi.benchmarks.bfcl.environment import ensure_environment
from coalm_oumi.benchmarks.bfcl.gold import gold_prediction
from coalm_oumi.benchmarks.bfcl.load import load_bfcl

_COALM = "from coalm_oumi.cli import main; main()"
_ALLOWED = {"api_bank": 10.0, "ast": 60.0, "multi_turn": 120.0}


def predictions(part: str) -> list[dict[str, object]]:
    """Returns the right answer to each case of a part."""
    if part == "api_bank":
        return [{"id": c.id, "prediction": c.label} for c in load_api_bank().cases]
    cases = load_bfcl(categories=GROUPS[part]).cases
    return [{"id": c.id, "prediction": gold_prediction(c)} for c in cases]


def measured(part: str, folder: Path) -> tuple[int, float, float]:
    """Returns the number of cases, the seconds, and the processor's seconds."""
    rows = predictions(part)
    path = folder / f"{part}.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    task = "api_bank" if part == "api_bank" else "bfcl_v3"
    command = [sys.executable, "-c", _COALM, "score", task, "--json"]
    if part != "api_bank":
        command += ["--split", part]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    done = subprocess.run(
        [*command, "--predictions", str(path)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
        capture_output=True,
        text=True,
    )
    took = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert json.loads(done.stdout)["n"] == len(rows)
    processor = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    return len(rows), took, processor


def main() -> None:
    """Prints the seconds of each part."""
    ensure_environment()
    with tempfile.TemporaryDirectory() as folder:
        for part, allowed in _ALLOWED.items():
            n, took, processor = measured(part, Path(folder))
            print(
                f"{part}: {n} cases in {took:.1f} s ({processor:.1f} s of processor "
                f"time), {100 * took / allowed:.0f} % of the {allowed:.0f} s allowed",
                flush=True,
            )


if __name__ == "__main__":
    main()
