"""The task that `oumi evaluate` runs, and `coalm score` of what it leaves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import oumi.builders  # noqa: F401 - first, for Oumi's circular imports
import pytest
from oumi.core.registry import REGISTRY, RegistryType
from typer.testing import CliRunner

import coalm_oumi.plugin
from coalm_oumi.benchmarks.multiwoz import MultiwozData, load_multiwoz
from coalm_oumi.benchmarks.multiwoz.benchmark import MULTIWOZ24
from coalm_oumi.cli import app
from coalm_oumi.embedded import embedded_folder
from coalm_oumi.environments.multiwoz.users.user_engine import (
    engine_config,
    engine_provenance,
)
from coalm_oumi.errors import OptionError
from coalm_oumi.oumi_errors import CoalmOumiError
from tests.benchmarks.evaluated import evaluated
from tests.benchmarks.multiwoz.scripted import Engine, silent

USER = {
    "engine": "REMOTE",
    "model": {"model_name": "some/user"},
    "generation": {"max_new_tokens": 64, "temperature": 0.0},
    "remote_params": {
        "api_url": "https://me:secret@example.org/v1/chat?key=secret",
        "num_workers": 8,
    },
}


@pytest.fixture
def town() -> MultiwozData:
    return load_multiwoz(data=embedded_folder("multiwoz24") / "multiwoz24")


def evaluate(folder: Path, engine: Engine, **options: Any) -> dict[str, Any]:
    return evaluated(MULTIWOZ24, folder, engine, **options)


def results(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "results.json").read_text())


def scored_again(folder: Path, *options: object) -> dict[str, Any]:
    words = ["score", "multiwoz24", "--predictions", folder / "predictions.jsonl"]
    data = embedded_folder("multiwoz24") / "multiwoz24"
    words += ["--data", data, "--json", *options]
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def same_metrics(folder: Path, *options: object) -> bool:
    stored = {k: v["value"] for k, v in results(folder)["metrics"].items()}
    again = scored_again(folder, *options)
    return all(abs(stored[name] - again[name]) < 1e-3 for name in stored)


def test_oumi_knows_the_task() -> None:
    coalm_oumi.plugin.register()
    assert REGISTRY.contains("multiwoz24", RegistryType.EVALUATION_FUNCTION)


def test_gold_history_by_the_oracle(tmp_path: Path, town: MultiwozData) -> None:
    engine = Engine.oracle(town)
    metrics = evaluate(tmp_path, engine)
    assert (metrics["success"], metrics["inform"], metrics["n"]) == (1.0, 1.0, 12)
    assert engine.stops == {("API Result:",)}
    found = results(tmp_path / "multiwoz24")
    recorded = found["provenance"]
    assert recorded["protocol"] == "gold_history"
    assert recorded["prompt"] == "multiwoz_any_one_shot_v1"
    assert recorded["delexicaliser"] == "delex_v1"
    assert recorded["requests"] == len(engine.asked) > 53
    assert found["metrics"]["success"]["interval"] == [75.7506, 100.0]
    assert same_metrics(tmp_path / "multiwoz24")
    assert not (tmp_path / "multiwoz24" / "journal.jsonl").exists()


def test_a_number_of_samples_is_one_of_dialogues(
    tmp_path: Path, town: MultiwozData
) -> None:
    metrics = evaluate(tmp_path, Engine(silent), num_samples=3, slots="omit")
    assert metrics["n"] == 3
    assert metrics["replies_empty"] == 1.0
    assert same_metrics(tmp_path / "multiwoz24", "--limit", 3)
    prompt = results(tmp_path / "multiwoz24")["provenance"]["prompt"]
    assert prompt == "multiwoz_omit_one_shot_v1"


def test_the_other_protocols_have_folders_of_their_own(
    tmp_path: Path, town: MultiwozData
) -> None:
    engine = Engine.oracle(town)
    states = evaluate(tmp_path, engine, protocol="dst_prompt", example=False)
    assert (states["jga_strict"], states["jga_lenient"], states["n"]) == (1.0, 1.0, 12)
    assert engine.stops == {()}
    assert same_metrics(tmp_path / "multiwoz24_dst_prompt")
    held = evaluate(tmp_path, engine, protocol="simulated_user", user="rules")
    assert (held["success"], held["goal_met"], held["bookings_made"]) == (1, 1, 1)
    assert (held["ended_by_user"], held["n"]) == (1.0, 12)
    assert same_metrics(tmp_path / "multiwoz24_simulated_user")
    recorded = results(tmp_path / "multiwoz24_simulated_user")["provenance"]
    assert (recorded["user"], recorded["most_turns"]) == ("goal_user_v2", 20)


def test_an_interrupted_run_goes_on_where_it_was(
    tmp_path: Path, town: MultiwozData
) -> None:
    with pytest.raises(KeyboardInterrupt):
        evaluate(tmp_path / "broken", Engine.oracle(town, waves=3))
    engine = Engine.oracle(town)
    evaluate(tmp_path / "broken", engine)
    whole = Engine.oracle(town)
    evaluate(tmp_path / "whole", whole)
    assert len(engine.asked) < len(whole.asked)
    for name in ("results.json", "predictions.jsonl"):
        pair = [
            (tmp_path / run / "multiwoz24" / name).read_text()
            for run in ("broken", "whole")
        ]
        if name == "results.json":
            pair = [json.dumps(json.loads(text)["cases"]) for text in pair]
        assert pair[0] == pair[1]


def test_what_was_wrong_with_replies_is_counted_and_explained(
    tmp_path: Path, town: MultiwozData
) -> None:
    texts = {
        0: "",
        1: "API Name: find_bus\nAPI Input: {}",
        2: 'API Name: query_hotels\nAPI Input: {"stars',
        3: "Response: " + "word " * 20_000,
        4: 'API Name: query_hotels\nAPI Input: {"stars": [4]}',
        5: "Thought: " + "and " * 25_000,
    }

    def answer(key: str, messages: Any) -> str:
        return texts[sum(map(ord, key)) % 6]

    metrics = evaluate(tmp_path, Engine(answer), num_samples=6)
    assert metrics["turns_with_problem"] == 1.0
    assert metrics["calls_failed"] == 1.0
    found = results(tmp_path / "multiwoz24")
    groups = set(found["groups"])
    assert {
        "problem=empty_reply",
        "problem=cut_off",
        "problem=too_long",
        "problem=no_response",
        "failed_call=unknown_function",
        "failed_call=not_json",
        "failed_call=wrong_type",
    } <= groups
    assert any(
        "unknown_function (there is no such function)" in n for n in found["notes"]
    )
    turn = found["cases"][0]["turns"][0]
    assert set(turn) >= {"user", "calls", "response", "state", "expected_state"}


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"protocol": "online"}, "field 'protocol': 'online' is unknown"),
        ({"slots": "none"}, "field 'slots': 'none' is unknown"),
        ({"example": "yes"}, "field 'example': expected true or false"),
        ({"most_turns": 0}, "field 'most_turns': expected a whole number from 1"),
        ({"user": "rules"}, "only simulated_user has a user"),
        ({"protocol": "simulated_user"}, "field 'user': simulated_user needs one"),
        (
            {"protocol": "simulated_user", "user": "gpt"},
            "field 'user': expected 'rules'",
        ),
        (
            {"protocol": "simulated_user", "user": {"model": {}, "modle": {}}},
            "'modle' is unknown; did you mean 'model'",
        ),
        ({"data": "/nowhere"}, "/nowhere"),
    ],
)
def test_a_wrong_option_is_one_line(
    tmp_path: Path, options: dict[str, Any], why: str
) -> None:
    with pytest.raises(CoalmOumiError, match=why):
        evaluate(tmp_path, Engine(silent), **options)


def test_a_users_engine_is_told_without_its_secrets() -> None:
    recorded = engine_provenance(engine_config(USER))
    assert recorded["endpoint"] == "https://example.org/v1/chat"
    assert (recorded["model"], recorded["engine"]) == ("some/user", "REMOTE")
    assert recorded["sampling"]["max_new_tokens"] == 64
    assert "secret" not in json.dumps(recorded)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"engine": "TELEPATHY"}, "'TELEPATHY' is unknown"),
        ({"model": {}}, "missing mandatory value: model_name"),
        ({"model": {"model_nam": "x"}}, "model_nam"),
        ({"generation": {"max_new_tokens": "many"}}, "max_new_tokens"),
    ],
)
def test_a_wrong_engine_is_told(change: dict[str, Any], why: str) -> None:
    with pytest.raises(OptionError, match=why):
        engine_config({**USER, **change})
