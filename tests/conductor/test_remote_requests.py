"""Requests to a server: paced, interrupted, kept, and no key in what comes back."""

from __future__ import annotations

import base64
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import quote

import oumi.builders  # noqa: F401 - first, for Oumi's circular imports
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oumi.core.configs import ModelParams, RemoteParams
from oumi.inference import RemoteInferenceEngine

from coalm_oumi.errors import CoalmError, DataFormatError
from coalm_oumi.evaluation.conductor import Failure, Reply, Request
from coalm_oumi.evaluation.conductor.conduct import Pace, conduct
from coalm_oumi.evaluation.conductor.dialogue import Dialogue
from coalm_oumi.evaluation.conductor.journal import Journal, open_journal
from coalm_oumi.evaluation.conductor.oumi_engine import EngineAsk
from coalm_oumi.evaluation.conductor.paid_replies import PaidReplies, open_paid_replies
from coalm_oumi.evaluation.conductor.remote_requests import RemoteRequests
from coalm_oumi.retry_after import retry_after_seconds
from tests.conductor.hostile_server import Answer, busy, hostile_server, said
from tests.conductor.test_hostile_journals import largest_file

KEY = 'canary-1f9a0c77/4f7d+\u00e9"x'
PLAIN_KEY = "canary-1f9a0c77-4f7d-plain"


def engine(url: str, **params: Any) -> RemoteInferenceEngine:
    settings: dict[str, Any] = {
        "num_workers": 8,
        "max_retries": 3,
        "retry_backoff_base": 0.01,
        "retry_backoff_max": 0.05,
        "connection_timeout": 20.0,
        "use_adaptive_concurrency": False,
        "api_key": PLAIN_KEY,
        **params,
    }
    return RemoteInferenceEngine(
        ModelParams(model_name="none"),
        remote_params=RemoteParams(api_url=url, **settings),
    )


def wave(n: int) -> list[tuple[str, Request]]:
    return [(f"d{k}", Request.of_user(f"question {k}")) for k in range(n)]


def two_steps(name: str) -> Dialogue:
    first = yield Request.of_user(f"{name} one")
    second = yield Request.of_user(f"{name} two after {first.text}")
    return second.text


@contextmanager
def opened(folder: Path) -> Iterator[tuple[Journal, PaidReplies]]:
    path = folder / "journal.jsonl"
    anew = not path.exists()
    with (
        open_journal(path, {"run": 1}) as journal,
        open_paid_replies(folder / "paid.jsonl", anew=anew) as replies,
    ):
        yield journal, replies


@contextmanager
def interrupted_after(seconds: float) -> Iterator[None]:
    """Sends this process a SIGINT."""
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def conduct_until_interrupted(
    folder: Path, start: dict[str, Any], made: RemoteInferenceEngine, pace: Pace
) -> None:
    with opened(folder) as (journal, replies):
        ask = EngineAsk(made, replies=replies)
        with interrupted_after(0.7), pytest.raises(KeyboardInterrupt):
            conduct(start, ask, journal, pace=pace)


@pytest.mark.parametrize(
    "header",
    [
        "86400",
        "99999999999",
        "a date of tomorrow",
        "a date of yesterday",
        "-5",
        "inf",
        "nan",
        "1e9",
        "9" * 400,
        "Mon, 99 Foo 99999 99:99:99 GMT",
        "soon",
    ],
)
def test_whatever_retry_after_says_the_wait_is_short(header: str) -> None:
    days = {"a date of tomorrow": 1, "a date of yesterday": -1}.get(header)
    if days is not None:
        header = formatdate(time.time() + 86400 * days, usegmt=True)
    told: list[str] = []
    answers = [busy(header), said("here")]
    with hostile_server(lambda p, times, key: answers[min(times, 1)]) as server:
        ask = EngineAsk(engine(server.url), say=told.append)
        began = time.monotonic()
        assert ask(wave(1)) == [Reply("here", False, 9, 1)]
    assert time.monotonic() - began < 5
    assert server.asked == ["question 0"] * 2
    if header == "86400":
        assert told == ["the server asks to wait 24 hours; asking again in 0 s"]


