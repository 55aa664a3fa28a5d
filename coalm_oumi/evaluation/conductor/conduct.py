"""Driving many dialogues through an engine, wave by wave.

The requests of all pending dialogues go to the engine together, up to a wave's size.
While the engine is at work on one wave, other threads hand the replies of the one
before to their dialogues, journal those that finish, and collect the next requests: the
engine waits only if hardly a dialogue is left. Where an engine works batch by batch, which
requests make a wave depends on the replies alone, not on who is quicker; a server, to which
that is all the same, gets what is ready (`Pace.in_step`).

A request without a reply is an infrastructure failure, never a wrong answer. It is put
again; a dialogue that cannot be finished at all is named in the outcome, not scored.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from coalm_oumi.errors import CoalmError, shorten
from coalm_oumi.evaluation.conductor.dialogue import (
    Ask,
    Failure,
    Outcome,
    Reply,
    StartDialogue,
)
from coalm_oumi.evaluation.conductor.journal import Entry, Journal
from coalm_oumi.evaluation.conductor.stopping import current_stop, stopping_at_interrupt
from coalm_oumi.evaluation.conductor.under_way import Active, Clock, Stage
from coalm_oumi.progress import Progress, Silent

_FEW = 4
_SECONDS_BETWEEN_LOOKS = 0.002


@dataclass(frozen=True)
class Pace:
    """How requests are put to the engine.

    Attributes:
        wave: The most requests at once.
        enough: So many requests that are ready go to the engine without waiting for
            those still to come, when a wave's number cannot be had; None to wait.
        in_step: Whether a wave is made only when all dialogues of the one before the last
            have taken up their replies, so that it does not depend on who is quicker.
        first_wave: How many of them the first time, to find out early that nothing
            works: if half of these fail, the run stops. Not looked at if an earlier
            run has finished more than are left.
        attempts: How often one request is put while others get replies.
        pause: Seconds to wait after a wave that failed whole; doubled each time.
        longest_pause: The most seconds to wait.
        patience: Seconds without any reply after which the run stops. For a handful of
            requests at the end a fifth of it is enough to give them up.
    """

    wave: int = 256
    enough: int | None = None
    in_step: bool = True
    first_wave: int = 16
    attempts: int = 5
    pause: float = 1.0
    longest_pause: float = 30.0
    patience: float = 900.0


def conduct(
    dialogues: Mapping[str, StartDialogue],
    ask: Ask,
    journal: Journal,
    *,
    pace: Pace | None = None,
    threads: int = 1,
    early: Collection[str] = (),
    progress: Progress | None = None,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.monotonic,
) -> Outcome:
    """Runs dialogues to their ends.

    Args:
        dialogues: What starts each of them, by id, in the order in which to begin. Those
            that the journal holds are not started again.
        ask: Puts requests to the model.
        journal: Takes a line for each dialogue that finishes.
        pace: How many requests at once, and how patiently.
        threads: How many dialogues may take up their replies at the same time. More
            than one pays off, and is allowed, where that is work for other processes.
        early: Ids of dialogues with many steps. They begin before the others, whose
            requests then keep the engine busy while these take up their replies.
        progress: Is told how far the run has come.
        sleep: Waits for seconds.
        now: Returns a time in seconds.

    Returns:
        What became of each.

    Raises:
        CoalmError: Half of the first requests failed, or nothing has got a reply for
            long. What is finished stands in the journal.
        KeyboardInterrupt: The run was interrupted. So is what had come by then.
    """
    clock = _clock(journal, now)
    left = [(k, start) for k, start in dialogues.items() if k not in journal.entries]
    pace = pace or Pace()
    with (
        stopping_at_interrupt(),
        ThreadPoolExecutor(threads, thread_name_prefix="dialogue") as pool,
    ):
        each = pool.map if pace.in_step else partial(_as_they_come, pool)
        stage = Stage(
            waiting=iter(sorted(left, key=lambda item: item[0] not in early)),
            journal=journal,
            clock=clock,
            most_active=2 * pace.wave,
            attempts=pace.attempts,
            each=each if threads > 1 else map,
        )
        run = _Run(stage, ask, pace, clock, progress or Silent(), sleep)
        try:
            run.to_the_end(len(dialogues) - len(left), len(left))
        finally:
            # A dialogue at work on a thread cannot be ended.
            pool.shutdown(cancel_futures=True)
            stage.close()
    entries = [journal.entries[k] for k in dialogues if k in journal.entries]
    return _outcome(entries, stage, resumed=len(dialogues) - len(left))


def _clock(journal: Journal, now: Callable[[], float]) -> Clock:
    """Starts the clock where the journal's runs left it."""
    before = list(journal.entries.values())
    return Clock(
        now,
        now(),
        max((entry.elapsed for entry in before), default=0.0),
        max((entry.engine_seconds for entry in before), default=0.0),
    )


def _outcome(entries: list[Entry], stage: Stage, *, resumed: int) -> Outcome:
    return Outcome(
        predictions={entry.id: entry.prediction for entry in entries},
        not_run=dict(stage.not_run),
        resumed=resumed,
        seconds=stage.clock.elapsed(),
        engine_seconds=stage.clock.engine,
        requests=sum(entry.steps for entry in entries),
        cut_off=sum(entry.cut_off for entry in entries),
        prompt_tokens=_total([entry.prompt_tokens for entry in entries]),
        completion_tokens=_total([entry.completion_tokens for entry in entries]),
        retried=stage.retried,
        lost=dict(sum((Counter(entry.lost) for entry in entries), Counter[str]())),
    )


