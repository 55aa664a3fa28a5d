"""`oumi train` started otherwise than a recipe is meant ends in one line that says how."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from coalm_oumi.errors import CoalmError
from coalm_oumi.planning.launch import check_launch
from coalm_oumi.planning.shipped import read_header
from tests.recipes.tiny_recipes import tiny_model

ROOT = Path(__file__).parents[2]
TRAINING = sorted((ROOT / "recipes").glob("*_train*.yaml"))
LARGE = [path for path in TRAINING if "H100" in read_header(path.read_text()).hardware]
_OUMI = """
import sys, torch
torch.cuda.device_count = lambda: {gpus}
from oumi.cli.main import run
sys.argv[0] = "oumi"
run()
"""


def command(recipe: str, *rest: str) -> list[str]:
    return ["/venv/bin/oumi", "train", "-c", recipe, *rest]


def refused(
    monkeypatch: pytest.MonkeyPatch, gpus: int, arguments: list[str], world: int = 1
) -> str:
    """The error of a command on a machine with GPUs; empty if there is none."""
    import torch

    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    try:
        check_launch(arguments, {"WORLD_SIZE": str(world)} if world > 1 else {})
    except CoalmError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("path", LARGE, ids=lambda path: path.stem)
def test_first_usage_uses_all_gpus_and_is_let_through(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command of a header passes where it is meant to run."""
    header = path.read_text().split("\n\n", 1)[0]
    usage = header.split("# Usage:\n")[1].split("#\n")[0].replace("\\\n#", "")
    first, *others = [line.strip("# ") for line in usage.splitlines()]

    started, rest = first.split(" train ", 1)

    assert started == "oumi distributed torchrun -m oumi"
    assert refused(monkeypatch, 8, ["oumi", "train", *rest.split()], world=8) == ""
    assert all(line.startswith("CUDA_VISIBLE_DEVICES=0 oumi train") for line in others)
    for line in others:
        alone = line.split("  #")[0].split()[1:]
        assert refused(monkeypatch, 1, alone) == ""
    assert bool(others) is ("enable_fsdp: true" not in path.read_text())


def test_usage_for_one_card_names_one() -> None:
    header = (ROOT / "recipes/8b_train_qlora.yaml").read_text()

    first = header.split("# Usage:\n")[1].splitlines()[0].strip("# ")

    assert first == "CUDA_VISIBLE_DEVICES=0 oumi train -c recipes/8b_train_qlora.yaml"


@pytest.mark.parametrize("path", TRAINING, ids=lambda path: path.stem)
def test_one_process_on_several_gpus_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = f"recipes/{path.name}"

    told = refused(monkeypatch, 8, command(recipe, "--training.max_steps", "3"))

    assert "\n" not in told
    assert (
        f"oumi distributed torchrun -m oumi train -c {recipe} --training.max_steps 3"
        in told
    )


def test_the_command_that_a_refusal_names_is_let_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = refused(monkeypatch, 8, command("recipes/8b_train.yaml"))

    alone = re.search(r"CUDA_VISIBLE_DEVICES=0 (oumi train .*)\)", told)

    assert alone is not None
    assert refused(monkeypatch, 1, alone[1].split()) == ""


@pytest.mark.parametrize(
    ("gpus", "changes", "problem", "fix"),
    [
        (1, (), "make a global batch of 1, not of 8", "Set it to 8"),
        (2, (), "make a global batch of 2, not of 8", "Set it to 4"),
        (3, (), "8 does not divide by 3", "a number of GPUs that divides 8"),
        (16, (), "8 does not divide by 16", "a number of GPUs that divides 8"),
        (8, ("--training.gradient_accumulation_steps=2",), "of 16, not of 8", ""),
        (4, ("--training.gradient_accumulation_steps", "2"), "", ""),
    ],
)
def test_steps_of_another_size_are_refused(
    gpus: int,
    changes: tuple[str, ...],
    problem: str,
    fix: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = refused(monkeypatch, gpus, command("recipes/8b_train.yaml", *changes), gpus)

    assert bool(told) is bool(problem)
    assert problem in told
    assert fix in told


@pytest.mark.parametrize(
    "arguments",
    [
        command("recipes/nothing_train.yaml"),
        command("recipes/8b_infer.yaml"),
        ["oumi", "train"],
        ["oumi", "train", "-c"],
        ["oumi", "infer", "-c", "recipes/8b_train.yaml"],
        ["pytest", "train", "-c", "recipes/8b_train.yaml"],
    ],
)
def test_what_is_no_recipe_to_train_is_left_to_oumi(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(monkeypatch, 8, arguments) == ""


def test_header_states_the_batch_of_the_paper() -> None:
    stated = {p.stem: read_header(p.read_text()).global_batch for p in LARGE}
    exact = {name for name, batch in stated.items() if batch == 8}

    assert {"8b_train", "70b_train", "405b_train", "qwen3_train"} <= exact
    assert {name for name, batch in stated.items() if batch is None} == {
        *("8b_train_fast", "70b_train_fast", "405b_train_fast", "8b_train_grpo"),
        *("8b_train_tools", "70b_train_tools"),
        *("qwen3_train_tools", "mistral_train_tools"),
    }


@pytest.mark.slow
@pytest.mark.parametrize("gpus", [1, 8])
def test_oumi_says_it_in_one_line(gpus: int, tmp_path: Path) -> None:
    model = tiny_model(tmp_path / "model", "llama")
    recipe = tmp_path / "8b_train.yaml"
    text = (ROOT / "recipes/8b_train.yaml").read_text()
    recipe.write_text(text.replace("meta-llama/Llama-3.1-8B-Instruct", str(model)))
    variables = {k: v for k, v in os.environ.items() if k != "OUMI_EXTRA_DEPS_FILE"}
    arguments = ("train", "-c", str(recipe), "--training.output_dir", str(tmp_path))

    ended = subprocess.run(
        [sys.executable, "-c", _OUMI.format(gpus=gpus), *arguments],
        env={**variables, "DO_NOT_TRACK": "1", "COLUMNS": "1000"},
        capture_output=True,
        text=True,
    )

    assert ended.returncode == 1
    assert "Traceback" not in ended.stdout + ended.stderr
    (line,) = [x for x in ended.stdout.splitlines() if x.startswith("Error:")]
    assert ("torchrun" if gpus > 1 else "accumulation_steps") in line
