"""Both forms of stored predictions are read; what cannot be read is named."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.benchmarks.multiwoz import PredictedTurn, StoredCall, read_predictions
from coalm_oumi.environments.multiwoz.predicted_turn import (
    predicted_turn,
    turn_object,
)
from coalm_oumi.errors import DataFormatError

TURNS = {"sng0001": 2, "mul0002": 1}
KNOWN = {**TURNS, "pmul1455": 1}


def test_our_form(tmp_path: Path) -> None:
    turn = {
        "response": "Your taxi is booked.",
        "calls": [
            {
                "name": "book_taxi",
                "arguments": {"leaveAt": "17:15"},
                "result": {"phone": "07123456789"},
            },
            {"name": "no_call", "arguments": "?", "failure": "not_json"},
        ],
    }
    path = tmp_path / "predictions.jsonl"
    lines = [
        {"id": "SNG0001.json", "prediction": [turn]},
        {"id": "mul0002", "prediction": None},
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert read_predictions(path, TURNS) == {
        "sng0001": (
            PredictedTurn(
                "Your taxi is booked.",
                calls=(
                    StoredCall(
                        "book_taxi", {"leaveAt": "17:15"}, {"phone": "07123456789"}
                    ),
                    StoredCall("no_call", failure="not_json"),
                ),
            ),
        ),
        "mul0002": None,
    }


def test_a_prediction_may_be_its_json_as_text(tmp_path: Path) -> None:
    path = tmp_path / "predictions.jsonl"
    path.write_text(json.dumps({"id": "mul0002", "prediction": '[{"response": "a"}]'}))
    assert read_predictions(path, {"mul0002": 1}) == {"mul0002": (PredictedTurn("a"),)}


@pytest.mark.parametrize("packed", [False, True])
def test_the_form_of_mwzeval(tmp_path: Path, packed: bool) -> None:
    content = {
        "pmul1455": [],
        "SNG0001": [
            {
                "response": "[name]",
                "state": {"hotel": {"stars": 4, "parking": True, "name": None}},
                "active_domains": ["hotel"],
            }
        ],
    }
    text = json.dumps(content, indent=1).encode()
    path = tmp_path / "augmented.json"
    path.write_bytes(gzip.compress(text) if packed else text)
    turn = PredictedTurn(
        "[name]", True, {"hotel": {"stars": "4", "parking": "yes"}}, ("hotel",)
    )
    found = read_predictions(path, TURNS, known=KNOWN)
    assert found == {"sng0001": (turn,), "mul0002": None, "pmul1455": ()}


def test_a_turn_is_written_as_it_is_read() -> None:
    for turn in (
        PredictedTurn("a"),
        PredictedTurn("[a]", True, {"taxi": {"leave": "1"}}, ("taxi",)),
        PredictedTurn("", calls=(StoredCall("f", {"a": 1}, None, "wrong_type"),)),
    ):
        assert predicted_turn(json.loads(json.dumps(turn_object(turn)))) == turn


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"id": "sng0001", "prediction": []}, "1 of 2 dialogues have no prediction"),
        ({"id": "x", "prediction": []}, "no dialogue 'x'"),
        ({"id": "sng0001", "prediction": [{}] * 3}, "3 turns, but the dialogue has 2"),
        ({"id": "sng0001", "prediction": "["}, "its JSON as text"),
        ({"id": "sng0001", "prediction": 3}, "expected a list of turns"),
        ({"id": "sng0001", "prediction": ["a"]}, "a turn is an object"),
        ({"id": "sng0001", "prediction": [{"response": 1}]}, "'response' is text"),
        ({"id": "sng0001", "prediction": [{"state": {"a": 1}}]}, "an object of slots"),
        ({"id": "sng0001", "prediction": [{"calls": [1]}]}, "a call is an object"),
        ({"id": "sng0001", "prediction": [{"active_domains": "a"}]}, "lists names"),
        ({"sng0001": {}}, "expected a list of turns"),
        ({"sng0001": [], "SNG0001.json": []}, "two predictions"),
        (
            {"sng0001": [{"state": {"a": {"b": 1}}, "response": []}]},
            "'response' is text",
        ),
        ({}, "expected a JSON object from dialogue ids"),
        ({"dialogue": "sng0001", "prediction": []}, "the first one has dialogue, pred"),
        ({"sng0001": None}, "expected a list of turns"),
        ({"sng0001": [None]}, "a turn is an object"),
        ({"sng0001": [{"response": ["a"]}]}, "'response' is text"),
        ({"sng0001": [{"state": ["hotel-area-east"]}]}, "'state' is an object"),
        ({"sng0001": [{"active_domains": "hotel"}]}, "lists names"),
        ({"sng0001": [{}] * 3}, "3 turns, but the dialogue has 2"),
        ({"predictions": {"sng0001": []}}, "no dialogue 'predictions'"),
        (["a"], "expected a JSON object from dialogue ids"),
    ],
)
def test_other_content_is_refused(tmp_path: Path, content: Any, message: str) -> None:
    path = tmp_path / "predictions"
    path.write_text(json.dumps(content))
    with pytest.raises(DataFormatError, match=message):
        read_predictions(path, TURNS)


@pytest.mark.parametrize("text", ["", "[" * 100_000, "no JSON", '{"a": NaN}'])
def test_no_json(tmp_path: Path, text: str) -> None:
    path = tmp_path / "predictions"
    path.write_text(text)
    with pytest.raises(DataFormatError, match="neither lines of"):
        read_predictions(path, TURNS)
