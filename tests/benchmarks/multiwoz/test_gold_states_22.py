"""The gold states of MultiWOZ 2.2 in the place of states that predictions lack."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.benchmarks.multiwoz import MultiwozData, PredictedTurn, score
from coalm_oumi.benchmarks.multiwoz.benchmark import MULTIWOZ24
from coalm_oumi.benchmarks.multiwoz.protocols.options import WITH_STATES_22
from coalm_oumi.benchmarks.multiwoz.scorer.gold_states_22 import read_gold_states_22
from coalm_oumi.errors import DataFormatError, DataNotFoundError


def user(**states: dict[str, list[str]]) -> dict[str, Any]:
    """A turn as 2.2 has it."""
    frames = [
        {
            "service": domain,
            "state": {
                "slot_values": {f"{domain}-{slot}": v for slot, v in slots.items()}
            },
        }
        for domain, slots in states.items()
    ]
    return {"speaker": "USER", "frames": frames}


SYSTEM = {"speaker": "SYSTEM", "frames": []}


def written(path: Path, dialogues: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(dialogues))
    return path


def _listed(slots: Mapping[str, str]) -> dict[str, list[str]]:
    return {slot: [value] for slot, value in slots.items()}


def as_in_22(data: MultiwozData) -> list[dict[str, Any]]:
    """The test dialogues with their own states, in 2.2's form."""
    return [
        {
            "dialogue_id": f"{dialogue.id.upper()}.json",
            "turns": [
                turn
                for each in dialogue.turns
                for turn in (
                    user(
                        **{
                            d: {s: [v] for s, v in slots.items()}
                            for d, slots in each.state.items()
                        }
                    ),
                    SYSTEM,
                )
            ],
        }
        for dialogue in data.dialogues.values()
    ]


def test_a_state_after_each_turn_of_the_user(tmp_path: Path) -> None:
    turns = [
        user(hotel={"area": ["north", "the north"], "stars": ["dontcare"]}, taxi={}),
        SYSTEM,
        user(hotel={"bookpeople": ["2"]}, train={"day": ["any", "dontcare"]}),
        SYSTEM,
    ]
    path = written(tmp_path / "d.json", [{"dialogue_id": "SNG7.json", "turns": turns}])
    assert read_gold_states_22(path) == {
        "sng7": ({"hotel": {"area": "north"}}, {"hotel": {"bookpeople": "2"}})
    }


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        "[1]",
        '[{"dialogue_id": "a"}]',
        '[{"dialogue_id": "a", "turns": [{"speaker": "USER"}]}]',
        '[{"dialogue_id": "a", "turns": [{"speaker": "USER", "frames": [{}]}]}]',
        "[" * 100_000,
    ],
)
def test_another_form_is_one_clear_error(text: str, tmp_path: Path) -> None:
    path = tmp_path / "dialogues_001.json"
    path.write_text(text)
    with pytest.raises(DataFormatError, match=r"dialogues_001\.json.*"):
        read_gold_states_22(path)


def stateless(data: MultiwozData) -> dict[str, Any]:
    """Replies with every placeholder that a success may want, without states."""
    said = "[name] [address] [phone] [postcode] [reference] [trainid]"
    turn = {"response": said, "delexicalised": True}
    return {d.id: [turn] * len(d.turns) for d in data.dialogues.values()}


def test_the_same_states_give_the_same_scores_and_others_do_not(
    cambridge: MultiwozData, tmp_path: Path
) -> None:
    path = written(tmp_path / "dialogues_001.json", as_in_22(cambridge))
    turns = PredictedTurn("[name] [phone] [reference]", delexicalised=True)
    predictions = {d.id: (turns,) * len(d.turns) for d in cambridge.dialogues.values()}
    as_24 = score(cambridge, predictions)
    states = read_gold_states_22(path)
    as_22 = score(replace(cambridge, states_22=states), predictions)
    nothing = {key: tuple({} for _ in found) for key, found in states.items()}
    silent = score(replace(cambridge, states_22=nothing), predictions)

    assert as_24.metrics["inform"].value > 0
    assert as_22.metrics == as_24.metrics
    assert silent.metrics["inform"].value < as_24.metrics["inform"].value
    assert "jga_strict" not in as_22.metrics
    assert "of MultiWOZ 2.2 stand in for all states; states" in as_22.notes[0]
    assert "--split test:2.2" in as_24.notes[0]


def test_they_are_taken_from_the_source_s_own_place(
    cambridge: MultiwozData,
    cambridge_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COALM_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COALM_CACHE_DIR", str(tmp_path / "cache"))
    options = MULTIWOZ24.stored_options(WITH_STATES_22, str(cambridge_folder))
    with pytest.raises(DataNotFoundError, match="coalm download multiwoz22"):
        MULTIWOZ24.load(options)
    first, *others = as_in_22(cambridge)
    written(tmp_path / "multiwoz22/test/dialogues_001.json", [first])
    written(tmp_path / "multiwoz22/test/dialogues_002.json", others)

    data = MULTIWOZ24.load(options)
    scores = MULTIWOZ24.score(data, stateless(cambridge), options)

    assert MULTIWOZ24.provenance(data, options)["split"] == "test:2.2"
    assert scores.metrics["inform"].value > 0
