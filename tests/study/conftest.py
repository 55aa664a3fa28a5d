"""A study of a model that is there and one that is trained, in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

TRAIN = {
    "model": {"model_name": "smallest"},
    "data": {
        "train": {
            "datasets": [
                {"dataset_name": "coalm/snips_dst"},
                {"dataset_name": "somebody/else"},
            ]
        }
    },
    "training": {"max_steps": 40},
}
EVALUATE = {
    "model": {"model_name": "another"},
    "tasks": [
        {"evaluation_backend": "custom", "task_name": "snips_dst", "num_samples": 3},
        {
            "evaluation_backend": "custom",
            "task_name": "multiwoz24",
            "eval_kwargs": {"example": False},
        },
        {"evaluation_backend": "custom", "task_name": "bfcl_v3"},
    ],
    "output_dir": "elsewhere",
}
STUDY: dict[str, Any] = {
    "models": {
        "base": {"model": "smallest"},
        "tuned": {"train": "train.yaml", "seeds": [1, 2]},
        "without": {"train": "other.yaml", "seeds": [1]},
    },
    "evaluate": "evaluate.yaml",
    "passes": [
        {"seeds": 1, "cases": {"snips_dst": 2, "multiwoz24 dst_prompt": 1}},
        {"cases": {"snips_dst": 4, "multiwoz24 dst_prompt": 1}},
    ],
    "output": "study",
}
Written = Callable[[dict[str, Any]], Path]


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Written:
    """Writes a study's configuration into the working folder, beside what it names."""
    monkeypatch.chdir(tmp_path)
    Path("smallest").mkdir()
    Path("smallest/config.json").write_text("{}")
    for name, content in (
        ("train.yaml", TRAIN),
        ("other.yaml", {**TRAIN, "training": {"max_steps": 41}}),
        ("evaluate.yaml", EVALUATE),
    ):
        Path(name).write_text(yaml.safe_dump(content))

    def write(content: dict[str, Any]) -> Path:
        path = Path("study.yaml")
        path.write_text(yaml.safe_dump(content, sort_keys=False))
        return path

    return write
