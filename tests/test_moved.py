"""Modules are found by the names that they had, and are the same then."""

from __future__ import annotations

import importlib
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import coalm_oumi
from coalm_oumi.moved import DIVIDED, MOVED

OLD = {
    "benchmarks.multiwoz.state_tracking": "benchmarks.multiwoz.scorer.state_tracking",
    "benchmarks.multiwoz.agent": "benchmarks.multiwoz.protocols.agent",
    "benchmarks.multiwoz.data.fuzzy": "environments.multiwoz.data.fuzzy",
    "benchmarks.multiwoz.predicted_turn": "environments.multiwoz.predicted_turn",
    "benchmarks.multiwoz.users.goal_judge": "benchmarks.multiwoz.protocols.goal_judge",
    "benchmarks.results": "evaluation.results",
    "build.order": "mixture.order",
    "conductor.conduct": "evaluation.conductor.conduct",
    "cra.grounding": "cra.check.grounding",
    "cra.moment": "cra.write.exchange",
    "cra.reply": "cra.read.reply",
    "datasets.tokenizing": "datasets.sft.tokenizing",
    "generation.options": "cra.generate.options",
    "merging": "training.merging",
    "report.stored": "evaluation.report.stored",
    "conductor.progress": "progress",
    "merging.merge": "training.merging.merge",
    "rewards.against_answer": "training.rewards.against_answer",
    "samples.masking": "datasets.masking",
    "samples.order": "seeding",
    "sources.api_catalogue": "own_apis.catalogue",
    "validation.report": "cra.validate.report",
}


@pytest.mark.parametrize("old", OLD)
def test_an_old_name_gives_the_module_itself(old: str) -> None:
    new = importlib.import_module(f"coalm_oumi.{OLD[old]}")
    parts = old.split(".")
    for length in range(1, len(parts) + 1):
        name = ".".join(("coalm_oumi", *parts[:length]))
        if (found := sys.modules.get(name)) and found.__name__ != name:
            del sys.modules[name]
    with pytest.warns(DeprecationWarning, match=f"is now coalm_oumi.{OLD[old]}$"):
        module = importlib.import_module(f"coalm_oumi.{old}")
    assert module is new
    assert module.__name__ == f"coalm_oumi.{OLD[old]}"
    assert module.__spec__ is not None
    assert module.__spec__.name == module.__name__


@pytest.mark.parametrize(
    "name", ["coalm_oumi.merging.nothing", "coalm_oumi.cra.nothing", "coalm_oumi.no"]
)
def test_what_is_nowhere_fails_by_the_name_asked_for(name: str) -> None:
    with pytest.raises(ModuleNotFoundError) as raised:
        importlib.import_module(name)
    assert raised.value.name == name


def test_the_tables_name_what_is_there_and_nothing_has_an_old_name() -> None:
    folder = Path(coalm_oumi.__path__[0])
    for old, new in MOVED.items():
        assert find_spec(f"coalm_oumi.{new}") is not None
        place = folder.joinpath(*old.split("."))
        assert not place.with_suffix(".py").exists()
        assert not (place / "__init__.py").exists()
    for packages in DIVIDED.values():
        assert all(find_spec(f"coalm_oumi.{name}") for name in packages)


def test_every_room_that_is_loaded_on_first_use_is_there() -> None:
    for name in coalm_oumi._LAZY:
        assert getattr(coalm_oumi, name).__name__ == f"coalm_oumi.{name}"
