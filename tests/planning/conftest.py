"""Recipes with one thing changed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Changed = Callable[..., Path]
RECIPES = Path(__file__).parents[2] / "recipes"


@pytest.fixture
def changed(tmp_path: Path) -> Changed:
    """Writes a shipped recipe with fields changed, given as `{"model.model_name": ...}`.

    `None` removes a field.
    """

    def write(name: str, changes: dict[str, Any]) -> Path:
        recipe = copy.deepcopy(yaml.safe_load((RECIPES / f"{name}.yaml").read_text()))
        for field, value in changes.items():
            *path, last = field.split(".")
            place: Any = recipe
            for key in path:
                place = place[int(key)] if key.isdigit() else place.setdefault(key, {})
            if value is None:
                place.pop(last, None)
            else:
                place[int(last) if last.isdigit() else last] = value
        target = tmp_path / f"{name}.yaml"
        target.write_text(yaml.safe_dump(recipe))
        return target

    return write
