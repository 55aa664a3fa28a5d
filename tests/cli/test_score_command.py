"""`coalm score` scores stored predictions without a model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from coalm_oumi.benchmarks.snips_dst import load_snips_dst
from coalm_oumi.embedded import embedded_folder
from tests.cli.conftest import Command

SPLIT = "snips/slotgated/snips"


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    """The right reply to every case of the embedded corpus, the first case's apart."""
    path = tmp_path / "predictions.jsonl"
    lines = []
    folder = embedded_folder("snips_split") / SPLIT
    for number, case in enumerate(load_snips_dst(data=folder).cases):
        state = {
            "domain": case.state.intent,
            "slot_values": dict(case.state.slot_values),
        }
        reply = f"System: {json.dumps(state)}" if number else "\x1b[31mNo idea"
        lines.append(json.dumps({"id": case.id, "prediction": reply}) + "\n")
    path.write_text("".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Data of the user's own, of two test cases, in COALM_DATA_DIR."""
    folder = tmp_path / "data" / SPLIT
    folder.mkdir(parents=True)
    rows = [
        {
            "dialog_id": f"own_{n}",
            "domain": "GetWeather",
            "utterance": f"Weather in town {n}",
            "slot_values": {"city": f"town {n}"},
        }
        for n in range(2)
    ]
    for name in ("train", "valid", "test"):
        text = json.dumps(rows if name == "test" else rows[:1])
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    monkeypatch.setenv("COALM_DATA_DIR", str(tmp_path / "data"))
    return folder


def replies(path: Path, *pairs: tuple[str, str]) -> Path:
    """Writes predictions."""
    lines = [json.dumps({"id": key, "prediction": text}) + "\n" for key, text in pairs]
    path.write_text("".join(lines), encoding="utf-8")
    return path


def own_replies(folder: Path) -> Path:
    """Predictions for the user's own data: the second one is wrong."""
    right = '{"domain": "GetWeather", "slot_values": {"city": "town 0"}}'
    return replies(folder / "own.jsonl", ("own_1", "Rain."), ("own_0", right))


def test_json_is_one_object_and_nothing_else(coalm: Command, gold: Path) -> None:
    ended = coalm("score", "snips_dst", "--predictions", gold, "--json")

    assert ended.code == 0
    assert json.loads(ended.text) == {
        "intent_accuracy": 99.2857,
        "slot_f1": pytest.approx(99.7, abs=0.3),
        "joint_goal_accuracy": 99.2857,
        "joint_goal_accuracy_normalized": 99.2857,
        "unparsable": 0.7143,
        "repeated_slot": 0.0,
        "n": 140,
    }


def test_report_has_intervals_groups_and_wrong_cases(
    coalm: Command, gold: Path
) -> None:
    ended = coalm("score", "snips_dst", "--predictions", gold)

    lines = [line.split() for line in ended.text.splitlines()]
    assert ended.code == 0
    assert "(embedded), invented data" in ended.text
    metric = ["joint", "goal", "accuracy"]
    assert [*metric, "99.3", "96.1", "-", "99.9", "0.7", "140"] in lines
    assert "The best constant reply for joint goal accuracy" in ended.text
    assert [line[0] for line in lines if line and line[0].startswith("intent=")] == [
        "intent=AddToPlaylist",
        "intent=BookRestaurant",
        "intent=GetWeather",
        "intent=PlayMusic",
        "intent=RateBook",
        "intent=SearchCreativeWork",
        "intent=SearchScreeningEvent",
    ]
    assert "utterance=not_in_training" in ended.text
    assert "Wrong cases (1 of 1)" in ended.text
    assert "  prediction: \\x1b[31mNo idea" in ended.text


def test_wrong_cases_can_be_left_out(coalm: Command, gold: Path) -> None:
    ended = coalm("score", "snips_dst", "--predictions", gold, "--wrong", "0")

    assert ended.code == 0
    assert "Wrong cases" not in ended.text


def test_the_real_data_comes_first(coalm: Command, real: Path) -> None:
    ended = coalm("score", "snips_dst", "--predictions", own_replies(real), "--json")

    metrics = json.loads(ended.text)
    assert (metrics["n"], metrics["joint_goal_accuracy"]) == (2, 50.0)


def test_utterances_of_the_training_part_are_counted_apart(
    coalm: Command, real: Path
) -> None:
    ended = coalm("score", "snips_dst", "--predictions", own_replies(real))

    assert "invented" not in ended.text
    lines = [line.split() for line in ended.text.splitlines()]
    groups = {line[0]: line[1:4] for line in lines if line and "utterance=" in line[0]}
    assert groups == {
        "utterance=also_in_training": ["1", "100.0", "100.0"],
        "utterance=not_in_training": ["1", "0.0", "0.0"],
    }


@pytest.mark.usefixtures("real")
def test_predictions_for_the_embedded_corpus_are_told_apart(
    coalm: Command, gold: Path
) -> None:
    ended = coalm("score", "snips_dst", "--predictions", gold)

    assert ended.code == 1
    assert "Pass `--data embedded`." in ended.text


@pytest.mark.usefixtures("real")
def test_the_embedded_corpus_can_be_asked_for(coalm: Command, gold: Path) -> None:
    ended = coalm(
        "score", "snips_dst", "--predictions", gold, "--data", "embedded", "--json"
    )

    assert json.loads(ended.text)["n"] == 140


def test_predictions_for_data_that_is_not_here(coalm: Command, tmp_path: Path) -> None:
    ended = coalm("score", "snips_dst", "--predictions", own_replies(tmp_path))

    assert ended.code == 1
    assert "`coalm download snips_split`" in ended.text


def test_data_from_a_path_and_another_part(coalm: Command, tmp_path: Path) -> None:
    folder = embedded_folder("snips_split") / SPLIT
    cases = load_snips_dst(data=folder, part="validation").cases
    path = replies(tmp_path / "own.jsonl", *((case.id, "") for case in cases))

    ended = coalm(
        "score", "snips_dst", "--predictions", path, "--data", folder, "--split",
        "validation", "--json",
    )  # fmt: skip

    metrics = json.loads(ended.text)
    assert (metrics["n"], metrics["unparsable"]) == (70, 100.0)


def test_results_are_written(coalm: Command, gold: Path, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "scored"

    ended = coalm("score", "snips_dst", "--predictions", gold, "--output", folder)

    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert ended.text.endswith(f"Results are in {folder}\n")
    assert results["task"] == "snips_dst"
    assert results["metrics"]["joint_goal_accuracy"]["n"] == 140
    assert results["provenance"]["predictions"] == str(gold)
    assert len(results["provenance"]["predictions_sha256"]) == 64
    assert results["provenance"]["cases_in_data"] == 140
    floor = results["floors"]["joint_goal_accuracy"]
    assert floor["value"] == 0.7143
    assert floor["reply"].startswith('System: {"domain": ')


def test_the_folder_of_the_predictions_is_not_overwritten(
    coalm: Command, gold: Path
) -> None:
    before = gold.read_bytes()

    ended = coalm("score", "snips_dst", "--predictions", gold, "--output", gold.parent)

    assert ended.code == 1
    assert "Choose another folder." in ended.text
    assert gold.read_bytes() == before
    assert not (gold.parent / "results.json").exists()


def test_scoring_loads_nothing_heavy(gold: Path) -> None:
    code = (
        "import sys\n"
        "from coalm_oumi.cli import app\n"
        "app(sys.argv[1:], standalone_mode=False)\n"
        "heavy = ('oumi', 'torch', 'transformers', 'datasets', 'pandas', 'pydantic')\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    arguments = ["score", "snips_dst", "--predictions", str(gold)]

    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ.copy(),
    )

    assert done.stdout.splitlines()[-1] == "[]"
