"""Recipes with one thing changed."""

from __future__ import annotations

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
        original = (RECIPES / f"{name}.yaml").read_text()
        recipe = yaml.safe_load(original)
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
        header = original.split("\n\n", 1)[0]
        target.write_text(f"{header}\n\n{yaml.safe_dump(recipe)}")
        return target

    return write
