"""`coalm score api_bank`: the level follows from the ids of the predictions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coalm_oumi.benchmarks.api_bank import load_api_bank
from tests.cli.conftest import Command


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    """The right reply to every embedded case."""
    lines = [
        json.dumps({"id": case.id, "prediction": case.label})
        for case in load_api_bank().cases
    ]
    path = tmp_path / "predictions.jsonl"
    path.write_text("\n".join(lines))
    return path


def test_json_has_every_level(coalm: Command, gold: Path) -> None:
    found = json.loads(coalm("score", "api_bank", "--predictions", gold, "--json").text)
    assert (found["l1_rouge_l"], found["l2_bleu_4"], found["n"]) == (100, 100, 36)
    assert (found["exact_call_match"], found["unparsable"]) == (100, 0)


def test_predictions_of_one_level_are_scored_as_that(
    coalm: Command, gold: Path
) -> None:
    lines = [line for line in gold.read_text().splitlines() if '"l2-' in line]
    gold.write_text("\n".join(lines))
    found = json.loads(coalm("score", "api_bank", "--predictions", gold, "--json").text)
    assert (found["n"], found["l2_rouge_l"]) == (12, 100)
    assert "l1_rouge_l" not in found


def test_a_missing_prediction_is_named(coalm: Command, gold: Path) -> None:
    gold.write_text("\n".join(gold.read_text().splitlines()[1:]))
    ended = coalm("score", "api_bank", "--predictions", gold)
    assert ended.code == 1
    assert "1 of 36 cases have no prediction, the first is 'l1-0'" in ended.text


def test_report_is_readable(coalm: Command, gold: Path) -> None:
    text = coalm("score", "api_bank", "--predictions", gold).text
    assert "api_bank, all: " in text
    assert "jieba" not in text.lower()
    rows = [line.split() for line in text.splitlines()]
    metric = ["exact", "call,", "level", "1"]
    assert [*metric, "100.0", "86.2", "-", "100.0", "-", "24"] in rows


def test_another_part_is_told(coalm: Command, gold: Path) -> None:
    ended = coalm("score", "api_bank", "--predictions", gold, "--split", "test")
    assert ended.code == 1
    assert "Expected one of: l1, l2, all." in ended.text


def test_results_name_the_packages_that_scored(
    coalm: Command, gold: Path, tmp_path: Path
) -> None:
    coalm("score", "api_bank", "--predictions", gold, "--output", tmp_path / "scored")
    results = json.loads((tmp_path / "scored" / "results.json").read_text())
    assert {"coalm-oumi", "rouge-chinese", "jieba", "nltk"} == set(
        results["provenance"]["versions"]
    )
