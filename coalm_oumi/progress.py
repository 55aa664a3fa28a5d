"""How far a run has come: a bar on a terminal, plain lines elsewhere, on stderr.

Elsewhere `update(40, "3 asked again")` shows, if the last line was ten seconds ago::

    toy: 40 of 526 dialogues, 3.9/s, 2:05 left, 3 asked again
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

_SECONDS_BETWEEN_LINES = 10.0


class Progress(Protocol):
    """Is told how far a run has come."""

    def update(self, done: int, note: str = "") -> None:
        """Takes how much is done, and what else is worth saying."""
        ...

    def say(self, line: str) -> None:
        """Shows a line that stays."""
        ...


class Silent:
    """Shows nothing."""

    def update(self, done: int, note: str = "") -> None:
        """Shows nothing."""

    def say(self, line: str) -> None:
        """Shows nothing."""


class _PlainLines:
    """A line at the start, every ten seconds, and at the end."""

    def __init__(
        self, stream: TextIO, title: str, total: int, done: int, unit: str
    ) -> None:
        self._stream, self._title, self._total = stream, title, total
        self._unit, self._first = f" {unit}" if unit else "", done
        self._began = self._said = time.monotonic()
        resumed = f" ({done} of an earlier run)" if done else ""
        self.say(f"{done} of {total}{self._unit}{resumed}")

    def update(self, done: int, note: str = "") -> None:
        now = time.monotonic()
        if now - self._said < _SECONDS_BETWEEN_LINES and done < self._total:
            return
        self._said = now
        came, took = done - self._first, now - self._began
        rate = came / took if took > 0 else 0.0
        line = f"{done} of {self._total}{self._unit}, {rate:.1f}/s"
        if done < self._total and rate:
            line += f", {_clock_time((self._total - done) / rate)} left"
        elif done == self._total:
            line += f", took {_clock_time(took)}"
        self.say(line + (f", {note}" if note else ""))

    def say(self, line: str) -> None:
        self._stream.write(f"{self._title}: {line}\n")
        self._stream.flush()


class _Bar:
    """A bar with rate and time left."""

    def __init__(self, bars: RichProgress, title: str, total: int, done: int) -> None:
        self._bars, self._title = bars, title
        self._first, self._began = done, time.monotonic()
        self._task = bars.add_task(title, total=total, completed=done, rate="", note="")

    def update(self, done: int, note: str = "") -> None:
        took = time.monotonic() - self._began
        rate = f"{(done - self._first) / took:.1f}/s" if took > 0 else ""
        self._bars.update(self._task, completed=done, rate=rate, note=note)

    def say(self, line: str) -> None:
        text = f"{self._title}: {line}"
        self._bars.console.print(text, markup=False, highlight=False)


def _clock_time(seconds: float) -> str:
    """Returns a length of time as `0:07`, `12:30` or `3:05:00`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@contextmanager
def shown_progress(
    title: str,
    total: int,
    done: int = 0,
    *,
    unit: str = "",
    hide_bars: bool = False,
) -> Iterator[Progress]:
    """Shows progress on stderr for the length of the block.

    Args:
        title: What is running.
        total: How much there is to do.
        done: How much of it an earlier run has done.
        unit: What is counted.
        hide_bars: Whether to leave out the bars that others draw, as engines do for each
            wave.
    """
    err = sys.stderr
    if hide_bars:
        sys.stderr = WithoutBars(err)  # type: ignore[assignment]
    try:
        if not err.isatty():
            yield _PlainLines(err, title, total, done, unit)
            return
        from rich import progress
        from rich.console import Console

        columns = (
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TextColumn("{task.fields[rate]}"),
            progress.TimeRemainingColumn(),
            progress.TextColumn("{task.fields[note]}"),
        )
        with progress.Progress(
            *columns, console=Console(file=err), redirect_stderr=False
        ) as bars:
            yield _Bar(bars, title, total, done)
    finally:
        sys.stderr = err


class WithoutBars:
    """A stream that leaves out what `tqdm` draws: text that begins with a return."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._in_bar = False

    def write(self, text: str) -> int:
        """Writes text on, unless it is a bar's."""
        if text.startswith("\r"):
            self._in_bar = not text.endswith("\n")
        elif self._in_bar and text == "\n":
            self._in_bar = False
        else:
            self._stream.write(text)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
