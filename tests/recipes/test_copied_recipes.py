"""A recipe that `coalm recipes` copies into an empty folder works there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from coalm_oumi.planning import shipped
from coalm_oumi.planning.model_shape import known_names
from coalm_oumi.planning.shipped import adapted_copy, shipped_files
from tests.cli.conftest import Command, coalm, oumi, oumi_imported  # noqa: F401

FILES = {name: path for name, path in shipped_files().items() if path.suffix == ".yaml"}
RECIPES = [name for name in FILES if name.startswith("recipes/")]
OF_THE_CHECKOUT = ("coalm_oumi", "configs", "recipes", "tests")
WRITTEN_BEFORE = ("output", "coalm-it")
"""What other recipes and `coalm build` write into the folder."""


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for below in value:
            yield from texts(below)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize("name", RECIPES, ids=lambda name: Path(name).stem)
def test_its_paths_are_there_or_are_written(
    name: str,
    coalm: Command,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)

    assert coalm("recipes", Path(name).stem).code == 0

    recipe = yaml.safe_load(Path(name).read_text())
    for text in texts(recipe):
        path = Path(text)
        if path.is_absolute():
            assert path.exists(), text
        elif text.count("/") and " " not in text and "\n" not in text:
            assert path.parts[0] not in OF_THE_CHECKOUT, text
    model = recipe["model"]["model_name"]
    assert (
        Path(model).is_dir()
        or Path(model).parts[0] in WRITTEN_BEFORE
        or model in known_names()
        or model.startswith("the-")
    ), model


def test_comments_and_other_values_are_left(tmp_path: Path) -> None:
    text = (
        "# see coalm_oumi/assets/tiny_llama\n"
        "a: x # like coalm_oumi/assets/tiny_llama\n"
        "b: coalm_oumi/none\n"
        "c: my/coalm_oumi/assets\n"
    )
    assert adapted_copy(text) == text


@pytest.mark.parametrize("name", ["with a space", "with: a colon", "with # a mark"])
def test_package_in_a_folder_of_any_name(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / name / "coalm_oumi"
    (root / "assets").mkdir(parents=True)
    monkeypatch.setattr(shipped, "_ROOT", root)

    copied = yaml.safe_load(
        adapted_copy(
            "a: coalm_oumi/assets\nb: [coalm_oumi/assets, coalm_oumi/assets]\n"
        )
    )

    assert copied == {"a": str(root / "assets"), "b": [str(root / "assets")] * 2}


@pytest.mark.slow
def test_tiny_training_begins_in_an_empty_folder(
    coalm: Command,  # noqa: F811
    oumi: Command,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert coalm("recipes", "tiny_train").code == 0

    ended = oumi(
        *("train", "-c", "recipes/tiny_train.yaml"),
        *("--training.max_steps", "2", "--training.per_device_train_batch_size", "2"),
    )

    assert ended.code == 0, ended.text[-3000:]
    assert (tmp_path / "output/tiny/model.safetensors").is_file()
