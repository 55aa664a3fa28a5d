"""`coalm score multiwoz24` scores both forms of predictions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from coalm_oumi.benchmarks.multiwoz import MultiwozData
from coalm_oumi.cli import app
from coalm_oumi.environments.multiwoz.predicted_turn import (
    PredictedTurn,
    turn_object,
)


def coalm(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.output


def score(predictions: Path, folder: Path, *options: object) -> dict[str, Any]:
    code, text = coalm(
        "score",
        "multiwoz24",
        "--predictions",
        predictions,
        "--data",
        folder,
        "--json",
        *options,
    )
    assert code == 0, text
    return json.loads(text)


@pytest.fixture
def gold(tmp_path: Path, cambridge: MultiwozData) -> Path:
    path = tmp_path / "gold.jsonl"
    lines = []
    for key in cambridge.test_ids:
        turns = cambridge.dialogues[key].turns
        said = [turn_object(PredictedTurn(t.system, state=t.state)) for t in turns]
        lines.append(json.dumps({"id": key, "prediction": said}) + "\n")
    path.write_text("".join(lines))
    return path


def test_our_form(gold: Path, cambridge_folder: Path) -> None:
    found = score(gold, cambridge_folder)
    assert (found["success"], found["jga_strict"], found["n"]) == (100.0, 100.0, 4)


def test_the_form_of_mwzeval_scores_the_dialogues_in_the_file(
    tmp_path: Path, cambridge_folder: Path
) -> None:
    path = tmp_path / "theirs.json"
    turn = {
        "response": "[name] [postcode]",
        "state": {"attraction": {"type": "museum"}},
    }
    path.write_text(json.dumps({"pmul1455": [turn]}))
    found = score(path, cambridge_folder)
    assert (found["success"], round(found["success_all"], 1)) == (100.0, 33.3)
    assert found["turns_not_predicted"] == 100.0


def test_a_limit(tmp_path: Path, gold: Path, cambridge_folder: Path) -> None:
    path = tmp_path / "first.jsonl"
    path.write_text(gold.read_text().splitlines()[0])
    assert score(path, cambridge_folder, "--limit", 1)["n"] == 2
    code, text = coalm(
        "score", "multiwoz24", "--predictions", path, "--data", cambridge_folder
    )
    assert code == 1
    assert "1 of 2 dialogues have no prediction, the first is 'mul0002'" in text


def test_results_can_be_scored_again(
    tmp_path: Path, gold: Path, cambridge_folder: Path
) -> None:
    folder = tmp_path / "results"
    first = score(gold, cambridge_folder, "--output", folder)
    assert score(folder / "predictions.jsonl", cambridge_folder) == first
    results = json.loads((folder / "results.json").read_text())
    assert results["metrics"]["success"]["interval"] == [34.238, 100.0]
    assert results["provenance"]["delexicaliser"] == "delex_v1"


def test_the_table_has_groups_and_failures(
    tmp_path: Path, cambridge_folder: Path
) -> None:
    path = tmp_path / "theirs.json"
    path.write_text(json.dumps({"sng0001": [{"response": "", "state": {}}]}))
    code, text = coalm(
        "score", "multiwoz24", "--predictions", path, "--data", cambridge_folder
    )
    assert code == 0
    assert "domain=restaurant" in text
    assert "error: no fitting offer: restaurant" in text


def test_without_the_data_it_says_how_to_get_it(gold: Path) -> None:
    code, text = coalm("score", "multiwoz24", "--predictions", gold)
    assert code == 1
    assert "coalm download multiwoz24" in text


def test_another_split(gold: Path, cambridge_folder: Path) -> None:
    code, text = coalm(
        "score",
        "multiwoz24",
        "--predictions",
        gold,
        "--data",
        cambridge_folder,
        "--split",
        "train",
    )
    assert code == 1
    assert "'train' is unknown" in text
