"""The dialogues of a run: started, handed their replies, and journalled when they end.

What a dialogue does between two requests is a step. Steps are done on the threads of one
pool, while the engine is at work, and wait in one queue until they are counted: in the
order in which they were begun (in step), so that the journal and the order of the requests
do not depend on which thread is quicker, or as they end.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Condition
from typing import Any

from coalm_oumi.evaluation.conductor.dialogue import (
    Dialogue,
    Failure,
    Reply,
    RequestRefusedError,
    StartDialogue,
)
from coalm_oumi.evaluation.conductor.journal import Entry, Journal
from coalm_oumi.evaluation.conductor.lost_text import lost_kind


@dataclass
class Clock:
    """The seconds of this run and of the earlier ones that it continues."""

    now: Callable[[], float]
    began: float
    before: float = 0.0
    engine: float = 0.0

    def elapsed(self) -> float:
        """Returns the seconds since the first of these runs began, pauses left out."""
        return self.before + self.now() - self.began


@dataclass(frozen=True)
class Step:
    """What a dialogue did when it was started, or handed what came for it.

    Attributes:
        running: The dialogue; its request is to be put, unless it has ended.
        ended: Whether it asks nothing more.
        prediction: What it returned, if it ended.
        gave_up: Why it ended without a prediction.
    """

    running: RunningDialogue
    ended: bool = False
    prediction: Any = None
    gave_up: str = ""


@dataclass
class RunningDialogue:
    """A dialogue that waits for the reply to its request."""

    id: str
    dialogue: Dialogue
    request: Any = None
    attempts: int = 0
    steps: int = 0
    cut_off: int = 0
    prompt_tokens: int | None = 0
    completion_tokens: int | None = 0
    lost: Counter[str] = field(default_factory=Counter)

    def start(self) -> Step:
        """Goes on to its first request."""
        return self._step(lambda: next(self.dialogue))

    def take_up(self, came: Reply | Failure, attempts: int) -> Step:
        """Goes on with what came for its request.

        Args:
            came: The reply, or why there is none.
            attempts: How often a request is put.
        """
        if isinstance(came, Reply):
            self._count(came)
            return self._step(lambda: self.dialogue.send(came))
        if not came.retryable:
            error = RequestRefusedError(came.reason)
            return self._step(lambda: self.dialogue.throw(error))
        self.attempts += 1
        if self.attempts < attempts:
            return Step(self)
        self.dialogue.close()
        why = f"{came.reason} ({self.attempts} attempts)"
        return Step(self, ended=True, gave_up=why)

    def _step(self, go_on: Callable[[], Any]) -> Step:
        try:
            self.request = go_on()
        except StopIteration as ended:
            return Step(self, ended=True, prediction=ended.value)
        except RequestRefusedError as error:
            return Step(self, ended=True, gave_up=f"refused: {error}")
        return Step(self)

    def _count(self, reply: Reply) -> None:
        self.steps += 1
        self.attempts = 0
        self.cut_off += reply.cut_off
        if kind := lost_kind(reply):
            self.lost[kind] += 1
        self.prompt_tokens = _sum(self.prompt_tokens, reply.prompt_tokens)
        self.completion_tokens = _sum(self.completion_tokens, reply.completion_tokens)


class Scheduler:
    """Starts dialogues, hands them replies, and journals how they end.

    Attributes:
        not_run: Why dialogues were given up, by id.
        finished: How many have ended with a prediction.
        retried: How many requests were put again.
    """

    def __init__(
        self,
        waiting: Iterator[tuple[str, StartDialogue]],
        journal: Journal,
        clock: Clock,
        pool: ThreadPoolExecutor,
        *,
        attempts: int,
        in_step: bool,
    ) -> None:
        """Takes what is to run; nothing starts yet.

        Args:
            waiting: The dialogues, in the order in which they start.
            journal: Takes those that end.
            clock: The seconds that are noted with them.
            pool: Does the steps.
            attempts: How often a request is put while others get replies.
            in_step: Whether steps are counted in the order in which they were begun.
        """
        # Requests that may be put now. In step, what has become ready since `wait` is not
        # among them, lest it depend on how far the threads have come.
        self._at_hand = 0
        self.finished = self.retried = 0
        self.not_run: dict[str, str] = {}
        self._waiting, self._journal, self._clock = waiting, journal, clock
        self._pool, self._attempts, self._in_step = pool, attempts, in_step
        self._ready: deque[RunningDialogue] = deque()
        self._running: dict[str, RunningDialogue] = {}
        self._steps: deque[Future[Step]] = deque()
        self._error: BaseException | None = None
        self._changed = Condition()

    def start(self, most: int) -> None:
        """Starts so many dialogues; from then on each that ends makes room for another."""
        with self._changed:
            for _ in range(most):
                self._start_next()

    def next_wave(self, size: int, enough: int) -> list[RunningDialogue]:
        """Takes the next requests to put; none if all dialogues have ended.

        Args:
            size: The most.
            enough: So many are taken without waiting for others.
        """
        if not self._in_step:
            self.wait(enough)
        if self._at_hand < enough:
            self.wait()
        n = min(size, self._at_hand)
        self._at_hand -= n
        return [self._ready.popleft() for _ in range(n)]

    def hand_over(
        self, wave: Sequence[RunningDialogue], came: Sequence[Reply | Failure]
    ) -> None:
        """Has each dialogue take up what came for it; returns at once."""
        with self._changed:
            for running, each in zip(wave, came, strict=True):
                self._begin(lambda r=running, c=each: r.take_up(c, self._attempts))

    def put_back(self, wave: Sequence[RunningDialogue]) -> None:
        """Puts requests back to the front, as they were."""
        with self._changed:
            self.retried += len(wave)
            self._ready.extendleft(reversed(wave))
            self._at_hand += len(wave)

    def wait(self, enough: int | None = None) -> None:
        """Waits until all steps are counted, or so many requests are ready."""

        def over() -> bool:
            ready = enough is not None and len(self._ready) >= enough
            return ready or not self._steps or self._error is not None

        with self._changed:
            self._changed.wait_for(over)
            if self._error is not None:
                raise self._error
            self._at_hand = len(self._ready)

    def close(self) -> None:
        """Ends the dialogues that still run; what has come for them is taken up first."""
        with self._changed:
            self._waiting = iter(())
        # One at work on a thread cannot be ended.
        self._pool.shutdown(cancel_futures=self._error is not None)
        for running in self._running.values():
            running.dialogue.close()

    def _start_next(self) -> None:
        found = next(self._waiting, None)
        if found is not None:
            self._begin(lambda: self._started(*found))

    def _started(self, key: str, start: StartDialogue) -> Step:
        self._running[key] = running = RunningDialogue(key, start())
        return running.start()

    def _begin(self, step: Callable[[], Step]) -> None:
        future = self._pool.submit(step)
        self._steps.append(future)
        future.add_done_callback(self._done)

    def _done(self, future: Future[Step]) -> None:
        """Counts the steps whose turn it is, on the thread that did one of them."""
        with self._changed:
            try:
                if not self._in_step:
                    self._steps.remove(future)
                    self._count(future)
                while self._in_step and self._steps and self._steps[0].done():
                    self._count(self._steps.popleft())
            except BaseException as error:
                self._error = self._error or error
            self._changed.notify_all()

    def _count(self, future: Future[Step]) -> None:
        if future.cancelled() or self._error is not None:
            return
        step = future.result()
        running = step.running
        if not step.ended:
            self.retried += running.attempts > 0
            self._ready.append(running)
            return
        del self._running[running.id]
        if step.gave_up:
            self.not_run[running.id] = step.gave_up
        else:
            self._journal.write(self._entry(running, step.prediction))
            self.finished += 1
        self._start_next()

    def _entry(self, running: RunningDialogue, prediction: Any) -> Entry:
        return Entry(
            id=running.id,
            prediction=prediction,
            steps=running.steps,
            cut_off=running.cut_off,
            prompt_tokens=running.prompt_tokens,
            completion_tokens=running.completion_tokens,
            elapsed=round(self._clock.elapsed(), 3),
            engine_seconds=round(self._clock.engine, 3),
            lost=dict(running.lost),
        )


def _sum(total: int | None, more: int | None) -> int | None:
    return None if total is None or more is None else total + more