def test_the_longest_wait_goes_with_the_config() -> None:
    assert RemoteRequests(engine("http://x", retry_backoff_max=30)).capped("500") == (
        "120.000"
    )
    short = RemoteRequests(engine("http://x", retry_backoff_max=30))
    assert short.capped("7") == "7.000"


@given(
    st.text() | st.integers().map(str) | st.floats().map(str) | st.datetimes().map(str)
)
def test_retry_after_is_a_number_or_nothing(value: str) -> None:
    found = retry_after_seconds(value)
    assert found is None or 0 <= found < 1e13


@pytest.mark.parametrize(
    "value", ["\u00b2", "1\u00b2", "\u0663", "", " ", None, "+3", "1_0"]
)
def test_retry_after_of_other_digits_is_nothing(value: str | None) -> None:
    assert retry_after_seconds(value) is None


SPELLINGS = {
    "as it is": lambda key: f"no, {key}",
    "bearer": lambda key: f"Authorization: Bearer {key}",
    "percent-encoded": lambda key: f"no, ?key={quote(key, safe='')}",
    "json in json": lambda key: "no, " + json.dumps({"key": key}),
    "base64": lambda key: "no, " + base64.b64encode(f"u:{key}\n".encode()).decode(),
    "upper case": lambda key: f"no, {key.upper()}",
    "hex": lambda key: f"no, {key.encode().hex()}",
    "cut": lambda key: f"no, {key[:14]}",
}


def fragments(key: str) -> set[str]:
    """What a reader could make the key of."""
    coded = base64.b64encode(f"u:{key}\n".encode()).decode()
    found = {key, quote(key, safe=""), json.dumps(key)[1:-1], coded, key.encode().hex()}
    return {text.lower() for text in found} | {key[:14].lower()}


