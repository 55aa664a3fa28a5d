"""A checker that dies, hangs or breaks: started anew, asked again, never silently 0."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.benchmarks.bfcl import checker_process
from coalm_oumi.benchmarks.bfcl.checker_process import Broken, Checker
from coalm_oumi.errors import CoalmError

ASKED = {"op": "check_calls", "text": "[f(a=1)]"}
# A worker that does what its plan says, a step per request over all its lives. Without
# `site`, whose .pth files (ours is one) put variables of their own into the environment.
WORKER = """#!{python} -S
import json, os, sys, time
plan = {plan!r}
state = {state!r}
for line in sys.stdin:
    request = json.loads(line)
    done = open(state).read().splitlines()
    open(state, "a").write(request["op"] + "\\n")
    step = plan[len(done)] if len(done) < len(plan) else "answer"
    if step == "die":
        os._exit(9)
    if step == "hang":
        time.sleep(600)
    if step == "garble":
        print("what?", flush=True)
        continue
    answer = {{"valid": True, "environment": dict(os.environ), "folder": os.getcwd()}}
    if step == "break":
        answer = {{"broke": "it used up its time"}}
    print(json.dumps(answer), flush=True)
"""

MakeWorker = Callable[..., Path]


@pytest.fixture
def worker(tmp_path: Path) -> MakeWorker:
    """Makes a worker with a plan; returns what stands for its interpreter."""

    def make(*plan: str) -> Path:
        state = tmp_path / "state"
        state.write_text("")
        path = tmp_path / "python"
        path.write_text(
            WORKER.format(python=sys.executable, plan=list(plan), state=str(state))
        )
        path.chmod(0o755)
        return path

    return make


def requests_so_far(python: Path) -> list[str]:
    return python.with_name("state").read_text().splitlines()


@pytest.mark.parametrize("trouble", ["die", "garble", "break"])
def test_one_mishap_is_asked_again_of_a_new_process(
    worker: MakeWorker, trouble: str
) -> None:
    python = worker(trouble)
    with Checker(python) as checker:
        answer = checker.ask(ASKED)

    assert not isinstance(answer, Broken)
    assert answer["valid"]
    assert requests_so_far(python) == ["check_calls", "check_calls"]
    assert checker.restarts == 1


def test_a_process_that_hangs_is_ended_and_asked_again(
    worker: MakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checker_process, "_GRACE", 5)
    with Checker(worker("hang"), seconds=0) as checker:
        assert not isinstance(checker.ask(ASKED), Broken)


def test_what_breaks_again_while_harmless_text_passes_is_the_texts_doing(
    worker: MakeWorker,
) -> None:
    python = worker("break", "break")
    with Checker(python) as checker:
        assert checker.ask(ASKED) == Broken("it used up its time")

    assert requests_so_far(python)[-1] == "check_presence"


@pytest.mark.parametrize("plan", [["die"] * 9, ["break"] * 9, ["garble"] * 9])
def test_a_checker_out_of_order_is_an_error_not_a_score(
    worker: MakeWorker, plan: list[str]
) -> None:
    with (
        Checker(worker(*plan)) as checker,
        pytest.raises(CoalmError, match=r"checker is out of order.*Nothing was scored"),
    ):
        checker.ask(ASKED)


def test_a_checker_that_does_not_start_is_an_error(tmp_path: Path) -> None:
    with (
        Checker(tmp_path / "nothing") as checker,
        pytest.raises(CoalmError, match="out of order"),
    ):
        checker.ask(ASKED)


def test_the_process_has_none_of_our_variables_and_an_empty_folder(
    worker: MakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    with Checker(worker()) as checker:
        answer: Any = checker.ask(ASKED)
        folder = Path(answer["folder"])
        assert list(folder.iterdir()) == []

    assert "secret" not in json.dumps(answer)
    assert set(answer["environment"]) <= {
        *("HOME", "TMPDIR", "LC_ALL", "LC_CTYPE", "TZ", "PYTHONHASHSEED"),
        *("PYTHONDONTWRITEBYTECODE", "PYTHONNOUSERSITE"),
        "__CF_USER_TEXT_ENCODING",
    }
    assert not folder.exists()


def test_answers_of_several_workers_come_in_the_order_asked(
    checker_python: Path,
) -> None:
    texts = ["[f()]" if number % 3 else "No." for number in range(24)]
    asked = [
        {"op": "check_presence", "category": "live_relevance", "text": text}
        for text in texts
    ]
    told: list[int] = []
    with Checker(checker_python, workers=2) as checker:
        answers = checker.map(asked, told.append)

    found = [not isinstance(a, Broken) and a["valid"] for a in answers]
    assert found == [text == "[f()]" for text in texts]
    assert told == list(range(1, 25))
