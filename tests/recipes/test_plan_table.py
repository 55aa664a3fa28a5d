"""The tables of recipes/README.md are what `coalm check` computes today."""

from __future__ import annotations

from tests.recipes.plan_table import README, TRAINING, with_tables


def test_tables_are_computed(oumi_quietly: None) -> None:
    text = README.read_text()

    assert with_tables(text) == text


def test_every_training_recipe_is_in_them() -> None:
    names = {path.stem for path in README.parent.glob("*_train*.yaml")}
    large = {name for name in names if not name.startswith("smol")}

    assert {recipe for recipe, *_ in TRAINING} == large
