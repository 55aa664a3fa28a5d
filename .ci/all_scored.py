"""Fails unless each task of an evaluation has a score over one case or more.

python .ci/all_scored.py output/smol_evaluation snips_dst bfcl_v3
"""

import json
import pathlib
import sys

folder, *tasks = sys.argv[1:]
for task in tasks:
    path = pathlib.Path(folder, task, "results.json")
    if not path.is_file():
        sys.exit(f"{task}: there is no {path}")
    metrics = json.loads(path.read_text())["metrics"]
    if not any(metric["n"] > 0 for metric in metrics.values()):
        sys.exit(f"{task}: no case was scored")
