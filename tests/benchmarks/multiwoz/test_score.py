"""Scores: gold answers reach their ceiling, degenerate ones their floor, both published."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from coalm_oumi.benchmarks.multiwoz import (
    MultiwozData,
    PredictedTurn,
    StoredCall,
    load_multiwoz,
    read_predictions,
    score,
)
from coalm_oumi.benchmarks.multiwoz.scorer.judge import judge
from coalm_oumi.environments.multiwoz.data.dialogues import Dialogue
from coalm_oumi.evaluation.results import Scores

Predict = Callable[[Dialogue], tuple[PredictedTurn, ...]]

EVERYTHING = "[name] [trainid] [phone] [address] [postcode] [reference]"


def values(scores: Scores, *names: str) -> tuple[float, ...]:
    return tuple(round(scores.metrics[name].value, 1) for name in names)


def scored(data: MultiwozData, predict: Predict) -> Scores:
    return score(data, {key: predict(d) for key, d in data.dialogues.items()})


def gold(dialogue: Dialogue) -> tuple[PredictedTurn, ...]:
    """What the wizard said and annotated, in our own form."""
    return tuple(PredictedTurn(t.system, state=t.state) for t in dialogue.turns)


def saying(reply: str) -> Predict:
    def predict(dialogue: Dialogue) -> tuple[PredictedTurn, ...]:
        return tuple(PredictedTurn(reply, True, t.state) for t in dialogue.turns)

    return predict


def nothing(dialogue: Dialogue) -> tuple[PredictedTurn, ...]:
    return tuple(PredictedTurn("") for _ in dialogue.turns)


STATES = ("jga_strict", "jga_lenient", "slot_f1_strict", "slot_f1_lenient")


def test_gold_answers(cambridge: MultiwozData) -> None:
    found = scored(cambridge, gold)
    assert values(found, "inform", "success", *STATES) == (100,) * 6
    assert values(found, "turns_missed", "turns_not_predicted") == (0, 0)
    assert found.metrics["success"].n == 3
    assert found.metrics["jga_strict"].n == 4  # not the dialogue that papers drop
    assert [case["right"] for case in found.cases] == [True] * 3


def test_no_answers(cambridge: MultiwozData) -> None:
    found = scored(cambridge, nothing)
    assert values(found, "inform", "success", *STATES) == (0,) * 6
    assert values(found, "replies_empty", "turns_missed") == (100, 100)
    assert found.cases[0]["error"] == "no fitting offer: restaurant"


def test_missing_turns_and_dialogues_count_twice(cambridge: MultiwozData) -> None:
    first = cambridge.dialogues["sng0001"]
    found = score(cambridge, {"sng0001": gold(first)[:1], "mul0002": None})
    assert values(found, "inform", "inform_all") == (100, 50)
    assert values(found, "jga_strict", "jga_strict_upstream") == (25, 100)
    assert values(found, "jga_lenient", "jga_lenient_upstream") == (25, 100)
    assert values(found, "turns_not_predicted") == (75,)
    assert found.cases[0]["not_given"] == {"restaurant": ["REFERENCE"]}
    assert found.cases[0]["state_errors"] == [{"turn": 1, "not_predicted": True}]
    assert found.cases[1]["error"] == "not predicted"


def test_states_come_from_the_calls(cambridge: MultiwozData) -> None:
    table = {"name": "the blue heron", "people": 2, "day": "friday", "time": "18:00"}
    turns = (
        PredictedTurn(
            "The Blue Heron, 01223000001.",
            calls=(
                StoredCall("query_restaurants", {"area": "east", "food": "thai"}),
                StoredCall("query_bus", failure="unknown_function"),
            ),
        ),
        PredictedTurn(
            "It is booked: XY12XY12.",
            calls=(StoredCall("book_restaurant", table, {"reference": "XY12XY12"}),),
        ),
    )
    found = score(cambridge, {"sng0001": turns})
    # The second state has the name, which this gold has not.
    assert values(found, "success", "jga_strict", "calls_failed") == (100, 50, 33.3)
    (error,) = found.cases[0]["state_errors"]
    assert error == {
        "turn": 1,
        "extra": {"restaurant-name": {"expected": None, "found": "the blue heron"}},
    }


def test_replies_that_recite_every_field_are_reported(cambridge: MultiwozData) -> None:
    found = scored(cambridge, saying(EVERYTHING))
    assert values(found, "success", "replies_reciting") == (100, 100)


def test_scores_by_domain(cambridge: MultiwozData) -> None:
    groups = scored(cambridge, gold).groups
    assert [*groups] == [
        "domain=restaurant",
        "domain=attraction",
        "domain=train",
        "domain=taxi",
    ]
    assert groups["domain=train"]["jga_strict"].n == 2
    assert groups["domain=taxi"]["jga_strict"].n == 1


def test_without_states_the_gold_ones_serve_and_are_not_scored(
    cambridge: MultiwozData,
) -> None:
    found = score(cambridge, {"sng0001": (PredictedTurn("[name]", True),) * 2})
    assert values(found, "inform") == (100,)
    assert "jga_strict" not in found.metrics


# JGA and slot F1: what get_dst of multiwoz-helper (89b0b08) computes with the 2.4
# states. augpt names slots (`leave at`) that it does not know.
@pytest.mark.parametrize(
    ("name", "inform", "success", "dialogues", "tracking"),
    [
        ("augpt", 76.6, 60.5, 1000, None),
        ("damd", 57.9, 47.6, 999, (27.455782, 73.448512)),
        ("mintl", 73.7, 65.4, 999, (42.299320, 87.955943)),
        ("pptod", 83.1, 72.7, 1000, (41.984526, 88.562252)),
        ("mars", 88.9, 78.0, 1000, (42.766015, 87.957548)),
    ],
)
def test_published_predictions(
    real_multiwoz: MultiwozData,
    golden_folder: Path,
    name: str,
    inform: float,
    success: float,
    dialogues: int,
    tracking: tuple[float, float] | None,
) -> None:
    known = {key: len(d.turns) for key, d in real_multiwoz.dialogues.items()}
    expected = {key: known[key] for key in real_multiwoz.test_ids}
    path = golden_folder / "predictions" / f"{name}.json.gz"
    found = score(real_multiwoz, read_predictions(path, expected, known=known))
    assert values(found, "inform", "success") == (inform, success)
    assert found.metrics["inform"].n == dialogues
    if tracking is not None:
        names = ("jga_lenient_upstream", "slot_f1_lenient_upstream")
        computed = [found.metrics[name].value for name in names]
        assert computed == pytest.approx(tracking, abs=1e-5)


def rates(data: MultiwozData, predict: Predict) -> tuple[float, ...]:
    """Inform, Success and strict joint goal accuracy in per cent, without intervals."""
    judged = judge(data, {key: predict(d) for key, d in data.dialogues.items()})
    outcomes = [item.outcome for item in judged if item.outcome]
    turns = [turn for item in judged if item.dialogue.in_999 for turn in item.tracking]
    sums = (
        sum(outcome.informed for outcome in outcomes) / len(outcomes),
        sum(outcome.succeeded for outcome in outcomes) / len(outcomes),
        sum(turn.strict.joint() for turn in turns) / len(turns),
    )
    return tuple(round(100 * share, 1) for share in sums)


def test_real_gold_answers_reach_the_ceiling(real_multiwoz: MultiwozData) -> None:
    # What people said does not always fit the goal; see this benchmark's README.md.
    assert rates(real_multiwoz, gold) == (90.7, 89.1, 100.0)


def test_real_silence_gets_the_known_floor(real_multiwoz: MultiwozData) -> None:
    assert rates(real_multiwoz, saying("")) == (22.1, 2.5, 100.0)
    # 113 of 7,368 gold states are empty.
    assert rates(real_multiwoz, nothing) == (22.1, 2.5, 1.5)


def test_real_reciting_gets_the_known_ceiling(real_multiwoz: MultiwozData) -> None:
    assert rates(real_multiwoz, saying(EVERYTHING)) == (94.6, 94.3, 100.0)
    assert rates(real_multiwoz, saying("[name] [trainid]")) == (94.6, 5.1, 100.0)


def test_2_1_states_give_the_published_ceiling(real_folder: Path) -> None:
    older = load_multiwoz(data=real_folder / "multiwoz21_test.json.zip")
    assert rates(older, saying(EVERYTHING))[0] == 96.0
    assert rates(older, saying("[name] [trainid]"))[:2] == (96.0, 5.4)
