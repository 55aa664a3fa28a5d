"""Driving the checker: processes of another environment, a line of JSON to and fro.

    with Checker(python) as checker:
        checker.ask({"op": "check_presence", "category": "irrelevance", "text": "No."})
        # {'valid': True, 'error_type': None, ...}

A dialogue's steps go to one process (`Checker.play`), where what they have done is kept.
A process (`checker/worker.py`) that dies or hangs is started anew and asked again. What
then still breaks is the text's doing if the same process answers a harmless request:
`Broken` says so, and is for the benchmark's rules to judge. Otherwise the checker itself
is out of order, which ends in a `CoalmError`, never in a score.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import threading
from collections import deque
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

PLAYS = 128
"""Dialogues whose state a process keeps, at 3 to 5 MB each (`checker/children.py`)."""

_ATTEMPTS = 3
# Beyond what the worker itself waits for a child.
_GRACE = 30.0
_HARMLESS = {"op": "check_presence", "category": "irrelevance", "text": "No."}
_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Broken:
    """A request that ends the process which handles it, again and again.

    Attributes:
        reason: How it ended, in words.
    """

    reason: str


class Checker:
    """Some workers, started when they are needed.

    Args:
        python: The interpreter of the checker's environment.
        simulators: A folder with simulated APIs instead of the package's.
        workers: How many processes at most.
        seconds: Processor time for a request.

    Attributes:
        workers: How many processes at most.
        plays_at_once: Dialogues whose state they keep; the steps before are executed
            again at each step of others.
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
        self._command = [str(python), "-B", "-s", str(script)]
        self._command += [str(seconds), str(PLAYS)]
        if simulators is not None:
            self._command.append(str(simulators))
        self._patience = 4 * seconds + _GRACE
        # First in, first out: a worker makes its next process ready while others work.
        self._idle = [_Slot(self) for _ in range(workers)]
        self._freed = threading.Condition()
        self._all: set[Worker] = set()
        self._lock = threading.Lock()
        self.workers = workers
        self.plays_at_once = workers * PLAYS
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

    def play(self) -> Play:
        """Begins a dialogue whose steps are asked one after another."""
        return Play(self)

    def end_play(self, play: Play) -> None:
        """Lets go what is kept of a dialogue, when next its process is asked."""
        if play.slot is not None:
            with self._freed:
                play.slot.over.append(play.number)
                play.slot.plays -= 1

    def ask(self, request: Request, play: Play | None = None) -> Answer | Broken:
        """Returns the answer to a request.

        Args:
            request: `op` and what that wants (`checker/worker.py`).
            play: The dialogue that it is a step of, if of any.

        Raises:
            CoalmError: The checker is out of order.
        """
        reason = ""
        with self._slot(play) as slot:
            for attempt in range(_ATTEMPTS):
                try:
                    answer = slot.ask(request, self._patience, play)
                except DiedError as error:
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
            answer = slot.ask(_HARMLESS, self._patience)
        except DiedError as error:
            slot.renew()
            raise CoalmError(_out_of_order(f"{reason}; {error}")) from error
        if not answer.get("valid"):
            raise CoalmError(_out_of_order(f"{reason}; {answer}"))

    @contextlib.contextmanager
    def _slot(self, play: Play | None) -> Iterator[_Slot]:
        with self._freed:
            slot = None if play is None else play.slot
            if slot is None:
                self._freed.wait_for(lambda: self._idle)
                slot = self._idle[0]
                if play is not None:
                    play.slot = slot = min(self._idle, key=lambda found: found.plays)
                    slot.plays += 1
            else:
                self._freed.wait_for(lambda: slot in self._idle)
            self._idle.remove(slot)
        try:
            yield slot
        finally:
            with self._freed:
                self._idle.append(slot)
                self._freed.notify_all()

    def start(self) -> Worker:
        """Starts a worker."""
        try:
            worker = Worker(self._command)
        except OSError as error:
            raise CoalmError(_out_of_order(str(error))) from error
        with self._lock:
            if not self._all:
                atexit.register(self.close)
            self._all.add(worker)
        return worker

    def lives(self, worker: Worker) -> bool:
        """Returns whether a worker has not been ended."""
        with self._lock:
            return worker in self._all

    def end(self, worker: Worker) -> None:
        """Ends a worker."""
        with self._lock:
            self._all.discard(worker)
        worker.close()


class Play:
    """A dialogue: its steps go to one process, which keeps what they have done.

    Args:
        checker: Executes the steps.

    Attributes:
        number: What the process knows it by.
        slot: The place of the process, once there was a step.
    """

    def __init__(self, checker: Checker) -> None:
        self._checker = checker
        self.number = next(_NUMBERS)
        self.slot: _Slot | None = None

    def __enter__(self) -> Play:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._checker.end_play(self)

    def ask(self, request: Request) -> Answer | Broken:
        """Returns the answer to a step, which also tells all the steps before it.

        Args:
            request: `step` and what that wants (`checker/worker.py`).

        Raises:
            CoalmError: The checker is out of order.
        """
        return self._checker.ask(request, self)


class _Slot:
    """A place for a worker, which may be empty."""

    def __init__(self, checker: Checker) -> None:
        self._checker = checker
        self._found: Worker | None = None
        self.over: deque[int] = deque()
        self.plays = 0

    def ask(
        self, request: Request, patience: float, play: Play | None = None
    ) -> Answer:
        over = [self.over.popleft() for _ in range(len(self.over))]
        number = None if play is None else play.number
        return self._worker().ask(request, patience, number, over)

    def renew(self) -> None:
        """Puts a new worker in the old one's place, when next it is needed."""
        if self._found is not None:
            self._checker.end(self._found)
            self._checker.restarts += 1
        self._found = None

    def _worker(self) -> Worker:
        if self._found is None or not self._checker.lives(self._found):
            self._found = self._checker.start()
        return self._found


def _out_of_order(reason: str) -> str:
    return (
        f"the BFCL checker is out of order: {reason}. Nothing was scored. Remove the "
        "environment (`bfcl` in the cache folder) and run the same command again."
    )
