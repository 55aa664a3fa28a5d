"""A command as a process: its words in a file, its progress shown, its end asked for.

What it says goes straight to the file, so that nothing is lost whoever ends first. It has
a session of its own: a Ctrl-C reaches this process alone, which hands it on.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from coalm_oumi.errors import CoalmError

_SECONDS_BETWEEN_LINES = 15.0
_POLL = 0.2
_TAIL = 4096
# A bar of tqdm, or a line of `progress`.
_PROGRESS = re.compile(r"\d+%\|.*\| *\d+/\d+ \[|^\w+: \d+ of \d+ \w+")
# (signal, how long to wait for the end): the first lets an evaluation store what the
# engine is at work on.
_REQUESTS = ((signal.SIGINT, 180.0), (signal.SIGTERM, 20.0), (signal.SIGKILL, 20.0))


@dataclass(frozen=True)
class Ended:
    """How a process ended.

    Attributes:
        code: Its exit code.
        seconds: How long it ran.
        stopped: Whether it was asked to end.
    """

    code: int
    seconds: float
    stopped: bool


def run_process(
    command: Sequence[str],
    log: Path,
    environment: Mapping[str, str],
    *,
    until: float,
    say: Callable[[str], None],
    inherited: Sequence[int] = (),
) -> Ended:
    """Runs a command to its end, or until a time.

    Args:
        command: The command.
        log: The file that takes what it says; added to, if it is there.
        environment: Its variables.
        until: When to ask it to end, of `time.monotonic`.
        say: Shows a line.
        inherited: Open files that the command gets too, such as a lock: it is held as
            long as the command runs, even if this process is killed.

    Raises:
        CoalmError: It cannot be started.
        KeyboardInterrupt: This process was interrupted; the command has ended too.
    """
    began = time.monotonic()
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as file:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                start_new_session=True,
                pass_fds=inherited,
                preexec_fn=_take_interrupts,
            )
    except OSError as error:
        problem = f"the command cannot be started: {error.strerror}"
        raise CoalmError(f"{problem}.", path=log) from error
    stopped = False
    try:
        stopped = not _ended(process, log, until, say)
    finally:
        if process.poll() is None:
            _ask_to_end(process)
    return Ended(process.wait(), time.monotonic() - began, stopped)


def _take_interrupts() -> None:
    # A shell starts what runs in the background with SIGINT ignored, and so would the
    # command be, which then could not be asked to end.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _ended(
    process: subprocess.Popen[bytes],
    log: Path,
    until: float,
    say: Callable[[str], None],
) -> bool:
    """Waits for the end; says whether it came in time."""
    told, said = "", time.monotonic()
    while process.poll() is None:
        now = time.monotonic()
        if now >= until:
            return False
        if now - said >= _SECONDS_BETWEEN_LINES:
            said, line = now, last_progress(log)
            if line != told:
                say(line)
            told = line
        time.sleep(_POLL)
    return True


def _ask_to_end(process: subprocess.Popen[bytes]) -> None:
    for number, patience in _REQUESTS:
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
        break


def last_progress(log: Path) -> str:
    """Returns the last line of a log that says how far the command has come."""
    pieces = [piece for piece in tail(log) if _PROGRESS.search(piece)]
    return pieces[-1] if pieces else ""


def tail(log: Path) -> list[str]:
    """Returns the last lines of a log; a bar that is drawn anew is a line each time."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            text = file.read().decode(errors="replace")
    except OSError:
        return []
    return [piece.strip() for piece in re.split(r"[\r\n]+", text) if piece.strip()]
