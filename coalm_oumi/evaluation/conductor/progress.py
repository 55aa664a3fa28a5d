"""How far a run has come: a bar on a terminal, plain lines elsewhere, on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

_SECONDS_BETWEEN_LINES = 10.0


class Progress(Protocol):
    """Is told how far a run has come."""

    def update(self, done: int, note: str = "") -> None:
        """Takes the number of finished dialogues, and what else is worth saying."""
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


class PlainLines:
    """A line at the start, every ten seconds, and at the end."""

    def __init__(
        self,
        title: str,
        total: int,
        done: int,
        *,
        write: Callable[[str], Any],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._title, self._total, self._first = title, total, done
        self._write, self._clock = write, clock
        self._began = clock()
        self._said = self._began
        resumed = f" ({done} of an earlier run)" if done else ""
        self.say(f"{total} dialogues{resumed}")

    def update(self, done: int, note: str = "") -> None:
        """Writes a line if the last one was a while ago, or all is done."""
        now = self._clock()
        if now - self._said < _SECONDS_BETWEEN_LINES and done < self._total:
            return
        self._said = now
        came, took = done - self._first, now - self._began
        rate = came / took if took > 0 else 0.0
        line = f"{done} of {self._total} dialogues, {rate:.1f}/s"
        if done < self._total and rate:
            line += f", {clock_time((self._total - done) / rate)} left"
        elif done == self._total:
            line += f", took {clock_time(took)}"
        self.say(line + (f", {note}" if note else ""))

    def say(self, line: str) -> None:
        """Writes a line."""
        self._write(f"{self._title}: {line}\n")


class Bar:
    """A bar with rate and time left."""

    def __init__(self, shown: RichProgress, title: str, total: int, done: int) -> None:
        self._shown, self._title = shown, title
        self._first, self._began = done, time.monotonic()
        self._task = shown.add_task(
            title, total=total, completed=done, rate="", note=""
        )

    def update(self, done: int, note: str = "") -> None:
        """Moves the bar."""
        took = time.monotonic() - self._began
        rate = f"{(done - self._first) / took:.1f}/s" if took > 0 else ""
        self._shown.update(self._task, completed=done, rate=rate, note=note)

    def say(self, line: str) -> None:
        """Writes a line above the bar."""
        self._shown.console.print(
            f"{self._title}: {line}", markup=False, highlight=False
        )


def clock_time(seconds: float) -> str:
    """Returns a length of time as `0:07`, `12:30` or `3:05:00`."""
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@contextmanager
def shown_progress(title: str, total: int, done: int) -> Iterator[Progress]:
    """Shows progress on stderr for the length of the block.

    The bars that engines draw for each wave are kept off it.

    Args:
        title: What is running.
        total: How many dialogues there are.
        done: How many of them are finished already.
    """
    err = sys.stderr
    sys.stderr = WithoutBars(err)  # type: ignore[assignment]
    try:
        if not err.isatty():
            yield PlainLines(title, total, done, write=_writer(err))
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
        ) as shown:
            yield Bar(shown, title, total, done)
    finally:
        sys.stderr = err


def _writer(stream: TextIO) -> Callable[[str], None]:
    def write(text: str) -> None:
        stream.write(text)
        stream.flush()

    return write


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
