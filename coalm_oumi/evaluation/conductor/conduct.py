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
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from coalm_oumi.errors import CoalmError, shorten
from coalm_oumi.evaluation.conductor.dialogue import (
    Ask,
    Failure,
    Outcome,
    Reply,
    StartDialogue,
)
from coalm_oumi.evaluation.conductor.journal import Entry, Journal
from coalm_oumi.evaluation.conductor.scheduler import (
    Clock,
    RunningDialogue,
    Scheduler,
)
from coalm_oumi.evaluation.conductor.stopping import current_stop, stopping_at_interrupt
from coalm_oumi.progress import Progress, Silent

_FEW = 4


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
    pace, resumed = pace or Pace(), len(dialogues) - len(left)
    with (
        stopping_at_interrupt(),
        ThreadPoolExecutor(threads, thread_name_prefix="dialogue") as pool,
    ):
        scheduler = Scheduler(
            iter(sorted(left, key=lambda item: item[0] not in early)),
            journal,
            clock,
            pool,
            attempts=pace.attempts,
            in_step=pace.in_step,
        )
        run = _Run(scheduler, ask, pace, clock, progress or Silent(), sleep, resumed)
        try:
            # An earlier run may have left nothing but the few requests that always fail.
            run.to_the_end(check_first=resumed <= len(left))
        finally:
            scheduler.close()
    entries = [journal.entries[k] for k in dialogues if k in journal.entries]
    return _outcome(entries, scheduler, clock, resumed)


def _clock(journal: Journal, now: Callable[[], float]) -> Clock:
    """Starts the clock where the journal's runs left it."""
    before = list(journal.entries.values())
    return Clock(
        now,
        now(),
        max((entry.elapsed for entry in before), default=0.0),
        max((entry.engine_seconds for entry in before), default=0.0),
    )


def _outcome(
    entries: list[Entry], scheduler: Scheduler, clock: Clock, resumed: int
) -> Outcome:
    return Outcome(
        predictions={entry.id: entry.prediction for entry in entries},
        not_run=dict(scheduler.not_run),
        resumed=resumed,
        seconds=clock.elapsed(),
        engine_seconds=clock.engine,
        requests=sum(entry.steps for entry in entries),
        cut_off=sum(entry.cut_off for entry in entries),
        prompt_tokens=_total([entry.prompt_tokens for entry in entries]),
        completion_tokens=_total([entry.completion_tokens for entry in entries]),
        retried=scheduler.retried,
        lost=dict(sum((Counter(entry.lost) for entry in entries), Counter[str]())),
    )


@dataclass
class _Run:
    """The loop over waves."""

    scheduler: Scheduler
    ask: Ask
    pace: Pace
    clock: Clock
    progress: Progress
    sleep: Callable[[float], None]
    resumed: int
    suspects: deque[list[RunningDialogue]] = field(default_factory=deque)
    failed_in_a_row: int = 0

    def to_the_end(self, *, check_first: bool) -> None:
        first, last_reply = True, self.clock.now()
        self.scheduler.start(2 * self.pace.wave)
        while wave := self._next_wave(first):
            came = self._asked(wave)
            if self.pace.in_step or current_stop().requested:
                self.scheduler.wait()
            failures = [reply for reply in came if isinstance(reply, Failure)]
            if current_stop().requested:
                self.scheduler.hand_over(wave, came)
                self.scheduler.wait()
                current_stop().check()
            if first and check_first:
                _check_first(failures, len(wave))
            if len(failures) < len(wave):
                first, last_reply, self.failed_in_a_row = False, self.clock.now(), 0
            elif not any(failure.retryable for failure in failures):
                first = False
            elif self._put_aside(wave, failures, last_reply):
                continue
            self.scheduler.hand_over(wave, came)

    def _next_wave(self, first: bool) -> list[RunningDialogue]:
        if self.suspects:
            wave = self.suspects.popleft()
        else:
            pace = self.pace
            size = min(pace.first_wave, pace.wave) if first else pace.wave
            wave = self.scheduler.next_wave(size, min(size, pace.enough or size))
        self._show()
        return wave

    def _asked(self, wave: list[RunningDialogue]) -> list[Reply | Failure]:
        began = self.clock.now()
        with current_stop().asking():
            came = list(self.ask([(running.id, running.request) for running in wave]))
        self.clock.engine += self.clock.now() - began
        if len(came) != len(wave):
            raise CoalmError(
                f"the engine answered {len(came)} of {len(wave)} requests. Run the same "
                "command again; what is finished is kept."
            )
        return came

    def _put_aside(
        self, wave: list[RunningDialogue], failures: list[Failure], last_reply: float
    ) -> bool:
        """Keeps a wave of which nothing came for later; False if it is to be counted."""
        self.scheduler.wait()
        reason = _commonest(failures)
        self.failed_in_a_row += 1
        if self.ask.fails_together:
            # 2 ** 12 is more than any wave: halving has had the time to find a culprit.
            if self.failed_in_a_row > 2 * 12:
                raise _stopped(f"the engine fails at every request: {reason}")
            if len(wave) > 1:
                half = len(wave) // 2
                self.suspects.extendleft((wave[half:], wave[:half]))
            return len(wave) > 1
        few = len(wave) <= _FEW
        patience = self.pace.patience / 5 if few else self.pace.patience
        if self.clock.now() - last_reply > patience:
            if not few:
                raise _stopped(f"no request got a reply for {patience:.0f} s: {reason}")
            for running in wave:
                running.attempts = self.pace.attempts
            return False
        pause = self.pace.pause * 2 ** min(self.failed_in_a_row - 1, 16)
        pause = min(pause, self.pace.longest_pause)
        self.progress.say(f"no replies ({reason}); asking again in {pause:.0f} s")
        self.sleep(pause)
        self.scheduler.put_back(wave)
        return True

    def _show(self) -> None:
        notes = []
        if self.scheduler.retried:
            notes.append(f"{self.scheduler.retried} asked again")
        if self.scheduler.not_run:
            notes.append(f"{len(self.scheduler.not_run)} not run")
        done = self.resumed + self.scheduler.finished
        self.progress.update(done, ", ".join(notes))


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