@pytest.mark.parametrize("where", SPELLINGS)
@pytest.mark.parametrize("status", [401, 500, 200])
@pytest.mark.parametrize("key", [KEY, PLAIN_KEY], ids=["odd", "plain"])
def test_a_key_that_a_server_sends_back(
    where: str, status: int, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    text = SPELLINGS[where](key)
    error = json.dumps({"error": {"message": text}}).encode()
    answer = said(text) if status == 200 else Answer(error, status, {"X-Key": "k"})
    with hostile_server(lambda p, times, sent: answer) as server:
        made = engine(server.url, max_retries=1)
        made._remote_params.api_key = key
        made._get_auth_headers = lambda remote: {}  # type: ignore[method-assign]
        (came,) = EngineAsk(made)(wave(1))
    shown = (came.reason if isinstance(came, Failure) else came.text) + caplog.text
    if status == 200 and where == "cut":
        return  # What a model writes is changed only where it is the whole key.
    assert not [text for text in fragments(key) if text in shown.lower()]
    assert "[hidden]" in shown


def test_a_key_in_a_body_that_is_cut_inside_it() -> None:
    """Oumi shows the first 200 characters of what is no JSON."""
    body = b"x" * 185 + PLAIN_KEY.encode() + b"y" * 99
    with hostile_server(lambda p, times, sent: Answer(body)) as server:
        (came,) = EngineAsk(engine(server.url, max_retries=0))(wave(1))
    assert isinstance(came, Failure)
    assert PLAIN_KEY[:12] not in came.reason


def test_replies_stay_word_for_word_but_for_the_key_that_was_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MY_PASSWORD", "restaurant")
    text = "book(restaurant, token='sk-0123456789abcdef', auth='Bearer abcdefgh12')"
    with hostile_server(lambda p, times, sent: said(f"{text} {sent}")) as server:
        (came,) = EngineAsk(engine(server.url))(wave(1))
    assert isinstance(came, Reply)
    assert came.text == f"{text} Bearer [hidden]"


def test_replies_that_came_before_a_crash_are_not_asked_for_again(
    tmp_path: Path,
) -> None:
    start = {f"d{k}": (lambda k=k: two_steps(f"d{k}")) for k in range(4)}
    broken, came = {"d1 two after one", "d3 two after one"}, []

    def answer(prompt: str, times: int, sent: str) -> Answer:
        if prompt in broken:
            return Answer(b"{}", 400)
        return said("two" if " two " in prompt else "one")

    pace = Pace(attempts=1, patience=0, first_wave=4)
    with hostile_server(answer) as server:
        for _ in range(2):
            with opened(tmp_path) as (journal, replies):
                ask = EngineAsk(engine(server.url), replies=replies)
                outcome = conduct(start, ask, journal, pace=pace)
            came.append(outcome)
            broken.clear()
        assert sorted(came[0].not_run) == ["d1", "d3"]
        assert came[1].predictions == dict.fromkeys(start, "two")
    put = {prompt: server.asked.count(prompt) for prompt in server.asked}
    again = {prompt for prompt, times in put.items() if times > 1}
    assert again == {"d1 two after one", "d3 two after one"}


def test_a_torn_reply_is_dropped_and_a_damaged_one_is_told(tmp_path: Path) -> None:
    path = tmp_path / "paid.jsonl"
    with open_paid_replies(path, anew=True) as replies:
        replies.add("k", Reply("a"))
    with path.open("ab") as file:
        file.write(b'{"key": "torn')
    with open_paid_replies(path, anew=False) as replies:
        assert replies.has("k")
        assert not replies.has("torn")
    for line in (b"[]\n", b'{"key": [], "reply": {}}\n', b'{"key": "k", "reply": 3}\n'):
        path.write_bytes(b'{"replies": 1}\n' + line)
        with (
            pytest.raises(DataFormatError, match="line 2 is damaged"),
            open_paid_replies(path, anew=False),
        ):
            pass


def test_an_interruption_waits_for_the_replies_that_are_paid_for(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    start = {f"d{k}": (lambda k=k: two_steps(f"d{k}")) for k in range(6)}
    seconds = 1.5

    def answer(prompt: str, times: int, sent: str) -> Answer:
        return said("two" if " two " in prompt else "one", seconds)

    with hostile_server(answer) as server:
        began = time.monotonic()
        made = engine(server.url, num_workers=2)
        conduct_until_interrupted(tmp_path, start, made, Pace(first_wave=6))
        took = time.monotonic() - began
        assert took < 4
        assert len(server.asked) == len(server.answered) == 2
        told = (
            "stopping: waiting for 2 replies that are paid for; press again to end now"
        )
        assert told in capfd.readouterr().err
        seconds = 0.0
        with opened(tmp_path) as (journal, replies):
            ask = EngineAsk(engine(server.url), replies=replies)
            outcome = conduct(start, ask, journal)
        assert outcome.predictions == dict.fromkeys(start, "two")
        assert len(server.asked) == len(set(server.asked)) == 12
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interruption_during_a_long_wait_ends_at_once(tmp_path: Path) -> None:
    with hostile_server(lambda p, times, sent: busy("3600")) as server:
        began = time.monotonic()
        made = engine(server.url, retry_backoff_max=30.0)
        start = {"d0": lambda: two_steps("d0"), "d1": lambda: two_steps("d1")}
        conduct_until_interrupted(tmp_path, start, made, Pace())
    assert time.monotonic() - began < 4


def test_an_interruption_between_waves_ends_at_once(tmp_path: Path) -> None:
    def answer(prompt: str, times: int, sent: str) -> Answer:
        return Answer(b"{}", 500) if " two " in prompt else said("one")

    with hostile_server(answer) as server:
        began = time.monotonic()
        made = engine(server.url, max_retries=0)
        start = {"d0": lambda: two_steps("d0")}
        conduct_until_interrupted(tmp_path, start, made, Pace(pause=30.0))
    assert time.monotonic() - began < 5


def test_a_reply_that_cannot_be_stored_is_not_asked_for_again(tmp_path: Path) -> None:
    """Oumi takes an error while it stores a reply for one of the request."""
    answer = said("x" * 5000)
    with (
        hostile_server(lambda p, times, sent: answer) as server,
        opened(tmp_path) as (_, replies),
        largest_file(4000),
    ):
        ask = EngineAsk(engine(server.url, num_workers=1), replies=replies)
        with pytest.raises(CoalmError, match=r"paid\.jsonl: cannot be written"):
            ask(wave(8))
    assert len(server.asked) == len(set(server.asked)) < 4
