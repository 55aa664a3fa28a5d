"""`coalm recipes` lists what comes with the package and copies it; `check -c` reports."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coalm_oumi.errors import CoalmError
from coalm_oumi.planning import shipped
from coalm_oumi.planning.hardware import parse_hardware
from tests.cli.conftest import Command


def test_list_names_size_verb_hardware_and_time(coalm: Command) -> None:
    ended = coalm("recipes")

    assert ended.code == 0
    lines = {line.split()[0]: line.split() for line in ended.text.splitlines() if line}
    assert lines["8b_train"][:4] == ["8b_train", "8b", "train", "8xH100-80GB"]
    assert lines["8b_train"][4:6] == ["8", "h"]
    assert lines["smol_train"][:3] == ["smol_train", "smol", "train"]
    assert "configs/serve/405b_fp8.sh:" in lines


def test_list_as_json(coalm: Command) -> None:
    listed = json.loads(coalm("recipes", "--json").text)

    assert listed["recipes/405b_train.yaml"]["hardware"] == "8xH100-80GB"


def test_copy_is_the_file_itself(
    coalm: Command,
    repository: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)

    assert coalm("recipes", "8b_train").code == 0
    assert coalm("recipes", "serve/8b.sh", "-o", "mine").code == 1
    assert coalm("recipes", "configs/serve/8b.sh", "-o", "mine").code == 0

    original = (repository / "recipes/8b_train.yaml").read_bytes()
    assert (tmp_path / "recipes/8b_train.yaml").read_bytes() == original
    assert (tmp_path / "mine/8b.sh").stat().st_mode & 0o111


def test_file_that_is_there_is_written_over_with_force_only(
    coalm: Command, tmp_path: Path
) -> None:
    (tmp_path / "8b_train.yaml").write_text("mine")

    refused = coalm("recipes", "8b_train", "-o", tmp_path)

    assert refused.code == 1
    assert "--force" in refused.text
    assert (tmp_path / "8b_train.yaml").read_text() == "mine"
    assert coalm("recipes", "8b_train", "-o", tmp_path, "--force").code == 0
    assert (tmp_path / "8b_train.yaml").read_text() != "mine"


def test_unknown_name(coalm: Command) -> None:
    ended = coalm("recipes", "8b_tran")

    assert ended.code == 1
    assert "did you mean '8b_train'?" in " ".join(ended.text.split())


def test_the_wheel_holds_recipes_and_configs(repository: Path) -> None:
    project = (repository / "pyproject.toml").read_text()

    assert '"recipes" = "coalm_oumi/shipped/recipes"' in project
    assert '"configs" = "coalm_oumi/shipped/configs"' in project


def test_in_a_wheel_they_lie_inside_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipped, "_ROOT", tmp_path / "coalm_oumi")
    with pytest.raises(CoalmError, match="missing from the installation"):
        shipped.shipped_files()
    folder = tmp_path / "coalm_oumi/shipped/recipes"
    folder.mkdir(parents=True)
    (folder / "8b_train.yaml").write_text("")

    assert list(shipped.shipped_files()) == ["recipes/8b_train.yaml"]


def test_check_of_a_recipe_that_fits(coalm: Command, repository: Path) -> None:
    recipe = repository / "recipes/8b_train.yaml"

    ended = coalm("check", "-c", recipe, "--hardware", "8xH100-80GB")

    assert "On this machine" not in ended.text
    assert ended.code == 0, ended.text
    assert "8,030,261,248 weights" in ended.text
    assert "trained: 41,943,040 weights" in ended.text
    assert "Memory of each GPU (8xH100-80GB)" in ended.text
    assert "116,865 steps of 8 samples" in ended.text
    assert "Nothing to change." in ended.text


def test_check_of_one_that_does_not_fit(coalm: Command, repository: Path) -> None:
    recipe = repository / "recipes/405b_train.yaml"

    ended = coalm("check", "-c", recipe, "--hardware", "2xH100-80GB")

    assert ended.code == 1
    assert "does not fit" in ended.text
    assert "take 8 such GPUs" in ended.text


def test_check_takes_fields_as_oumi_train_does(
    coalm: Command, repository: Path
) -> None:
    recipe = repository / "recipes/8b_train.yaml"

    elsewhere = ("--hardware", "8xH100-80GB", "--json")

    ended = coalm("check", "-c", recipe, "--model.model_max_length", "2048", *elsewhere)

    report = json.loads(ended.text)
    assert ended.code == 0
    assert report["memory_gib"] < 45  # 60 with 4,096 tokens
    assert report["findings"] == []


def test_check_says_what_is_not_on_this_machine(
    coalm: Command, repository: Path
) -> None:
    recipe, name = repository / "recipes/smol_infer.yaml", "output/none"

    ended = coalm("check", "-c", recipe, "--model.model_name", name)

    assert ended.code == 1
    after = ended.text.partition("On this machine")[2]
    assert f"error: model.model_name: there is no folder '{name}' here." in after


def test_check_without_a_recipe_takes_no_fields(coalm: Command) -> None:
    assert coalm("check", "--model.model_name", "x").code == 2


@pytest.mark.parametrize("text", ["8xH100", "0xH100-80GB", "8x", "H100-80GB x 8", "x8"])
def test_hardware_that_is_not_known(
    text: str, coalm: Command, repository: Path
) -> None:
    recipe = repository / "recipes/8b_train.yaml"

    ended = coalm("check", "-c", recipe, "--hardware", text)

    assert ended.code == 1
    assert "--hardware" in ended.text


def test_hardware_is_read_as_it_is_written() -> None:
    two = parse_hardware("2x8xh100-80gb")

    assert (two.nodes, two.gpus_per_node, two.gpus) == (2, 8, 16)
    assert str(two) == "2x8xH100-80GB"
    assert str(parse_hardware("L4-24GB")) == "1xL4-24GB"


def test_recipe_of_no_verb(coalm: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("model: {model_name: x}\n")

    ended = coalm("check", "-c", tmp_path / "mine.yaml")

    assert ended.code == 1
    assert "8b_train.yaml" in ended.text
