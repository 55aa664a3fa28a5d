"""The dialogues that are under way: started, waiting for a reply, or about to end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from coalm_oumi.conductor.dialogue import (
    Dialogue,
    Failure,
    Reply,
    RequestRefusedError,
    StartDialogue,
)
from coalm_oumi.conductor.journal import Entry, Journal


@dataclass
class Active:
    """A dialogue under way, waiting for the reply to its request."""

    id: str
    dialogue: Dialogue
    request: Any
    attempts: int = 0
    steps: int = 0
    cut_off: int = 0
    prompt_tokens: int | None = 0
    completion_tokens: int | None = 0

    def take(self, reply: Reply) -> None:
        """Counts a reply."""
        self.steps += 1
        self.attempts = 0
        self.cut_off += reply.cut_off
        self.prompt_tokens = _sum(self.prompt_tokens, reply.prompt_tokens)
        self.completion_tokens = _sum(self.completion_tokens, reply.completion_tokens)


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


@dataclass
class Stage:
    """Starts dialogues, hands them replies, and journals how they end."""

    waiting: Iterator[tuple[str, StartDialogue]]
    journal: Journal
    clock: Clock
    most_active: int
    attempts: int
    ready: deque[Active] = field(default_factory=deque)
    not_run: dict[str, str] = field(default_factory=dict)
    under_way: dict[str, Active] = field(default_factory=dict)
    finished: int = 0
    retried: int = 0

    def fill(self) -> None:
        """Starts dialogues until as many are under way as may be."""
        while len(self.under_way) < self.most_active:
            found = next(self.waiting, None)
            if found is None:
                return
            active = Active(found[0], found[1](), None)
            self.under_way[active.id] = active
            self._go_on(active, lambda active=active: next(active.dialogue))

    def settle(self, wave: Sequence[Active], came: Sequence[Reply | Failure]) -> None:
        """Hands each dialogue what came for it, in the wave's order.

        Those that go on come before the ones not started yet, in that order too.
        """
        for active, reply in zip(wave, came, strict=True):
            if isinstance(reply, Failure):
                self._failed(active, reply)
            else:
                active.take(reply)
                self._go_on(active, lambda a=active, r=reply: a.dialogue.send(r))
        self.fill()

    def again(self, wave: Sequence[Active]) -> None:
        """Puts requests back to the front, as they were."""
        self.retried += len(wave)
        self.ready.extendleft(reversed(wave))

    def close(self) -> None:
        """Ends the dialogues still under way."""
        for active in self.under_way.values():
            active.dialogue.close()

    def _failed(self, active: Active, failure: Failure) -> None:
        active.attempts += 1
        if not failure.retryable:
            refused = RequestRefusedError(failure.reason)
            self._go_on(active, lambda: active.dialogue.throw(refused))
        elif active.attempts < self.attempts:
            self.retried += 1
            self.ready.append(active)
        else:
            self._give_up(active, f"{failure.reason} ({active.attempts} attempts)")

    def _go_on(self, active: Active, step: Callable[[], Any]) -> None:
        try:
            active.request = step()
        except StopIteration as ended:
            self._write(active, ended.value)
        except RequestRefusedError as error:
            self._give_up(active, f"refused: {error}")
        else:
            self.ready.append(active)

    def _give_up(self, active: Active, reason: str) -> None:
        active.dialogue.close()
        self.not_run[active.id] = reason
        del self.under_way[active.id]

    def _write(self, active: Active, prediction: Any) -> None:
        self.journal.write(
            Entry(
                id=active.id,
                prediction=prediction,
                steps=active.steps,
                cut_off=active.cut_off,
                prompt_tokens=active.prompt_tokens,
                completion_tokens=active.completion_tokens,
                elapsed=round(self.clock.elapsed(), 3),
                engine_seconds=round(self.clock.engine, 3),
            )
        )
        del self.under_way[active.id]
        self.finished += 1


def _sum(total: int | None, more: int | None) -> int | None:
    return None if total is None or more is None else total + more
