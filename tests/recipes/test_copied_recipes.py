"""A recipe that `coalm recipes` copies into an empty folder works there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from coalm_oumi.planning.model_shape import known_names
from coalm_oumi.planning.shipped import shipped_files
from tests.cli.conftest import Command, coalm, oumi, oumi_imported  # noqa: F401
from tests.recipes.tiny_recipes import tiny_model

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


@pytest.mark.slow
def test_small_training_begins_in_an_empty_folder(
    coalm: Command,  # noqa: F811
    oumi: Command,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    tiny_model(tmp_path / "output/smollm2", "llama")
    assert coalm("recipes", "smol_train").code == 0

    ended = oumi(
        *("train", "-c", "recipes/smol_train.yaml"), "--training.max_steps", "2"
    )

    assert ended.code == 0, ended.text[-3000:]
    assert (tmp_path / "output/smol/model.safetensors").is_file()
