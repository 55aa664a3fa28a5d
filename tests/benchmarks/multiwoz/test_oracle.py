"""What the best and the worst of agents get: the ceiling and the floor of the protocols."""

from __future__ import annotations

from pathlib import Path

import pytest

from coalm_oumi.benchmarks.multiwoz import MultiwozData, World, load_multiwoz
from tests.benchmarks.multiwoz.ideal.ceiling import causes, held, measured
from tests.benchmarks.multiwoz.ideal.fulfilment import unfulfillable
from tests.corpus.generator import make as corpus


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> MultiwozData:
    folder: Path = tmp_path_factory.mktemp("corpus")
    corpus.generate(folder, town_dialogues=20)
    return load_multiwoz(data=folder / "multiwoz24")


def test_the_oracle_gets_all_of_the_embedded_town(town: MultiwozData) -> None:
    ids = town.test_ids
    gold = measured(town, held(town, ids, "gold_history"))
    assert (gold["success"], gold["inform"], gold["dialogues"]) == (100, 100, 20)
    assert causes(town, held(town, ids, "gold_history")) == {}
    user = measured(town, held(town, ids, "simulated_user"))
    assert (user["success"], user["goal_met"]) == (100, 100)
    assert measured(town, held(town, ids, "dst_prompt"))["jga_strict"] == 100


def test_silence_gets_next_to_nothing_of_it(town: MultiwozData) -> None:
    found = measured(town, held(town, town.test_ids, "gold_history", silent=True))
    assert found["success"] == 0
    assert found["jga_strict"] == 0
    user = measured(town, held(town, town.test_ids, "simulated_user", silent=True))
    assert user["goal_met"] == 0


def test_every_goal_of_the_town_can_be_fulfilled(town: MultiwozData) -> None:
    world = World(town.databases)
    for dialogue in town.dialogues.values():
        assert unfulfillable(dialogue.goal, world) == {}


# All 999: python -m tests.benchmarks.multiwoz.ideal.ceiling
def test_the_oracle_on_real_dialogues(real_multiwoz: MultiwozData) -> None:
    ids = real_multiwoz.test_ids[:150]
    gold = measured(real_multiwoz, held(real_multiwoz, ids, "gold_history"))
    assert gold["success"] >= 90
    user = measured(real_multiwoz, held(real_multiwoz, ids, "simulated_user"))
    assert user["goal_met"] >= 95
