"""All benchmarks through `oumi evaluate` and a real server of a real, tiny model.

What it writes is nonsense, so that the scores say nothing; that every task runs to its end
through Oumi's engine and the server's chat template does.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.tiny_server import served_tiny_model, write_tiny_model

for needed in ("fastapi", "uvicorn", "openai"):
    pytest.importorskip(needed, reason="transformers serve needs it")

if importlib.util.find_spec("transformers.cli") is None:
    pytest.skip("transformers before 5 serves in another way", allow_module_level=True)

TASKS = {
    "snips_dst": {},
    "api_bank": {"level": [1, 2]},
    "bfcl_v3": {
        "categories": ["simple", "irrelevance", "multi_turn_base"],
        "per_category": 1,
        "prompt_style": "chat",
    },
    "cra_actions": {"limit": 1},
    "multiwoz24": {"slots": "omit", "example": False},
}
SAMPLES = {"snips_dst": 3, "api_bank": 3, "multiwoz24": 1}
CASES = {"snips_dst": 3, "api_bank": 3, "bfcl_v3": 3}


def recipe(model: Path, url: str, output: Path) -> dict[str, Any]:
    """Returns the evaluation of all tasks, a few cases each, on the embedded corpus."""
    return {
        "model": {"model_name": str(model), "model_max_length": 8192},
        "generation": {
            "max_new_tokens": 64,
            "temperature": 0.0,
            # An empty one makes this server answer with 500.
            "logit_bias": {"5": 0.0},
        },
        "inference_engine": "REMOTE_VLLM",
        "inference_remote_params": {
            "api_url": url,
            "num_workers": 2,
            "politeness_policy": 0.0,
            "connection_timeout": 300.0,
            "use_adaptive_concurrency": False,
        },
        "tasks": [
            {
                "evaluation_backend": "custom",
                "task_name": name,
                "num_samples": SAMPLES.get(name),
                "eval_kwargs": {**options, "on_missing": "embedded"},
            }
            for name, options in TASKS.items()
        ],
        "output_dir": str(output),
    }


@pytest.mark.slow
def test_all_tasks_run_through_a_real_server(
    repository: Path, checker_python: Path, tmp_path: Path
) -> None:
    model = write_tiny_model(tmp_path / "model")
    activation = repository / "coalm_oumi" / "activation"
    environment = os.environ | {
        "COALM_BFCL_PYTHON": str(checker_python),
        "OUMI_EXTRA_DEPS_FILE": str(activation / "coalm_oumi_plugin.txt"),
        "PYTHONPATH": os.pathsep.join([str(repository), str(activation)]),
    }
    path = tmp_path / "evaluate.yaml"
    with served_tiny_model(model) as url:
        path.write_text(yaml.safe_dump(recipe(model, url, tmp_path / "out")))
        done = subprocess.run(
            [
                *(sys.executable, "-c", "from oumi.cli.main import run; run()"),
                *("evaluate", "-c", str(path)),
            ],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=1500,
            check=False,
        )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    folders = {path.parent.name: path for path in tmp_path.glob("out/*/results.json")}
    assert {name.split("_gold")[0] for name in folders} == set(TASKS)
    for name, results in folders.items():
        told = json.loads(results.read_text())
        assert told["metrics"], name
        assert told["provenance"]["engine"] == "REMOTE_VLLM"
        assert told["provenance"]["endpoint"] == url
        assert told["provenance"]["tokens"]["completion"] > 0
        lines = (results.parent / "predictions.jsonl").read_text().splitlines()
        assert len(lines) == told["provenance"]["n"] or name not in CASES
        assert len(lines) == CASES.get(name, len(lines))
        assert len(lines) > 0
