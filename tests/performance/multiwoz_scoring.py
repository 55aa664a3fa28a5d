"""Measures scoring MultiWOZ predictions, beside mwzeval where a checkout of it is given.

    python tests/performance/multiwoz_scoring.py DATA_DIR PREDICTIONS.json.gz \
        [--mwzeval CHECKOUT --python PYTHON --goals GOALS.json]

DATA_DIR holds `multiwoz24/`. The peer is Tomiinek/MultiWOZ_Evaluation 7f19ee0 (Inform and
Success only), run by a Python that has its requirements: fuzzywuzzy is GPL and stays in
an environment of its own. Its snapshot may lack `mwzeval/data/goals.json`; GOALS.json is
put in its place. Seconds are CPU time of one process. Budget: 4 s for 1,000 dialogues.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

BUDGET = 4.0
# One core: numpy's other threads would wait for work, and be counted.
os.environ["OMP_NUM_THREADS"] = "1"

PEER = """
import gzip, json, sys, time
sys.path.insert(0, sys.argv[1])
from mwzeval.metrics import Evaluator
predictions = json.loads(gzip.open(sys.argv[2]).read())
evaluator = Evaluator(bleu=False, success=True, richness=False)
start = time.process_time()
found = evaluator.evaluate(predictions)["success"]
seconds = time.process_time() - start
rates = {name: found[name]["total"] for name in ("inform", "success")}
print(json.dumps({**rates, "seconds": seconds}))
"""


def measure_ours(data: Path, predictions: Path) -> dict[str, float]:
    """Reads and scores the predictions, intervals included."""
    from coalm_oumi.benchmarks.multiwoz import load_multiwoz, read_predictions, score

    start = time.process_time()
    loaded = load_multiwoz(data=data / "multiwoz24", on_missing="error")
    found = {"load_seconds": time.process_time() - start}
    known = {key: len(d.turns) for key, d in loaded.dialogues.items()}
    expected = {key: known[key] for key in loaded.test_ids}
    start = time.process_time()
    scores = score(loaded, read_predictions(predictions, expected, known=known))
    found["seconds"] = time.process_time() - start
    for name in ("inform", "success"):
        found[name] = round(scores.metrics[name].value, 1)
    return found


def measure_peer(
    checkout: Path, python: str, goals: Path | None, predictions: Path
) -> dict[str, float]:
    """Lets mwzeval score the same predictions."""
    if goals is not None:
        shutil.copyfile(goals, checkout / "mwzeval" / "data" / "goals.json")
    done = subprocess.run(
        [python, "-c", PEER, str(checkout), str(predictions)],
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Prints both measurements; fails over budget or where the rates differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("predictions", type=Path)
    parser.add_argument("--mwzeval", type=Path)
    parser.add_argument("--python", default="python")
    parser.add_argument("--goals", type=Path)
    chosen = parser.parse_args()
    ours = measure_ours(chosen.data, chosen.predictions)
    print("ours:", json.dumps(ours))
    if chosen.mwzeval is not None:
        peer = measure_peer(
            chosen.mwzeval, chosen.python, chosen.goals, chosen.predictions
        )
        print("mwzeval:", json.dumps(peer))
        if any(ours[name] != peer[name] for name in ("inform", "success")):
            raise SystemExit("the rates differ")
    if ours["seconds"] > BUDGET:
        raise SystemExit(f"over the budget of {BUDGET} s")


if __name__ == "__main__":
    main()
