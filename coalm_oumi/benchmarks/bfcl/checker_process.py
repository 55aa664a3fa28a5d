"""Driving the checker: processes of another environment, a line of JSON to and fro.

    with Checker(python) as checker:
        checker.ask({"op": "check_presence", "category": "irrelevance", "text": "No."})
        # {'valid': True, 'error_type': None, ...}

A process (`checker/worker.py`) that dies, hangs or answers what was not asked is started
anew and asked again. What then still breaks is the text's doing if a new process answers a
harmless request: `Broken` says so, and is for the benchmark's rules to judge. Otherwise the
checker itself is out of order, which ends in a `CoalmError`, never in a score.
"""

from __future__ import annotations

import atexit
import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from coalm_oumi.benchmarks.bfcl.checker_worker import (
    Answer,
    DiedError,
    Request,
    Worker,
)
from coalm_oumi.benchmarks.bfcl.environment import CHECKER_FOLDER
from coalm_oumi.errors import CoalmError

SECONDS = 10
"""Processor time that a request may take."""

CODE = "code"
"""The kind of a broken request whose text is code where a value is wanted."""
LIMITS = "limits"
"""The kind of one that takes too much time or memory, or ends its process."""

_ATTEMPTS = 2
_GRACE = 30.0
_HARMLESS = {"op": "check_presence", "category": "irrelevance", "text": "No."}


@dataclass(frozen=True)
class Broken:
    """A request that has no answer, for which its text is to blame.

    Attributes:
        reason: Why, in words.
        kind: `CODE` or `LIMITS`.
    """

    reason: str
    kind: str = LIMITS


class Checker:
    """Some workers, started when they are needed.

    Args:
        python: The interpreter of the checker's environment.
        simulators: A folder with simulated APIs instead of the package's.
        workers: How many processes at most.
        seconds: Processor time for a request.

    Attributes:
        workers: How many processes at most.
        restarts: How often a process was started anew.
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
        # Processor time is what is limited; other programs may want the processor too.
        self._patience = 4 * seconds + _GRACE
        self._idle: list[Worker | None] = [None] * workers
        self._freed = threading.Condition()
        self._all: set[Worker] = set()
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
        """Returns what checks: bfcl-eval's and Python's version.

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
        for _ in range(_ATTEMPTS):
            try:
                with self._worker() as worker:
                    answer = worker.ask(request, self._patience)
            except DiedError as error:
                reason = str(error)
                continue
            if "refused" in answer:
                return Broken(answer["reason"], answer["refused"])
            return answer
        try:
            with self._worker() as worker:
                harmless = worker.ask(_HARMLESS, self._patience)
        except DiedError as error:
            raise CoalmError(_out_of_order(f"{reason}; {error}")) from error
        if not harmless.get("valid"):
            raise CoalmError(_out_of_order(f"{reason}; {harmless}"))
        return Broken(reason)

    @contextlib.contextmanager
    def _worker(self) -> Iterator[Worker]:
        """Lends a worker that nobody else asks meanwhile; one that died is ended."""
        with self._freed:
            self._freed.wait_for(lambda: self._idle)
            worker = self._idle.pop()
        try:
            if worker is None or not self._lives(worker):
                worker = self._start()
            yield worker
        except BaseException:
            # Whatever it was: its next line would be taken for another answer.
            if worker is not None:
                self._end(worker)
            worker = None
            raise
        finally:
            with self._freed:
                self._idle.append(worker)
                self._freed.notify()

    def _start(self) -> Worker:
        try:
            worker = Worker(self._command)
        except OSError as error:
            raise CoalmError(_out_of_order(str(error))) from error
        with self._lock:
            if not self._all:
                atexit.register(self.close)
            self._all.add(worker)
        return worker

    def _lives(self, worker: Worker) -> bool:
        with self._lock:
            return worker in self._all

    def _end(self, worker: Worker) -> None:
        with self._lock:
            self._all.discard(worker)
            self.restarts += 1
        worker.close()


def _out_of_order(reason: str) -> str:
    return (
        f"the BFCL checker is out of order: {reason}. Nothing was scored. Remove the "
        "environment (`bfcl` in the cache folder) and run the same command again."
    )
