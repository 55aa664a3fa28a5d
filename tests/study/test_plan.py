"""The configuration of a study, and the order of what it does."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from coalm_oumi.cli.study import _seconds
from coalm_oumi.errors import CoalmError
from coalm_oumi.study.config import read_config
from coalm_oumi.study.plan import Cell, plan
from tests.study.conftest import EVALUATE, STUDY, TRAIN, Written


def cells(path: Path) -> dict[str, Cell]:
    return {cell.name: cell for cell in plan(read_config(path), path)}


def test_base_and_tuned_come_first_then_the_others_then_seeds(written: Written) -> None:
    assert list(cells(written(STUDY))) == [
        "tuned_1: training",
        "base: snips_dst, 2",
        "tuned_1: snips_dst, 2",
        "base: multiwoz24 dst_prompt, 1",
        "tuned_1: multiwoz24 dst_prompt, 1",
        "without_1: training",
        "without_1: snips_dst, 2",
        "without_1: multiwoz24 dst_prompt, 1",
        "base: snips_dst, 4",
        "tuned_1: snips_dst, 4",
        "without_1: snips_dst, 4",
        "tuned_2: training",
        "tuned_2: snips_dst, 4",
        "tuned_2: multiwoz24 dst_prompt, 1",
    ]


def test_a_training_has_its_seed_everywhere_and_goes_on_from_checkpoints(
    written: Written,
) -> None:
    found = cells(written(STUDY))["tuned_2: training"].command
    assert found[1:5] == ("-m", "oumi", "train", "-c")
    fields = dict(zip(found[6::2], found[7::2], strict=True))
    assert fields == {
        "--training.seed": "2",
        "--data.train.seed": "2",
        "--data.train.datasets[0].dataset_kwargs.sample_seed": "2",
        "--training.output_dir": "study/models/tuned_2",
        "--training.save_steps": "20",
        "--training.try_resume_from_last_checkpoint": "true",
        "--training.trainer_kwargs.save_total_limit": "1",
    }


def test_a_model_can_have_steps_of_its_own(written: Written) -> None:
    models = STUDY["models"] | {"long": {"train": "train.yaml", "steps": 90}}
    found = cells(written(STUDY | {"models": models}))
    long, tuned = found["long_42: training"], found["tuned_1: training"]
    assert long.command[-2:] == ("--training.max_steps", "90")
    assert (long.run.steps, tuned.run.steps) == (90, 40)
    models["long"]["steps"] = 91
    changed = cells(written(STUDY | {"models": models}))
    assert changed["long_42: training"].digest != long.digest
    assert changed["tuned_1: training"].digest == tuned.digest


def test_an_evaluation_is_of_one_task_on_so_many_cases(written: Written) -> None:
    sizes = {"snips_dst": 4, "multiwoz24 dst_prompt": 5, "bfcl_v3": 6}
    study = STUDY | {"passes": [{"cases": sizes}]}
    found = cells(written(study))
    recipes = [found[f"base: {name}, {n}"].recipe or {} for name, n in sizes.items()]
    assert [recipe["model"]["model_name"] for recipe in recipes] == ["smallest"] * 3
    (snips,), (multiwoz,), (bfcl,) = (recipe["tasks"] for recipe in recipes)
    assert (snips["num_samples"], snips["eval_kwargs"]) == (4, {})
    assert multiwoz["num_samples"] == 5
    assert multiwoz["eval_kwargs"] == {"example": False, "protocol": "dst_prompt"}
    assert bfcl["eval_kwargs"] == {"per_category": 6}
    assert "num_samples" not in bfcl


def test_more_cases_of_a_task_go_on_in_the_same_folder(written: Written) -> None:
    found = cells(written(STUDY))
    few, more = found["base: snips_dst, 2"], found["base: snips_dst, 4"]
    assert (few.folder, few.digest) == (more.folder, more.digest)


@pytest.mark.parametrize(
    ("file", "content", "depends"),
    [
        (
            "train.yaml",
            TRAIN | {"training": {"max_steps": 9}},
            lambda cell: cell.run.model == "tuned",
        ),
        (
            "evaluate.yaml",
            EVALUATE | {"generation": {"max_new_tokens": 9}},
            lambda cell: cell.task is not None,
        ),
        ("smallest/model.safetensors", "new", lambda cell: True),
    ],
)
def test_what_depends_on_a_change_has_another_digest(
    written: Written, file: str, content: Any, depends: Callable[[Cell], bool]
) -> None:
    path = written(STUDY)
    before = cells(path)
    Path(file).write_text(yaml.safe_dump(content))
    after = cells(path)
    changed = [name for name in before if after[name].digest != before[name].digest]
    assert changed == [name for name, cell in before.items() if depends(cell)]


def test_the_shipped_study_has_all_tasks_of_its_recipe(
    repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("recipes", "configs"):
        (tmp_path / name).symlink_to(repository / name)
    monkeypatch.chdir(tmp_path)
    model = Path("output/smollm2")
    model.mkdir(parents=True)
    (model / "config.json").write_text("{}")
    path = Path("configs/smol_study.yaml")
    found = plan(read_config(path), path)
    recipe = yaml.safe_load(Path("recipes/smol_evaluate.yaml").read_text())
    tasks = {cell.task.benchmark.name for cell in found if cell.task}
    assert tasks == {task["task_name"] for task in recipe["tasks"]}
    trainings = [cell.name for cell in found if cell.task is None]
    assert len(trainings) == len(set(trainings)) == 7
    assert trainings[0] == "tuned_42: training"


WRONG = [
    ({"passes.1.cases.snips": 2}, "'snips' is unknown; did you mean 'snips_dst'?"),
    ({"passes.0.cases.snips_dst": 0}, "passes.0.cases.snips_dst'.*from 1, or `all`"),
    ({"passes.0.cases.snips_dst": 5}, "cannot have fewer cases.*which has 5; found 4"),
    ({"passes.1.cases.multiwoz24 gold": 5}, "Expected one of: gold_history"),
    ({"passes.1.seeds": 1, "passes.0.seeds": 2}, "cannot have fewer seeds"),
    ({"passes": []}, "field 'passes'"),
    ({"models.tuned.train": "gone.yaml"}, "there is no recipe gone.yaml"),
    ({"models.base.model": "gone"}, "there is no model in gone"),
    ({"models.base.train": "train.yaml"}, "`model`, a folder, or `train`, a recipe"),
    ({"models.base.steps": 4}, "only a model that is trained has seeds and steps"),
    ({"models.tuned.steps": 0}, "field 'models.tuned.steps'"),
    ({"models.tuned.seeds": [1, 1]}, "a seed stands twice"),
    ({"models.tuned.seed": 1}, "'seed' is unknown; did you mean 'seeds'?"),
    ({"evaluate": "gone.yaml"}, "there is no recipe gone.yaml"),
    ({"show": {"snips": ["slot_f1"]}}, "did you mean 'snips_dst'?"),
    ({"outputs": "x"}, "'outputs' is unknown; did you mean 'output'?"),
]


@pytest.mark.parametrize(("changes", "told"), WRONG, ids=lambda value: str(value)[:40])
def test_a_wrong_configuration_ends_in_one_line(
    written: Written, changes: dict[str, Any], told: str
) -> None:
    study = copy.deepcopy(STUDY)
    for place, value in changes.items():
        holder: Any = study
        *way, last = place.split(".")
        for step in way:
            holder = holder[int(step) if step.isdigit() else step]
        holder[last] = value
    path = written(study)
    with pytest.raises(CoalmError, match=told) as error:
        plan(read_config(path), path)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith("study.yaml: field '")


def test_a_time_is_read() -> None:
    assert [_seconds(text) for text in ("90m", "1h30m", "45s", "1.5h")] == [
        *(5400, 5400, 45, 5400)
    ]
    for wrong in ("90", "m", "", "-5m", "0m", "1 day", "nan"):
        with pytest.raises(CoalmError, match="expected a time such as 90m"):
            _seconds(wrong)
