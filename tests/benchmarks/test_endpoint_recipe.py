"""All benchmarks through `oumi evaluate` and an OpenAI-compatible endpoint."""

from __future__ import annotations

import json
import random
import subprocess
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import validate

from tests.benchmarks.evaluation_process import Evaluation
from tests.benchmarks.right_replies import RightReplies
from tests.corpus.generator.make import generate
from tests.openai_stub import OpenAIStub

pytestmark = pytest.mark.slow

TASKS = ("snips_dst", "api_bank", "bfcl_v3", "cra_actions", "multiwoz24")
# What right replies bring to 100; the endpoint knows none of the answers to multiwoz24.
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


@pytest.fixture(scope="module")
def right_replies(data: Path) -> RightReplies:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COALM_DATA_DIR", str(data))
        return RightReplies()


@pytest.fixture(scope="module")
def whole_run(
    repository: Path,
    data: Path,
    checker_python: Path,
    tmp_path_factory: pytest.TempPathFactory,
    right_replies: RightReplies,
) -> tuple[Evaluation, OpenAIStub]:
    """A run that nothing happened to, and the endpoint that it used."""
    output = tmp_path_factory.mktemp("whole") / "results"
    with OpenAIStub(right_replies) as stub:
        run = Evaluation(repository, data, checker_python, stub.url, output)
        run.finish()
    return run, stub


def test_all_tasks_run_and_right_replies_score_100(
    whole_run: tuple[Evaluation, OpenAIStub],
) -> None:
    run, stub = whole_run
    found = {task: run.results(task) for task in TASKS}
    schema = files("coalm_oumi.evaluation") / "results.schema.json"
    for task in TASKS:
        validate(found[task], json.loads(schema.read_text("utf-8")))
        assert found[task]["floors"], task
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


RETRIES = (
    *("--inference_remote_params.max_retries", "1"),
    *("--inference_remote_params.retry_backoff_base", "0.1"),
    *("--inference_remote_params.retry_backoff_max", "0.1"),
)


def test_killed_at_any_moment_and_with_an_endpoint_that_fails_for_seconds(
    repository: Path,
    data: Path,
    checker_python: Path,
    tmp_path: Path,
    right_replies: RightReplies,
    whole_run: tuple[Evaluation, OpenAIStub],
) -> None:
    whole, _ = whole_run
    rng = random.Random(5)  # noqa: S311
    with OpenAIStub(right_replies, latency=0.1, slots=4) as stub:
        broken = Evaluation(
            repository, data, checker_python, stub.url, tmp_path / "out"
        )
        for _ in range(2):
            answered = stub.answered
            process = broken.start(*RETRIES)
            _wait_until(lambda before=answered: stub.answered > before, process)
            time.sleep(3 * rng.random())
            process.kill()
            process.communicate()
        process = broken.start(*RETRIES)
        answered = stub.answered
        _wait_until(lambda: stub.answered > answered + 8, process)
        stub.down = True
        time.sleep(3)
        stub.down = False
        printed, _ = process.communicate(timeout=600)
        if process.returncode:
            # The endpoint was down as a task began, which ends the run at once.
            assert "of the first" in printed, printed[-4000:]
            broken.finish(*RETRIES)

    assert stub.refused > 0
    for task in TASKS:
        parts = [(run.results(task), run.predictions(task)) for run in (whole, broken)]
        (first, said), (second, said_then) = parts
        assert said == said_then, task
        for name in ("metrics", "groups", "cases", "notes"):
            assert first[name] == second[name], (task, name)
        if task in WHOLE:
            assert second["metrics"][WHOLE[task]]["value"] == 100


def _wait_until(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 300
    while not condition():
        assert process.poll() is None, process.communicate()[0][-4000:]
        assert time.monotonic() < deadline
        time.sleep(0.02)
