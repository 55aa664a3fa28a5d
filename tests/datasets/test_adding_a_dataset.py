"""The README's "How to add a dataset", executed as it stands there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from coalm_oumi.datasets.parts import ENTRY_POINTS

REPOSITORY = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"```(?:python|toml)\n# (\S+)[^\n]*\n(.*?)```", re.DOTALL)
ROWS = [
    {"text": f"A bus to {place} at {hour}", "state": {"to": place, "at": str(hour)}}
    for place in ("Ely", "Rye", "Bath", "Hythe")
    for hour in range(6, 22)
]
TOKENS = """
import json, sys
from oumi.builders import build_tokenizer
from oumi.core.configs import ModelParams
from oumi.core.registry import REGISTRY

model = "tests/assets/tiny_llama"
tokenizer = build_tokenizer(ModelParams(model_name=model))
dataset = REGISTRY.get_dataset("coalm/mydst")(tokenizer=tokenizer, completion_mask=True)
rows = list(dataset.to_hf())
trained = [
    tokenizer.decode([t for t, m in zip(r["input_ids"], r["completion_mask"]) if m])
    for r in rows
]
print(json.dumps([len(rows), dataset.data_origin, trained[0]]))
"""
RECIPE = """
model:
  model_name: tests/assets/tiny_llama
  load_pretrained_weights: false
  model_max_length: 512
  torch_dtype_str: float32
data:
  train:
    datasets: [{dataset_name: coalm/mydst, split: train}]
    collator_name: text_completions_only_with_padding
    train_target: ALL_ASSISTANT_TURNS
training:
  trainer_type: TRL_SFT
  max_steps: 3
  per_device_train_batch_size: 2
  save_steps: 0
  save_final_model: true
  enable_tensorboard: false
  output_dir: OUTPUT
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The README's files as an installed package, and its data."""
    folder = tmp_path_factory.mktemp("site")
    blocks = dict(BLOCK.findall((REPOSITORY / "README.md").read_text("utf-8")))
    for name in ("coalm_mydst.py", "test_coalm_mydst.py"):
        (folder / name).write_text(blocks[name], "utf-8")
    project = tomllib.loads(blocks["pyproject.toml"])["project"]
    (name, value), *none = project["entry-points"][ENTRY_POINTS].items()
    assert not none
    metadata = folder / "coalm_mydst-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Name: coalm-mydst\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text(f"[{ENTRY_POINTS}]\n{name} = {value}\n")
    data = folder / "data" / "buses"
    data.mkdir(parents=True)
    lines = "".join(json.dumps(row) + "\n" for row in ROWS)
    (data / "train.jsonl").write_text(lines, "utf-8")
    return folder


def run(package: Path, *command: str) -> str:
    """Runs a command where the package is installed, and returns what it prints."""
    env = os.environ | {
        "PYTHONPATH": f"{package}{os.pathsep}{REPOSITORY}",
        "COALM_DATA_DIR": str(package / "data"),
    }
    ended = subprocess.run(
        command, env=env, cwd=REPOSITORY, check=False, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.mark.slow
def test_its_own_test_passes(package: Path) -> None:
    options = ("-q", "-p", "no:cacheprovider", "--rootdir", str(package))
    file = str(package / "test_coalm_mydst.py")
    assert "1 passed" in run(package, sys.executable, "-m", "pytest", *options, file)


@pytest.mark.slow
def test_oumi_knows_it_and_trains_on_the_reply(package: Path) -> None:
    printed = run(package, sys.executable, "-c", TOKENS).splitlines()[-1]
    count, origin, trained = json.loads(printed)
    assert count == len(ROWS)
    assert origin.endswith("buses/train.jsonl (COALM_DATA_DIR)")
    assert trained.strip().startswith('System: {"to": "Ely", "at": "6"}')


def test_it_is_a_part_of_the_mixture(package: Path, tmp_path: Path) -> None:
    script = "from coalm_oumi.cli import main; main()"
    options = ("build", "--only", "mydst,snips", "--workers", "2", "--limit", "50")
    where = ("--on-missing", "skip", "--output", str(tmp_path / "built"))
    printed = run(package, sys.executable, "-c", script, *options, *where)
    assert "buses: 50 rows read = 50 kept + 0 rejected" in printed
    manifest = json.loads((tmp_path / "built" / "manifest.json").read_text("utf-8"))
    assert manifest["samples"] == {"mydst": 50}
    assert manifest["sources"]["buses"]["licence"] == "CC0-1.0"
    card = (tmp_path / "built" / "README.md").read_text("utf-8")
    assert "- `mydst`: dialogue states of bus requests" in card


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("no_such_module:X", "No module named 'no_such_module'"),
        ("json:dumps", "it is no Part"),
        ("coalm_oumi.datasets.toolace:TOOLACE", "another part of the name 'toolace'"),
    ],
)
def test_a_broken_one_is_left_out_with_a_warning(
    tmp_path: Path, value: str, why: str
) -> None:
    metadata = tmp_path / "broken-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Name: broken\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text(f"[{ENTRY_POINTS}]\nbroken = {value}\n")
    script = """if True:
        import logging
        logging.basicConfig(format="%(message)s", force=True)
        from coalm_oumi.datasets.parts import PARTS
        print(list(PARTS))
    """
    env = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{REPOSITORY}"}
    ended = subprocess.run(
        [sys.executable, "-c", script], env=env, capture_output=True, text=True
    )
    assert ended.stdout == "['snips', 'hammer', 'toolace', 'cra']\n"
    assert "The dataset 'broken' " in ended.stderr
    assert why in ended.stderr


@pytest.mark.slow
def test_it_is_trained_on(package: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "train.yaml"
    recipe.write_text(RECIPE.replace("OUTPUT", str(tmp_path / "trained")))
    script = "from oumi.cli.main import run; run()"
    run(package, sys.executable, "-c", script, "train", "-c", str(recipe))
    assert (tmp_path / "trained" / "model.safetensors").is_file()
