"""`coalm check` compares an evaluation's prompts with those of the training beside it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from coalm_oumi.planning.check import check_recipe

NAMES = ("8b", "70b", "405b", "qwen3", "mistral", "smol")


@pytest.mark.parametrize("name", NAMES)
def test_the_shipped_recipes_ask_as_they_train(repository: Path, name: str) -> None:
    path = repository / "recipes" / f"{name}_evaluate.yaml"
    found = check_recipe(str(path), [], None).findings
    assert [f for f in found if "trains this model with" in f.problem] == []


@pytest.mark.parametrize(
    ("name", "old", "new", "field", "fix"),
    [
        (
            "8b",
            "state_date: false}",
            "state_date: true}",
            "tasks[4].eval_kwargs.state_date",
            "Set it to false.",
        ),
        (
            "8b",
            "function_names: as_published, ",
            "",
            "tasks[4].eval_kwargs.function_names",
            "Set it to as_published.",
        ),
        (
            "smol",
            "function_list: dialogue, ",
            "",
            "tasks[1].eval_kwargs.function_list",
            "Set it to dialogue.",
        ),
        (
            "qwen3",
            "    task_name: cra_actions # 200 dialogues of SGD's dev part\n",
            "    task_name: cra_actions\n    eval_kwargs: {state_date: false}\n",
            "tasks[4].eval_kwargs.state_date",
            "Set it to true.",
        ),
    ],
)
def test_other_prompts_than_trained_with_are_told(
    repository: Path,
    tmp_path: Path,
    name: str,
    old: str,
    new: str,
    field: str,
    fix: str,
) -> None:
    for kind in ("train", "evaluate"):
        shutil.copy(repository / "recipes" / f"{name}_{kind}.yaml", tmp_path)
    path = tmp_path / f"{name}_evaluate.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    found = check_recipe(str(path), [], None).findings
    (finding,) = [f for f in found if "trains this model with" in f.problem]
    assert finding.field.partition("]")[2] == field.partition("]")[2]
    assert finding.fix == fix
    assert f"{name}_train.yaml" in finding.problem


def test_a_broken_recipe_beside_it_is_passed_over(
    repository: Path, tmp_path: Path
) -> None:
    shutil.copy(repository / "recipes" / "8b_evaluate.yaml", tmp_path)
    for number, text in enumerate(("[", "training: 5", "training: {output_dir: []}")):
        (tmp_path / f"{number}_train.yaml").write_text(text)
    check_recipe(str(tmp_path / "8b_evaluate.yaml"), [], None)
