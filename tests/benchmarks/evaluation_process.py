"""`oumi evaluate` of `recipes/endpoint_evaluate.yaml` as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_OUMI = "from oumi.cli.main import run; run()"


@dataclass(frozen=True)
class Evaluation:
    """What is run, and where.

    Attributes:
        repository: The checkout.
        data: A folder with the sources.
        checker: The interpreter of BFCL's checker.
        url: The endpoint.
        output: Where results go.
        model: The model's name.
    """

    repository: Path
    data: Path
    checker: Path
    url: str
    output: Path
    model: str = "stub"

    def start(self, *fields: str) -> subprocess.Popen[str]:
        """Starts it, with these fields of the recipe changed as well."""
        activation = self.repository / "coalm_oumi" / "activation"
        environment = os.environ | {
            "COALM_DATA_DIR": str(self.data),
            "COALM_BFCL_PYTHON": str(self.checker),
            "OUMI_EXTRA_DEPS_FILE": str(activation / "coalm_oumi_plugin.txt"),
            "PYTHONPATH": os.pathsep.join([str(self.repository), str(activation)]),
        }
        recipe = self.repository / "recipes" / "endpoint_evaluate.yaml"
        return subprocess.Popen(
            [
                *(sys.executable, "-c", _OUMI, "evaluate", "-c", str(recipe)),
                *("--model.model_name", self.model),
                *("--inference_remote_params.api_url", self.url),
                *("--output_dir", str(self.output)),
                *fields,
            ],
            env=environment,
            cwd=self.output.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def finish(self, *fields: str) -> str:
        """Runs it to its end, which has to be a good one; returns what it printed."""
        process = self.start(*fields)
        try:
            printed, _ = process.communicate(timeout=600)
        finally:
            process.kill()
        assert process.returncode == 0, printed[-4000:]
        return printed

    def results(self, task: str) -> dict[str, Any]:
        """Returns what a task left."""
        path = self.output / task / "results.json"
        return json.loads(path.read_text(encoding="utf-8"))

    def predictions(self, task: str) -> bytes:
        """Returns the replies that a task stored."""
        return (self.output / task / "predictions.jsonl").read_bytes()
