"""Dialogues whose steps one confined process executes, and what their text cannot do."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.benchmarks.bfcl import checker_process
from coalm_oumi.benchmarks.bfcl.checker_process import Broken, Checker, Play
from coalm_oumi.benchmarks.bfcl.load import BfclCase

Cases = dict[str, BfclCase]
POST = "[post_tweet(content='{}')]"


def step(play: Play | Checker, case: BfclCase, before: list[Any], text: str) -> Any:
    """Returns the answer to a step, after which `before` tells it too."""
    answer = play.ask(
        {"op": "step", "stage": case.stage, "before": list(before), "text": text}
    )
    if not isinstance(answer, Broken) and answer["calls"]:
        before.append(answer["calls"])
    return answer


@pytest.fixture
def case(small_cases: Cases) -> BfclCase:
    return small_cases["multi_turn_base_0"]


TEXTS = ("[add(a=2, b=3)]", POST.format(1), "Posted.", POST.format(2), "[f(x=y)]")


def test_steps_of_a_dialogue_are_answered_as_when_all_are_executed_again(
    checker: Checker, case: BfclCase
) -> None:
    first: list[Any] = []
    again: list[Any] = []
    with checker.play() as play:
        for text in TEXTS:
            assert step(play, case, first, text) == step(checker, case, again, text)
    assert len(first) == 4


def test_dialogues_at_the_same_time_do_not_see_each_other(
    checker: Checker, case: BfclCase
) -> None:
    before: list[list[Any]] = [[] for _ in range(5)]
    with checker.play() as one, checker.play() as other:
        plays = (one, other, one, other)
        for number, play in enumerate(plays):
            answer = step(play, case, before[number % 2], POST.format(number))
            assert f'"id": {number // 2}' in answer["results"][0]


def test_more_dialogues_than_are_kept_are_answered_all_the_same(
    checker_python: Path, case: BfclCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checker_process, "PLAYS", 2)
    with Checker(checker_python) as checker:
        plays = [(checker.play(), []) for _ in range(4)]
        for number, (play, before) in itertools.product(range(3), plays):
            answer = step(play, case, before, POST.format(number))
            assert f'"id": {number}' in answer["results"][0]


def test_a_dialogue_whose_process_is_gone_goes_on_where_it_was(
    checker_python: Path, case: BfclCase
) -> None:
    before: list[Any] = []
    with Checker(checker_python) as checker, checker.play() as play:
        step(play, case, before, POST.format(0))
        checker.close()
        assert '"id": 1' in step(play, case, before, POST.format(1))["results"][0]


def test_an_endless_loop_breaks_its_own_dialogue_only(
    checker_python: Path, case: BfclCase
) -> None:
    with (
        Checker(checker_python, seconds=1) as checker,
        checker.play() as good,
        checker.play() as bad,
    ):
        before: list[Any] = []
        step(good, case, before, POST.format(0))
        step(bad, case, [], POST.format(0))
        broken = step(bad, case, [["add(a=1)"]], "[add(a=9**9**9 + 0, b=4)]")
        assert broken == Broken("it used up 1 s of processor time")
        assert '"id": 1' in step(good, case, before, POST.format(1))["results"][0]


@pytest.mark.parametrize(
    "hostile",
    [
        "[open(file='{canary}', mode='w')]",
        "[inspect.os.mkdir(path='{canary}')]",
        "[inspect.os.kill(pid=inspect.os.getppid(x=1), signal=9)]",
        "[add(a=__import__('os').system('touch {canary}') + 0, b=1)]",
        "[add(a=__import__('os').write(4, b'0' * 64) + 0, b=1)]",
        "[add(a=__import__('os').close(4) + 0, b=1)]",
        "[add(a=__import__('os').dup2(0, 3) + 0, b=1)]",
    ],
)
def test_text_in_the_midst_of_a_dialogue_reaches_no_files_and_no_other_dialogue(
    checker_python: Path, case: BfclCase, tmp_path: Path, hostile: str
) -> None:
    with (
        Checker(checker_python, seconds=1) as checker,
        checker.play() as good,
        checker.play() as bad,
    ):
        before: list[Any] = []
        attacked: list[Any] = []
        step(good, case, before, POST.format(0))
        step(bad, case, attacked, POST.format(0))
        step(bad, case, attacked, hostile.format(canary=tmp_path / "canary"))
        step(bad, case, attacked, POST.format(1))
        assert '"id": 1' in step(good, case, before, POST.format(1))["results"][0]
    assert list(tmp_path.iterdir()) == []
