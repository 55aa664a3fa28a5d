"""Fails unless a JSON object of metrics has the values asked for.

python .ci/at_least.py metrics.json intent_accuracy=80 unparsable=0..5
"""

import json
import pathlib
import sys

metrics = json.loads(pathlib.Path(sys.argv[1]).read_text())
for wanted in sys.argv[2:]:
    name, _, bounds = wanted.partition("=")
    low, _, high = bounds.partition("..")
    if not float(low) <= metrics[name] <= float(high or "inf"):
        sys.exit(f"{name} is {metrics[name]}, expected {bounds}")
