"""A checker that dies, hangs or breaks: started anew, asked again, never silently 0."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.benchmarks.bfcl import checker_process
from coalm_oumi.benchmarks.bfcl.checker_process import CODE, LIMITS, Broken, Checker
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
    answer = {{
        "number": request["number"], "valid": True, "error_type": None, "errors": [],
        "sub_errors": [], "found": json.dumps(dict(os.environ)), "count": 0,
        "over_lines": None,
    }}
    if step == "refuse":
        answer = {{"number": request["number"], "refused": "code", "reason": "It is."}}
    if step == "forge":
        print(json.dumps({{**answer, "valid": False}}))
    if step == "another":
        answer["number"] += 1
    if step == "mistyped":
        answer["valid"] = "true"
    if step == "more":
        answer["verdict"] = True
    if step == "less":
        del answer["count"]
    if step == "mixed":
        answer["errors"] = [1]
    print("what?" if step == "garble" else json.dumps(answer), flush=True)
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


TROUBLE = ["die", "garble", "another", "mistyped", "more", "less", "mixed"]


@pytest.mark.parametrize("trouble", TROUBLE)
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
    python = worker("die", "die")
    with Checker(python) as checker:
        assert checker.ask(ASKED) == Broken("it ended with status 9", LIMITS)

    assert requests_so_far(python) == ["check_calls", "check_calls", "check_presence"]


def test_a_refusal_is_an_answer_and_not_asked_for_again(worker: MakeWorker) -> None:
    python = worker("refuse")
    with Checker(python) as checker:
        assert checker.ask(ASKED) == Broken("It is.", CODE)
        assert not isinstance(checker.ask(ASKED), Broken)

    assert requests_so_far(python) == ["check_calls", "check_calls"]
    assert checker.restarts == 0


def test_a_line_too_many_is_not_the_next_requests_answer(worker: MakeWorker) -> None:
    python = worker("forge")
    with Checker(python) as checker:
        first: Any = checker.ask(ASKED)
        second: Any = checker.ask(ASKED)

    # The forged line has the first request's number; the true one is nobody's.
    assert (first["valid"], second["valid"]) == (False, True)
    assert checker.restarts == 1


@pytest.mark.parametrize("plan", [["die"] * 9, ["another"] * 9, ["garble"] * 9])
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


def test_the_process_has_none_of_our_variables(
    worker: MakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    with Checker(worker()) as checker:
        answer: Any = checker.ask(ASKED)

    assert "secret" not in json.dumps(answer)
    assert set(json.loads(answer["found"])) <= {
        *("HOME", "LC_ALL", "LC_CTYPE", "TZ", "PYTHONHASHSEED"),
        *("PYTHONDONTWRITEBYTECODE", "PYTHONNOUSERSITE"),
        "__CF_USER_TEXT_ENCODING",
    }


def test_a_checker_leaves_nothing_behind(
    checker_python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    with Checker(checker_python) as checker:
        checker.versions()
        assert list(tmp_path.iterdir()) == []


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
