"""Progress on stderr: plain lines in a pipe, a bar on a terminal, no engine's bars."""

from __future__ import annotations

import io
import sys

import pytest

from coalm_oumi import progress
from coalm_oumi.progress import shown_progress


class Terminal(io.StringIO):
    """A terminal as wide as any."""

    def isatty(self) -> bool:
        """True."""
        return True


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which stands still unless its one item is changed."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_lines_at_the_start_every_ten_seconds_and_at_the_end(
    seconds: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with shown_progress("toy", 80, 20, unit="dialogues") as shown:
        seconds[0] = 5
        shown.update(25)
        seconds[0] = 10
        shown.update(30, "2 asked again")
        shown.say("waiting")
        seconds[0] = 3605
        shown.update(80)
    assert capsys.readouterr().err.splitlines() == [
        "toy: 20 of 80 dialogues (20 of an earlier run)",
        "toy: 30 of 80 dialogues, 1.0/s, 0:50 left, 2 asked again",
        "toy: waiting",
        "toy: 80 of 80 dialogues, 0.0/s, took 1:00:05",
    ]


def test_engines_bars_are_left_out_where_that_is_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = sys.stderr
    for hide in (True, False):
        with shown_progress("toy", 1, hide_bars=hide):
            sys.stderr.write("\r50%|#####     |")
            sys.stderr.write("\n")
            sys.stderr.write("a warning\n")
    first, second = capsys.readouterr().err.split("toy: 0 of 1\n")[1:]
    assert first == "a warning\n"
    assert "50%" in second
    assert sys.stderr is before


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", stream)
    with shown_progress("toy", 4) as shown:
        shown.say("[waiting]")
        shown.update(4, "1 not run")
    assert "toy: [waiting]" in stream.getvalue()
    assert "4/4" in stream.getvalue()
    assert "1 not run" in stream.getvalue()
