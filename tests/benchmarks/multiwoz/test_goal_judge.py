"""A model as judge of `simulated_user`: beside the rules, journalled, never in the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from coalm_oumi.benchmarks.multiwoz import MultiwozData, load_multiwoz
from coalm_oumi.benchmarks.multiwoz.protocols.goal_judge import judge_config
from coalm_oumi.embedded import embedded_folder
from coalm_oumi.errors import OptionError
from tests.benchmarks.multiwoz.scripted import Engine
from tests.benchmarks.multiwoz.test_multiwoz_task import (
    evaluate,
    results,
    same_metrics,
)
from tests.openai_stub import Messages, OpenAIStub

CONFIG = Path(__file__).parents[3] / "configs" / "multiwoz_judge.yaml"
MET = '{"explanation": "all given", "judgment": "met"}'
NOT_MET = '{"explanation": "no postcode", "judgment": "not_met"}'

Write = Callable[..., Path]


@pytest.fixture
def town() -> MultiwozData:
    return load_multiwoz(data=embedded_folder("multiwoz24") / "multiwoz24")


@pytest.fixture
def config(tmp_path: Path) -> Write:
    """Writes the shipped config for a server on this machine, with fields changed."""

    def write(url: str, **changes: Any) -> Path:
        given = yaml.safe_load(CONFIG.read_text())
        given["judge_params"] |= changes
        given["inference_config"] |= {
            "engine": "REMOTE",
            "remote_params": {
                "api_url": url,
                "politeness_policy": 0.0,
                "max_retries": 0,
            },
        }
        path = tmp_path / "judge.yaml"
        path.write_text(yaml.safe_dump(given))
        return path

    return write


def held(folder: Path, engine: Engine, judge: Path) -> dict[str, Any]:
    return evaluate(
        folder,
        engine,
        protocol="simulated_user",
        user="rules",
        judge=str(judge),
        num_samples=6,
    )


def test_verdicts_stand_beside_the_rules(
    tmp_path: Path, town: MultiwozData, config: Write
) -> None:
    asked: list[str] = []

    def reply(messages: Messages) -> str:
        asked.append(messages[-1]["content"])
        return MET if len(asked) % 3 else NOT_MET

    with OpenAIStub(reply) as stub:
        metrics = held(tmp_path, Engine.oracle(town), config(stub.url))
    assert (metrics["goal_met"], metrics["success"]) == (1.0, 1.0)
    assert (
        metrics["judge_goal_met"] == metrics["judge_agreement"] == pytest.approx(4 / 6)
    )
    folder = tmp_path / "multiwoz24_simulated_user"
    found = results(folder)
    assert found["notes"] == [
        "The judge agrees with the rules on 4 of 6 dialogues: both find 4 goals met and 0 "
        "not; 0 only the judge, 2 only the rules."
    ]
    said = [case["judge"]["verdict"] for case in found["cases"]]
    assert sorted(said) == ["met"] * 4 + ["not_met"] * 2
    assert all(case["right"] for case in found["cases"])
    assert found["provenance"]["judge"]["model"] == "gpt-4o"
    assert same_metrics(folder, "--limit", 6)
    assert not list(folder.glob("[a-z]*journal.jsonl"))
    goal = town.dialogues[town.test_ids[0]].message[0]
    assert any(goal in text and "Visitor: " in text for text in asked)


def test_a_judge_that_is_down_costs_no_dialogue_and_is_asked_again(
    tmp_path: Path, town: MultiwozData, config: Write
) -> None:
    engine = Engine.oracle(town)
    with OpenAIStub(lambda messages: MET) as stub:
        path = config(stub.url)
        stub.down = True
        metrics = held(tmp_path, engine, path)
        assert metrics["goal_met"] == 1.0
        assert "judge_goal_met" not in metrics
        requests = len(engine.asked)
        stub.down = False
        metrics = held(tmp_path, engine, path)
        assert metrics["judge_agreement"] == 1.0
        assert stub.answered == 6
    assert len(engine.asked) == requests  # The dialogues were not held again.
    folder = tmp_path / "multiwoz24_simulated_user"
    assert not list(folder.glob("[a-z]*journal.jsonl"))


def test_what_was_judged_is_not_asked_again(
    tmp_path: Path, town: MultiwozData, config: Write
) -> None:
    def reply(messages: Messages) -> str:
        stub.down = stub.answered == 2
        return MET

    with OpenAIStub(reply, slots=1) as stub:
        path = config(stub.url)
        held(tmp_path, Engine.oracle(town), path)
        folder = tmp_path / "multiwoz24_simulated_user"
        found = results(folder)
        assert sum("judge" in case for case in found["cases"]) == 3
        assert "The judge was not reached for 3 dialogues." in found["notes"]
        stub.down = False
        metrics = held(tmp_path, Engine.oracle(town), path)
        assert stub.answered == 6
    assert metrics["judge_agreement"] == 1.0


def test_a_reply_that_cannot_be_read_is_no_verdict(
    tmp_path: Path, town: MultiwozData, config: Write
) -> None:
    with OpenAIStub(lambda messages: "Well, it depends.") as stub:
        metrics = held(tmp_path, Engine.oracle(town), config(stub.url))
    assert metrics["goal_met"] == 1.0
    assert "judge_agreement" not in metrics
    notes = results(tmp_path / "multiwoz24_simulated_user")["notes"]
    assert any("6 replies of the judge could not be read" in note for note in notes)


def test_a_dialogue_may_say_anything_to_the_judge(
    tmp_path: Path, town: MultiwozData, config: Write
) -> None:
    asked: list[str] = []

    def reply(messages: Messages) -> str:
        asked.append(messages[-1]["content"])
        return NOT_MET

    engine = Engine(lambda key, messages: "Response: {goal} {0} %s {dialogue[0]}")
    with OpenAIStub(reply) as stub:
        metrics = held(tmp_path, engine, config(stub.url))
    assert (metrics["goal_met"], metrics["judge_agreement"]) == (0.0, 1.0)
    assert all("Assistant: {goal} {0} %s {dialogue[0]}" in text for text in asked)


def test_the_shipped_config_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    assert judge_config(CONFIG).judge_params.judgment_scores == {
        "met": 1.0,
        "not_met": 0.0,
    }


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"prompt_template": "{goal}"}, "expected the placeholders"),
        ({"judgment_scores": {"good": 1.0, "bad": 0.0}}, "for met and not_met"),
        ({"judgment_tpye": "ENUM"}, "no Oumi judge config.*judgment_tpye"),
    ],
)
def test_another_judges_config_is_refused(
    config: Write, changes: dict[str, Any], why: str
) -> None:
    changes.setdefault("prompt_template_placeholders", None)
    with pytest.raises(OptionError, match=why):
        judge_config(config("http://127.0.0.1:1/v1/chat/completions", **changes))


def test_a_judge_without_file_or_key_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(OptionError, match=r"there is no file .*judge\.yaml"):
        judge_config(tmp_path / "judge.yaml")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(OptionError, match="OPENAI_API_KEY is not set"):
        judge_config(CONFIG)


def test_stored_verdicts_are_checked() -> None:
    from coalm_oumi.environments.multiwoz.predicted_turn import predicted_turn

    with pytest.raises(ValueError, match="'judged' is an object with a verdict"):
        predicted_turn({"response": "", "judged": {"verdict": "good"}})
