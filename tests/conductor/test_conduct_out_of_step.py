"""Several threads and an order of beginnings change neither replies nor the journal."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.evaluation.conductor import Dialogue, Failure, Reply, Request
from coalm_oumi.evaluation.conductor.conduct import Pace, conduct
from coalm_oumi.evaluation.conductor.journal import Journal, open_journal
from tests.conductor.scripted import Scripted, counting, echo


def test_several_threads_take_up_replies_at_the_same_time(journal: Journal) -> None:
    both = threading.Barrier(2, timeout=60)

    def meeting() -> Dialogue:
        yield Request.of_user("hi")
        both.wait()
        return "met"

    outcome = conduct({"a": meeting, "b": meeting}, Scripted(echo), journal, threads=2)
    assert outcome.predictions == {"a": "met", "b": "met"}


def test_threads_change_neither_waves_nor_journal(tmp_path: Path) -> None:
    def uneven(key: str, steps: int) -> Dialogue:
        for step in range(steps):
            yield Request.of_user(str(step))
            time.sleep(0.003 if key in "abc" else 0)
        return key

    def script(key: str, text: str) -> Reply | Failure:
        bad = (key, text) == ("e", "1")
        return Failure("400", retryable=False) if bad else echo(key, text)

    start = {key: partial(uneven, key, n % 3 + 1) for n, key in enumerate("abcdefghij")}
    runs = {}
    for threads in (1, 3):
        engine = Scripted(script)
        with open_journal(tmp_path / f"{threads}.jsonl", {}) as journal:
            outcome = conduct(
                start,
                engine,
                journal,
                pace=Pace(wave=4, enough=2, first_wave=2),
                threads=threads,
            )
            runs[threads] = (engine.waves, list(journal.entries), outcome.not_run)
    assert runs[1] == runs[3]
    assert runs[1][2] == {"e": "refused: 400"}


def test_enough_requests_are_put_while_others_are_still_being_made(
    journal: Journal,
) -> None:
    put = threading.Event()
    engine = Scripted(echo)

    def script(key: str, text: str) -> Reply:
        if key == "d":
            put.set()
        return echo(key, text)

    def waits() -> Dialogue:
        yield Request.of_user("hi")
        return put.wait(60)

    engine.script = script
    start = {"a": waits, **{key: partial(counting, 1) for key in "bcde"}}
    outcome = conduct(start, engine, journal, pace=Pace(wave=3, enough=2, first_wave=3))
    assert outcome.predictions["a"] is True
    assert engine.waves == [["a", "b", "c"], ["d", "e"]]


def test_a_bug_on_one_of_several_threads_is_not_hidden(journal: Journal) -> None:
    def broken() -> Dialogue:
        yield Request.of_user("hi")
        raise ZeroDivisionError

    start = {"a": broken, **{key: partial(counting, 2) for key in "bc"}}
    with pytest.raises(ZeroDivisionError):
        conduct(start, Scripted(echo), journal, threads=2)


def test_dialogues_with_many_steps_begin_first(journal: Journal) -> None:
    engine = Scripted(echo)
    start = {key: partial(counting, 3 if key == "c" else 1) for key in "abcd"}
    pace = Pace(wave=2, first_wave=2)
    outcome = conduct(start, engine, journal, pace=pace, early={"c"})
    assert engine.waves[0] == ["c", "a"]
    assert list(outcome.predictions) == ["a", "b", "c", "d"]


def test_out_of_step_a_slow_dialogue_holds_up_no_other(journal: Journal) -> None:
    asked = threading.Event()

    def slow() -> Dialogue:
        yield Request.of_user("hi")
        # Until the others have been asked for the second time.
        assert asked.wait(60)
        return True

    class Watched(Scripted):
        def __call__(self, wave: Sequence[tuple[str, Any]]) -> Any:
            came = super().__call__(wave)
            if sum("b" in wave for wave in self.waves) == 2:
                asked.set()
            return came

    start = {"a": slow, **{key: partial(counting, 2) for key in "bc"}}
    pace = Pace(wave=3, enough=1, in_step=False, first_wave=3)
    outcome = conduct(start, Watched(echo), journal, pace=pace, threads=3)
    assert set(outcome.predictions) == set("abc")
