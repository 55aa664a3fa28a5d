"""All benchmarks through `oumi evaluate` and an OpenAI-compatible endpoint."""

from __future__ import annotations

from pathlib import Path

import pytest

from coalm_oumi.corpus import generate
from tests.benchmarks.evaluation_process import Evaluation
from tests.benchmarks.right_replies import RightReplies
from tests.openai_stub import OpenAIStub

TASKS = ("snips_dst", "api_bank", "bfcl_v3", "cra_actions")
WHOLE = {
    "snips_dst": "joint_goal_accuracy",
    "api_bank": "exact_call_match",
    "bfcl_v3": "accuracy",
    "cra_actions": "next_action_accuracy",
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small corpus in the sources' places."""
    folder = tmp_path_factory.mktemp("data")
    generate(
        folder,
        test_per_intent=1,
        train_per_intent=2,
        calls=4,
        irrelevant=1,
        conversations=2,
        train_dialogues=2,
        dev_dialogues=2,
        api_requests=4,
        bfcl_cases=1,
    )
    return folder


@pytest.fixture
def right_replies(data: Path, monkeypatch: pytest.MonkeyPatch) -> RightReplies:
    monkeypatch.setenv("COALM_DATA_DIR", str(data))
    return RightReplies()


def test_all_tasks_run_and_right_replies_score_100(
    repository: Path,
    data: Path,
    checker_python: Path,
    tmp_path: Path,
    right_replies: RightReplies,
) -> None:
    with OpenAIStub(right_replies) as stub:
        run = Evaluation(
            repository, data, checker_python, stub.url, tmp_path / "results"
        )
        run.finish()

    found = {task: run.results(task) for task in TASKS}
    for task, metric in WHOLE.items():
        assert found[task]["metrics"][metric]["value"] == 100, task
        assert found[task]["provenance"]["engine"] == "REMOTE"
        assert found[task]["provenance"]["endpoint"] == stub.url
    assert {task: len(found[task]["cases"]) for task in TASKS[:3]} == {
        "snips_dst": 7,
        "api_bank": 6,
        "bfcl_v3": 17,
    }
    assert sum(told["provenance"]["requests"] for told in found.values()) == (
        stub.answered
    )
    assert found["bfcl_v3"]["provenance"]["requests"] > 17
