"""Every recipe parses under the installed Oumi and follows the house's habits."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.yaml"))


def test_there_are_recipes() -> None:
    assert {"smol_train", "smol_infer", "smol_evaluate"} <= {p.stem for p in RECIPES}


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_parses_and_is_valid(
    recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from oumi.core.configs import EvaluationConfig, InferenceConfig, TrainingConfig

    # Oumi looks whether a named dataset_path is there: `coalm build` leaves this one.
    (tmp_path / "coalm-it").mkdir()
    monkeypatch.chdir(tmp_path)
    kind = {
        "train": TrainingConfig,
        "infer": InferenceConfig,
        "evaluate": EvaluationConfig,
    }[recipe.stem.split("_")[1]]
    config = kind.from_yaml(recipe)
    config.finalize_and_validate()


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_begins_with_requirements_usage_and_see_also(recipe: Path) -> None:
    header = recipe.read_text().split("\n\n", 1)[0]
    for heading in ("# Requirements:", "# Usage", "# See Also:"):
        assert heading in header
    verb = recipe.stem.split("_")[1]
    assert f"oumi {verb} -c recipes/{recipe.name}" in header


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_trusts_no_remote_code(recipe: Path) -> None:
    assert re.search(r"^\s*trust_remote_code: false$", recipe.read_text(), re.MULTILINE)


LARGE = [path for path in RECIPES if not path.stem.startswith(("smol", "endpoint"))]


SMALL = [path for path in RECIPES if path.stem.startswith("smol")]


@pytest.mark.parametrize("recipe", SMALL, ids=lambda path: path.stem)
def test_check_has_nothing_against_a_small_recipe(recipe: Path) -> None:
    from coalm_oumi.planning.check import check_recipe

    report = check_recipe(str(recipe), [], None, None)

    # The model, and with it its shape, is there once it has been downloaded or trained.
    assert {finding.field for finding in report.findings} <= {"model.model_name"}
    assert report.errors == 0


@pytest.mark.parametrize("recipe", LARGE, ids=lambda path: path.stem)
def test_check_finds_nothing_and_the_header_says_what_it_computes(
    recipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from coalm_oumi.planning.check import check_recipe
    from coalm_oumi.planning.hardware import parse_hardware
    from coalm_oumi.planning.memory import total_gib
    from coalm_oumi.planning.shipped import read_header

    monkeypatch.chdir(recipe.parents[1])
    header = read_header(recipe.read_text())

    report = check_recipe(str(recipe), [], parse_hardware(header.hardware))

    assert list(report.findings) == []
    if host := re.search(r"(\d+) GiB of CPU memory", recipe.read_text()):
        assert int(host[1]) == pytest.approx(total_gib(list(report.host)), rel=0.05)
    assert header.memory.split()[0] == f"{total_gib(list(report.memory)):.0f}"
    if "computed" in header.time and report.duration is not None:
        hours = float(header.time.split()[0])
        assert hours == pytest.approx(report.duration.hours, rel=0.15)


EVALUATIONS = [path for path in RECIPES if path.stem.split("_")[1] == "evaluate"]
OTHER = "forgetting"  # That recipe runs other benchmarks than CoALM's.


@pytest.mark.parametrize("recipe", EVALUATIONS, ids=lambda path: path.stem)
def test_evaluations_have_multiwoz_and_tasks_without_mistakes(
    recipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from oumi.core.configs import EvaluationConfig

    from coalm_oumi.planning.check_tasks import check_tasks
    from coalm_oumi.planning.findings import Findings

    monkeypatch.chdir(recipe.parents[1])
    config = EvaluationConfig.from_yaml(recipe)
    findings = Findings()
    check_tasks(config, findings)
    assert findings.found == []
    names = [task.task_name for task in config.tasks]
    assert "multiwoz24" in names or recipe.stem.endswith(OTHER)