@dataclass
class _Run:
    """The loop over waves."""

    stage: Stage
    ask: Ask
    pace: Pace
    clock: Clock
    progress: Progress
    sleep: Callable[[float], None]
    suspects: deque[list[Active]] = field(default_factory=deque)
    settling: deque[Future[None]] = field(default_factory=deque)
    left_ready: int = 0
    failed_in_a_row: int = 0

    def to_the_end(self, resumed: int, left: int) -> None:
        self.stage.fill()
        # An earlier run may have left nothing but the few requests that always fail.
        first, last_reply = True, self.clock.now()
        checked = resumed <= left
        with ThreadPoolExecutor(1, thread_name_prefix="dialogues") as thread:
            while wave := self._next_wave(first):
                came = self._asked(wave)
                if current_stop().requested:
                    self._settled()
                    self.stage.settle(wave, came)
                    current_stop().check()
                if self.pace.in_step:
                    self._settled()
                failures = [reply for reply in came if isinstance(reply, Failure)]
                if first and checked:
                    _check_first(failures, len(wave))
                if len(failures) < len(wave):
                    last_reply, self.failed_in_a_row = self.clock.now(), 0
                    first = False
                elif any(failure.retryable for failure in failures):
                    self._settled()
                    if self._wait_or_split(wave, failures, last_reply):
                        self.left_ready = len(self.stage.ready)
                        self._tell(resumed)
                        continue
                else:
                    first = False
                self.left_ready = len(self.stage.ready)
                self.settling.append(thread.submit(self.stage.settle, wave, came))
                self._tell(resumed)
            self._tell(resumed)

    def _next_wave(self, first: bool) -> list[Active]:
        if self.suspects:
            return self.suspects.popleft()
        size = min(self.pace.first_wave, self.pace.wave) if first else self.pace.wave
        ready = self.stage.ready
        if not self.pace.in_step:
            self._settled(until=min(size, self.pace.enough or size))
            self.left_ready = len(ready)
        # What has become ready since the last wave is not looked at, lest the waves
        # depend on how far the other threads have come.
        if self.left_ready < min(size, self.pace.enough or size):
            self._settled()
            self.left_ready = len(ready)
        return [ready.popleft() for _ in range(min(size, self.left_ready))]

    def _settled(self, until: int | None = None) -> None:
        """Waits until the waves before have been handed to their dialogues.

        Args:
            until: So many requests that are ready are enough.
        """
        while self.settling:
            ended = self.settling[0]
            if ended.done() or until is None:
                ended.result()
                self.settling.popleft()
            elif len(self.stage.ready) >= until:
                return
            else:
                wait([ended], _SECONDS_BETWEEN_LOOKS)

    def _asked(self, wave: list[Active]) -> list[Reply | Failure]:
        began = self.clock.now()
        with current_stop().asking():
            came = list(self.ask([(active.id, active.request) for active in wave]))
        self.clock.engine += self.clock.now() - began
        if len(came) != len(wave):
            raise CoalmError(
                f"the engine answered {len(came)} of {len(wave)} requests. Run the same "
                "command again; what is finished is kept."
            )
        return came

    def _wait_or_split(
        self, wave: list[Active], failures: list[Failure], last_reply: float
    ) -> bool:
        """Puts a wave of which nothing came back aside; False if it is to be counted."""
        reason = _commonest(failures)
        self.failed_in_a_row += 1
        if self.ask.fails_together:
            # 2 ** 12 is more than any wave: halving has had the time to find a culprit.
            if self.failed_in_a_row > 2 * 12:
                raise _stopped(f"the engine fails at every request: {reason}")
            if len(wave) > 1:
                half = len(wave) // 2
                self.suspects.extendleft((wave[half:], wave[:half]))
                return True
            return False
        few = len(wave) <= _FEW
        patience = self.pace.patience / 5 if few else self.pace.patience
        if self.clock.now() - last_reply > patience:
            if not few:
                raise _stopped(f"no request got a reply for {patience:.0f} s: {reason}")
            for active in wave:
                active.attempts = self.pace.attempts
            return False
        pause = self.pace.pause * 2 ** min(self.failed_in_a_row - 1, 16)
        pause = min(pause, self.pace.longest_pause)
        self.progress.say(f"no replies ({reason}); asking again in {pause:.0f} s")
        self.sleep(pause)
        self.stage.again(wave)
        return True

    def _tell(self, resumed: int) -> None:
        notes = []
        if self.stage.retried:
            notes.append(f"{self.stage.retried} asked again")
        if self.stage.not_run:
            notes.append(f"{len(self.stage.not_run)} not run")
        self.progress.update(resumed + self.stage.finished, ", ".join(notes))


def _as_they_come(
    pool: ThreadPoolExecutor, function: Callable[..., Any], *items: Sequence[Any]
) -> Iterator[Any]:
    """As the pool's `map`, but gives what is done first before the rest."""
    futures = [pool.submit(function, *each) for each in zip(*items, strict=True)]
    for future in as_completed(futures):
        yield future.result()


def _check_first(failures: list[Failure], asked: int) -> None:
    if 2 * len(failures) >= asked:
        raise _stopped(
            f"{len(failures)} of the first {asked} requests failed: {_commonest(failures)}"
        )


def _stopped(why: str) -> CoalmError:
    return CoalmError(
        f"{why.rstrip('.')}. No case was scored for it. Correct the cause (is the server "
        "up, is the model's name right?) and run the same command again; what is finished "
        "is kept."
    )


def _commonest(failures: list[Failure]) -> str:
    reason, n = Counter(failure.reason for failure in failures).most_common(1)[0]
    more = f" ({n} times)" if n > 1 else ""
    return shorten(reason, 300) + more


def _total(counts: Sequence[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None
