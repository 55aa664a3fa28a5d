"""Driving the checker: processes of another environment, a line of JSON to and fro.

    with Checker(python) as checker:
        checker.ask({"op": "check_presence", "category": "irrelevance", "text": "No."})
        # {'valid': True, 'error_type': None, ...}

The processes (`checker/worker.py`) get an environment of their own, without our
variables, and an empty folder to stand in. One that dies or hangs is started anew and
asked again. What then still breaks is the text's doing if the same process answers a
harmless request: `Broken` says so, and is for the benchmark's rules to judge. Otherwise
the checker itself is out of order, which ends in a `CoalmError`, never in a score.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import queue
import select
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from coalm_oumi.benchmarks.bfcl.environment import CHECKER_FOLDER
from coalm_oumi.errors import CoalmError

SECONDS = 10
"""Processor time that a request may take."""

_ATTEMPTS = 3
# Beyond what the worker itself waits for a child.
_GRACE = 30.0
_HARMLESS = {"op": "check_presence", "category": "irrelevance", "text": "No."}

Request = Mapping[str, Any]
Answer = dict[str, Any]


@dataclass(frozen=True)
class Broken:
    """A request that ends the process which handles it, again and again.

    Attributes:
        reason: How it ended, in words.
    """

    reason: str


class _DiedError(Exception):
    """A worker is gone, or does not answer."""


class _Worker:
    """One process, and the lines to and from it."""

    def __init__(self, command: list[str]) -> None:
        self._folder = tempfile.mkdtemp(prefix="bfcl-checker-")
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
            env=_environment(self._folder),
            start_new_session=True,
        )
        self._rest = b""

    def ask(self, request: Request, patience: float) -> Answer:
        line = json.dumps(request).encode() + b"\n"
        stdin = self._process.stdin
        try:
            if stdin is None:
                raise _DiedError("its input is closed")
            stdin.write(line)
            stdin.flush()
            return json.loads(self._line(time.monotonic() + patience))
        except (OSError, ValueError) as error:
            raise _DiedError(f"{type(error).__name__}: {error}") from error

    def close(self) -> None:
        """Ends the process and all that it may have left."""
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, 9)
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _line(self, deadline: float) -> bytes:
        stdout = self._process.stdout
        if stdout is None:
            raise _DiedError("its output is closed")
        poll = select.poll()  # which, unlike `select`, takes any number of open files
        poll.register(stdout, select.POLLIN | select.POLLHUP)
        parts = [self._rest]
        while b"\n" not in parts[-1]:
            left = deadline - time.monotonic()
            if left <= 0 or not poll.poll(1000 * left):
                raise _DiedError("it does not answer")
            part = os.read(stdout.fileno(), 1 << 16)
            if not part:
                raise _DiedError("it is gone")
            parts.append(part)
        line, _, self._rest = b"".join(parts).partition(b"\n")
        return line


class Checker:
    """Some workers, started when they are needed.

    Args:
        python: The interpreter of the checker's environment.
        simulators: A folder with simulated APIs instead of the package's.
        workers: How many processes at most.
        seconds: Processor time for a request.
    """

    def __init__(
        self,
        python: Path,
        *,
        simulators: Path | None = None,
        workers: int = 1,
        seconds: int = SECONDS,
    ) -> None:
        script = CHECKER_FOLDER / "worker.py"
        self._command = [str(python), "-B", "-s", str(script), str(seconds)]
        if simulators is not None:
            self._command.append(str(simulators))
        self._patience = 4 * seconds + _GRACE
        # First in, first out: a worker makes its next process ready while others work.
        self._idle: queue.Queue[_Worker | None] = queue.Queue()
        for _ in range(workers):
            self._idle.put(None)
        self._all: set[_Worker] = set()
        self._lock = threading.Lock()
        self.workers = workers
        self.restarts = 0

    def __enter__(self) -> Checker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the processes; the next request starts new ones."""
        atexit.unregister(self.close)
        with self._lock:
            workers, self._all = self._all, set()
        for worker in workers:
            worker.close()

    def versions(self) -> dict[str, Any]:
        """Returns what checks: bfcl-eval's and Python's version, and how it is confined.

        Raises:
            CoalmError: The checker does not start.
        """
        answer = self.ask({"op": "hello"})
        if isinstance(answer, Broken):
            raise CoalmError(_out_of_order(answer.reason))
        return answer

    def map(
        self, requests: Iterable[Request], tell: Callable[[int], None] | None = None
    ) -> list[Answer | Broken]:
        """Returns the answers to requests, in order, with all workers at work.

        Args:
            requests: What to ask.
            tell: Is told the number of answers so far.

        Raises:
            CoalmError: As for `ask`.
        """
        answers: list[Answer | Broken] = []
        with ThreadPoolExecutor(self.workers) as pool:
            for answer in pool.map(self.ask, requests):
                answers.append(answer)
                if tell is not None:
                    tell(len(answers))
        return answers

    def ask(self, request: Request) -> Answer | Broken:
        """Returns the answer to a request.

        Args:
            request: `op` and what that wants (`checker/worker.py`).

        Raises:
            CoalmError: The checker is out of order.
        """
        reason = ""
        with self._worker() as slot:
            for attempt in range(_ATTEMPTS):
                try:
                    answer = slot.worker().ask(request, self._patience)
                except _DiedError as error:
                    reason = str(error)
                else:
                    if "broke" not in answer:
                        return answer
                    reason = answer["broke"]
                    if attempt:
                        break
                slot.renew()
            self._refuse_disorder(slot, reason)
        return Broken(reason)

    def _refuse_disorder(self, slot: _Slot, reason: str) -> None:
        try:
            answer = slot.worker().ask(_HARMLESS, self._patience)
        except _DiedError as error:
            slot.renew()
            raise CoalmError(_out_of_order(f"{reason}; {error}")) from error
        if not answer.get("valid"):
            raise CoalmError(_out_of_order(f"{reason}; {answer}"))

    @contextlib.contextmanager
    def _worker(self) -> Iterator[_Slot]:
        slot = _Slot(self, self._idle.get())
        try:
            yield slot
        finally:
            self._idle.put(slot.found)

    def start(self) -> _Worker:
        """Starts a worker."""
        try:
            worker = _Worker(self._command)
        except OSError as error:
            raise CoalmError(_out_of_order(str(error))) from error
        with self._lock:
            if not self._all:
                atexit.register(self.close)
            self._all.add(worker)
        return worker

    def lives(self, worker: _Worker) -> bool:
        """Returns whether a worker has not been ended."""
        with self._lock:
            return worker in self._all

    def end(self, worker: _Worker) -> None:
        """Ends a worker."""
        with self._lock:
            self._all.discard(worker)
        worker.close()


class _Slot:
    """A place for a worker, which may be empty."""

    def __init__(self, checker: Checker, found: _Worker | None) -> None:
        self._checker = checker
        self.found = found

    def worker(self) -> _Worker:
        if self.found is None or not self._checker.lives(self.found):
            self.found = self._checker.start()
        return self.found

    def renew(self) -> None:
        """Puts a new worker in the old one's place, when next it is needed."""
        if self.found is not None:
            self._checker.end(self.found)
            self._checker.restarts += 1
        self.found = None


def _environment(folder: str) -> dict[str, str]:
    """Returns all the variables that a worker has: none of ours, so no secrets."""
    return {
        "HOME": folder,
        "TMPDIR": folder,
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        # Simulated APIs print sets.
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
    }


def _out_of_order(reason: str) -> str:
    return (
        f"the BFCL checker is out of order: {reason}. Nothing was scored. Remove the "
        "environment (`bfcl` in the cache folder) and run the same command again."
    )
