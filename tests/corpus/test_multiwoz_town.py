"""The MultiWOZ-like half of the embedded corpus: read as the real one, and right."""

from __future__ import annotations

from pathlib import Path

import pytest

from coalm_oumi.benchmarks.multiwoz import (
    MultiwozData,
    PredictedTurn,
    World,
    load_multiwoz,
    score,
)
from tests.benchmarks.multiwoz.ideal.fulfilment import unfulfillable
from tests.corpus.generator import make as corpus
from tests.corpus.generator.multiwoz import multiwoz_files


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> MultiwozData:
    folder: Path = tmp_path_factory.mktemp("corpus")
    for name, content in multiwoz_files(2017, 40).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return load_multiwoz(data=folder / "multiwoz24", on_missing="error")


def test_only_the_dialogues_for_testing_are_read(town: MultiwozData) -> None:
    assert len(town.dialogues) == len(town.test_ids) == 40


def test_all_domains_occur_alone_and_in_pairs(town: MultiwozData) -> None:
    domains = [tuple(town.goals[key]) for key in town.test_ids]
    assert {pair[0] for pair in domains if len(pair) == 1} == {
        "restaurant",
        "hotel",
        "attraction",
        "train",
        "taxi",
    }
    assert sum(len(pair) == 2 for pair in domains) >= 10


def test_what_is_said_succeeds_and_every_goal_can_be_fulfilled(
    town: MultiwozData,
) -> None:
    said = {
        key: tuple(PredictedTurn(t.system, state=t.state) for t in dialogue.turns)
        for key, dialogue in town.dialogues.items()
    }
    found = score(town, said).metrics
    assert (found["success"].value, found["jga_strict"].value) == (100, 100)
    world = World(town.databases)
    for dialogue in town.dialogues.values():
        assert unfulfillable(dialogue.goal, world) == {}


def test_the_seed_fixes_every_byte() -> None:
    assert multiwoz_files(1, 3) == multiwoz_files(1, 3)
    assert multiwoz_files(1, 3) != multiwoz_files(2, 3)


def test_no_dialogues(tmp_path: Path) -> None:
    assert multiwoz_files(1, 0)["multiwoz24/data.json"] == b"{}"
    corpus.generate(tmp_path, town_dialogues=0, calls=1, conversations=1)
    assert (tmp_path / "multiwoz24/db/train_db.json").is_file()
