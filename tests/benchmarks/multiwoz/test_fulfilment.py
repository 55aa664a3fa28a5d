"""Which goals the world can fulfil."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from coalm_oumi.benchmarks.multiwoz import Databases, MultiwozData, World
from tests.benchmarks.multiwoz.ideal.fulfilment import unfulfillable


@pytest.mark.parametrize(
    ("goal", "reasons"),
    [
        ({"restaurant": {"info": {"food": "Thai"}, "reqt": ["phone", "area"]}}, {}),
        ({"taxi": {"info": {"leaveAt": "17:15"}, "reqt": ["phone"]}, "hotel": {}}, {}),
        (
            {"hotel": {"info": {"stars": "5", "area": "west"}}},
            {"hotel": "no entry has area=west, stars=5"},
        ),
        (
            {"attraction": {"info": {"type": "museum"}, "reqt": ["pricerange"]}},
            {"attraction": "no fitting entry says its pricerange"},
        ),
        (
            {"train": {"info": {"leaveAt": "23:59"}, "reqt": ["trainID"]}},
            {"train": "no entry has leaveAt=23:59"},
        ),
    ],
)
def test_reasons(
    small_databases: Databases, goal: dict[str, Any], reasons: dict[str, str]
) -> None:
    assert unfulfillable(goal, World(small_databases)) == reasons


def test_real_goals_can_be_fulfilled_but_for_fees_that_nobody_knows(
    real_multiwoz: MultiwozData,
) -> None:
    world = World(real_multiwoz.databases)
    reasons = [
        reason
        for dialogue in real_multiwoz.dialogues.values()
        for reason in unfulfillable(dialogue.goal, world).items()
    ]
    assert Counter(reasons) == {
        ("attraction", "no fitting entry says its entrance fee"): 35
    }
