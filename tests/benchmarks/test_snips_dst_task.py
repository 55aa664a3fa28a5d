"""The task that `oumi evaluate` runs, with an engine that knows the answers."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import oumi.builders  # noqa: F401 - first, for Oumi's circular imports
import pytest
from typer.testing import CliRunner

from coalm_oumi.benchmarks.snips_dst.benchmark import SNIPS_DST
from coalm_oumi.cli import app
from coalm_oumi.oumi_errors import CoalmOumiError
from tests.benchmarks.evaluated import KnowsTheAnswers, evaluated


def evaluate(folder: Path, engine: Any, **options: Any) -> dict[str, Any]:
    return evaluated(SNIPS_DST, folder, engine, **options)


def test_metrics_are_shares_for_oumi(tmp_path: Path) -> None:
    metrics = evaluate(tmp_path, KnowsTheAnswers(SNIPS_DST))
    assert metrics["intent_accuracy"] == 1.0
    assert metrics["unparsable"] == 0.0
    assert metrics["n"] == 140


def test_results_say_how_they_were_made_and_are_scored_again(tmp_path: Path) -> None:
    evaluate(tmp_path, KnowsTheAnswers(SNIPS_DST))
    folder = tmp_path / "snips_dst"
    provenance = json.loads((folder / "results.json").read_text())["provenance"]
    assert {
        "data_sha256",
        "prompt",
        "prompt_layout",
        "chat_template",
        "engine",
        "sampling",
        "versions",
        "n",
    } <= set(provenance)
    arguments = ["score", "snips_dst", "--json", "--predictions"]
    again = CliRunner().invoke(app, [*arguments, str(folder / "predictions.jsonl")])
    assert json.loads(again.stdout)["joint_goal_accuracy"] == 100.0


def test_an_unknown_option_is_named(tmp_path: Path) -> None:
    with pytest.raises(CoalmOumiError, match="did you mean 'prompt_layout'"):
        evaluate(tmp_path, KnowsTheAnswers(SNIPS_DST), promt_layout="plain")


def test_an_option_of_another_type_is_named(tmp_path: Path) -> None:
    with pytest.raises(CoalmOumiError, match="field 'data': expected text"):
        evaluate(tmp_path, KnowsTheAnswers(SNIPS_DST), data=3)


def test_padding_on_the_right_is_refused(tmp_path: Path) -> None:
    engine = SimpleNamespace(_tokenizer=SimpleNamespace(padding_side="right"))
    with pytest.raises(CoalmOumiError, match="padding_side: left"):
        evaluate(tmp_path, engine)
