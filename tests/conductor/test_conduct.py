"""Dialogues are driven wave by wave, to their ends, whatever the engine does."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from coalm_oumi.errors import CoalmError
from coalm_oumi.evaluation.conductor import (
    Dialogue,
    Failure,
    Reply,
    Request,
    RequestRefusedError,
    single_step,
)
from coalm_oumi.evaluation.conductor.conduct import Pace, conduct
from coalm_oumi.evaluation.conductor.journal import Journal, open_journal
from tests.conductor.scripted import Scripted, counting, echo

DOWN = Failure("connection refused")


class Time:
    """A clock that only sleeping moves on."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.pauses: list[float] = []

    def now(self) -> float:
        """The time, in seconds."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Moves the clock on."""
        self.pauses.append(seconds)
        self.seconds += seconds


def three_of(steps: int) -> dict[str, partial[Dialogue]]:
    return {key: partial(counting, steps) for key in "abc"}


def test_each_dialogue_gets_its_own_replies(journal: Journal) -> None:
    outcome = conduct(three_of(2), Scripted(echo), journal)
    assert outcome.predictions == {
        "a": ["a heard 0", "a heard 1"],
        "b": ["b heard 0", "b heard 1"],
        "c": ["c heard 0", "c heard 1"],
    }
    assert outcome.not_run == {}


def test_pending_requests_go_to_the_engine_together(journal: Journal) -> None:
    engine = Scripted(echo)
    conduct(three_of(2), engine, journal)
    assert engine.waves == [["a", "b", "c"], ["a", "b", "c"]]


def test_a_finished_dialogue_makes_room_for_the_next(journal: Journal) -> None:
    engine = Scripted(echo)
    lengths = {"a": 1, "b": 3, "c": 1, "d": 1, "e": 1, "f": 1}
    start = {key: partial(counting, n) for key, n in lengths.items()}
    conduct(start, engine, journal, pace=Pace(wave=2, first_wave=2))
    assert [len(wave) for wave in engine.waves] == [2, 2, 2, 2]


def test_the_first_wave_is_small(journal: Journal) -> None:
    engine = Scripted(echo)
    start = {str(n): partial(counting, 1) for n in range(10)}
    conduct(start, engine, journal, pace=Pace(wave=8, first_wave=2))
    assert [len(wave) for wave in engine.waves] == [2, 8]


def test_single_turn_is_a_dialogue_of_one_step(journal: Journal) -> None:
    start = {"a": partial(single_step, Request.of_user("hi"))}
    assert conduct(start, Scripted(echo), journal).predictions == {"a": "a heard hi"}


def test_a_dialogue_without_a_question_needs_no_engine(journal: Journal) -> None:
    engine = Scripted(echo)
    outcome = conduct({"a": partial(counting, 0)}, engine, journal)
    assert (outcome.predictions, engine.waves) == ({"a": []}, [])


def test_tokens_steps_and_cut_replies_are_counted(journal: Journal) -> None:
    def script(key: str, text: str) -> Reply:
        return Reply("x", cut_off=text == "1", prompt_tokens=10, completion_tokens=3)

    outcome = conduct(three_of(2), Scripted(script), journal)
    assert (outcome.requests, outcome.cut_off) == (6, 3)
    assert (outcome.prompt_tokens, outcome.completion_tokens) == (60, 18)


def test_tokens_are_unknown_if_the_engine_is_silent_about_some(
    journal: Journal,
) -> None:
    def script(key: str, text: str) -> Reply:
        return Reply("x", prompt_tokens=None if key == "b" else 10)

    assert conduct(three_of(1), Scripted(script), journal).prompt_tokens is None


def test_a_failed_request_is_put_again_and_the_dialogue_goes_on(
    journal: Journal,
) -> None:
    failures = [DOWN, DOWN]

    def script(key: str, text: str) -> Reply | Failure:
        if (key, text) == ("b", "1") and failures:
            return failures.pop()
        return echo(key, text)

    outcome = conduct(three_of(2), Scripted(script), journal, sleep=Time().sleep)
    assert outcome.predictions["b"] == ["b heard 0", "b heard 1"]
    assert outcome.retried == 2


def test_a_request_that_fails_for_ever_is_named_and_not_done(journal: Journal) -> None:
    time = Time()

    def script(key: str, text: str) -> Reply | Failure:
        return DOWN if key == "b" else echo(key, text)

    outcome = conduct(
        three_of(2), Scripted(script), journal, sleep=time.sleep, now=time.now
    )
    assert sorted(outcome.predictions) == ["a", "c"]
    assert list(outcome.not_run) == ["b"]
    assert "connection refused" in outcome.not_run["b"]
    assert "b" not in journal.entries


def test_an_outage_of_a_minute_costs_time_and_nothing_else(journal: Journal) -> None:
    time = Time()

    def script(key: str, text: str) -> Reply | Failure:
        return DOWN if text == "1" and time.now() < 60 else echo(key, text)

    start = {str(n): partial(counting, 2) for n in range(20)}
    outcome = conduct(
        start,
        Scripted(script),
        journal,
        pace=Pace(first_wave=20),
        sleep=time.sleep,
        now=time.now,
    )
    assert (len(outcome.predictions), outcome.not_run) == (20, {})
    assert time.pauses == [1, 2, 4, 8, 16, 30]
    assert outcome.seconds == 61


def test_an_outage_without_end_stops_the_run(journal: Journal) -> None:
    time = Time()

    def script(key: str, text: str) -> Reply | Failure:
        return DOWN if text == "1" else echo(key, text)

    start = {str(n): partial(counting, 2) for n in range(20)}
    with pytest.raises(CoalmError, match=r"no request got a reply for 900 s.*refused"):
        conduct(
            start,
            Scripted(script),
            journal,
            pace=Pace(first_wave=20),
            sleep=time.sleep,
            now=time.now,
        )


def test_stops_when_half_of_the_first_requests_fail(journal: Journal) -> None:
    def script(key: str, text: str) -> Reply | Failure:
        return Failure("401: wrong key") if key in "ab" else echo(key, text)

    engine = Scripted(script)
    start = {key: partial(counting, 1) for key in "abcdefgh"}
    with pytest.raises(
        CoalmError,
        match=r"2 of the first 4 requests failed: 401: wrong key \(2 times\)",
    ):
        conduct(start, engine, journal, pace=Pace(first_wave=4))
    assert len(engine.waves) == 1


def test_goes_on_when_less_than_half_of_the_first_requests_fail(
    journal: Journal,
) -> None:
    failures = [DOWN]

    def script(key: str, text: str) -> Reply | Failure:
        return failures.pop() if failures else echo(key, text)

    assert len(conduct(three_of(1), Scripted(script), journal).predictions) == 3


def test_a_refused_request_is_not_put_again(journal: Journal) -> None:
    def script(key: str, text: str) -> Reply | Failure:
        if key == "b":
            return Failure("400: longer than the context", retryable=False)
        return echo(key, text)

    engine = Scripted(script)
    outcome = conduct(three_of(1), engine, journal)
    assert outcome.not_run == {"b": "refused: 400: longer than the context"}
    assert engine.waves == [["a", "b", "c"]]


def test_a_benchmark_may_say_what_a_refused_request_is_worth(journal: Journal) -> None:
    def lenient() -> Dialogue:
        try:
            yield Request.of_user("a very long text")
        except RequestRefusedError:
            return "too long"

    def script(key: str, text: str) -> Reply | Failure:
        return Failure("400", retryable=False) if key == "b" else echo(key, text)

    start = {**three_of(1), "b": lenient}
    assert conduct(start, Scripted(script), journal).predictions["b"] == "too long"


def test_one_bad_request_does_not_keep_its_wave_from_being_answered(
    journal: Journal,
) -> None:
    def script(key: str, text: str) -> Reply | Failure:
        return Failure("prompt too long") if key == "13" else echo(key, text)

    start = {str(n): partial(counting, 1) for n in range(40)}
    engine = Scripted(script, fails_together=True)
    outcome = conduct(start, engine, journal, pace=Pace(wave=36, first_wave=4))
    assert list(outcome.not_run) == ["13"]
    assert len(outcome.predictions) == 39


def test_an_engine_that_has_died_stops_the_run(journal: Journal) -> None:
    calls = []

    def script(key: str, text: str) -> Reply | Failure:
        calls.append(key)
        return echo(key, text) if len(calls) <= 4 else Failure("engine core is dead")

    start = {str(n): partial(counting, 1) for n in range(40)}
    engine = Scripted(script, fails_together=True)
    with pytest.raises(CoalmError, match="fails at every request: engine core is dead"):
        conduct(start, engine, journal, pace=Pace(wave=36, first_wave=4))
    assert len(journal.entries) == 4


def test_an_engine_that_loses_requests_is_an_error(journal: Journal) -> None:
    class Loses(Scripted):
        def __call__(self, wave):
            return super().__call__(wave)[1:]

    with pytest.raises(CoalmError, match="answered 2 of 3 requests"):
        conduct(three_of(1), Loses(echo), journal)


def test_a_bug_in_a_dialogue_is_not_hidden(journal: Journal) -> None:
    def broken() -> Dialogue:
        yield Request.of_user("hi")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        conduct({"a": broken}, Scripted(echo), journal)


def test_dialogues_under_way_are_closed_when_the_run_stops(journal: Journal) -> None:
    closed = []

    def holding(key: str) -> Dialogue:
        try:
            yield Request.of_user("hi")
        finally:
            closed.append(key)

    def script(key: str, text: str) -> Reply | Failure:
        raise KeyboardInterrupt

    start = {key: partial(holding, key) for key in "abc"}
    with pytest.raises(KeyboardInterrupt):
        conduct(start, Scripted(script), journal, pace=Pace(first_wave=1))
    assert set(closed) == {"a", "b", "c"}


def test_what_the_journal_holds_is_not_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with open_journal(path, {}) as journal:
        conduct({"a": partial(counting, 2)}, Scripted(echo), journal)
    engine = Scripted(echo)
    with open_journal(path, {}) as journal:
        outcome = conduct(three_of(2), engine, journal)
    assert {key for wave in engine.waves for key in wave} == {"b", "c"}
    assert list(outcome.predictions) == ["a", "b", "c"]
    assert (outcome.resumed, outcome.requests) == (1, 6)


def test_what_an_earlier_run_could_not_finish_does_not_stop_the_next(
    journal: Journal,
) -> None:
    def script(key: str, text: str) -> Reply | Failure:
        return Failure("400: too long", False) if key in "gh" else echo(key, text)

    start = {key: partial(counting, 1) for key in "abcdefgh"}
    first = conduct(start, Scripted(script), journal, pace=Pace(first_wave=8))
    again = conduct(start, Scripted(script), journal, pace=Pace(first_wave=8))
    assert again.predictions == first.predictions
    assert (again.resumed, sorted(again.not_run)) == (6, ["g", "h"])
