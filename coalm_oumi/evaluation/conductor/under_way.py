"""The dialogues that are under way: started, waiting for a reply, or about to end."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
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
    lost: Counter[str] = field(default_factory=Counter)

    def take(self, reply: Reply) -> None:
        """Counts a reply."""
        self.steps += 1
        self.attempts = 0
        self.cut_off += reply.cut_off
        if kind := lost_kind(reply):
            self.lost[kind] += 1
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


@dataclass(frozen=True)
class Move:
    """What a dialogue did when it was started, or handed what came for it.

    Attributes:
        request: What it asks next.
        ended: Whether it asks nothing more.
        prediction: What it returned, if it ended.
        refused: Why it gave up, because its request was refused.
    """

    request: Any = None
    ended: bool = False
    prediction: Any = None
    refused: str | None = None


Each = Callable[..., Iterable[Any]]
"""As `map`: applies a function to each item, and gives the results in some order."""


@dataclass
class Stage:
    """Starts dialogues, hands them replies, and journals how they end.

    Attributes:
        waiting: The dialogues not started yet.
        journal: Takes those that end.
        clock: The seconds that are noted with them.
        most_active: How many may be under way.
        attempts: How often a request is put while others get replies.
        each: Hands replies to dialogues; on several threads if it is an executor's.
        ready: The dialogues with a request to be put, in order.
        not_run: Why dialogues were given up, by id.
        under_way: The dialogues started and not ended, by id.
        finished: How many have ended.
        retried: How many requests were put again.
    """

    waiting: Iterator[tuple[str, StartDialogue]]
    journal: Journal
    clock: Clock
    most_active: int
    attempts: int
    each: Each = map
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
            self._take(active, _moved(lambda active=active: next(active.dialogue)))

    def settle(self, wave: Sequence[Active], came: Sequence[Reply | Failure]) -> None:
        """Hands each dialogue what came for it.

        Those that go on come before the ones not started yet, in the order in which
        `each` gives them.
        """
        for active, reply, move in self.each(_move, wave, came):
            if move is None:
                self._failed(active, reply)
            else:
                self._take(active, move)
        self.fill()

    def again(self, wave: Sequence[Active]) -> None:
        """Puts requests back to the front, as they were."""
        self.retried += len(wave)
        self.ready.extendleft(reversed(wave))

    def close(self) -> None:
        """Ends the dialogues still under way."""
        for active in self.under_way.values():
            active.dialogue.close()

    def _ended(self, active: Active) -> None:
        del self.under_way[active.id]

    def _failed(self, active: Active, reply: Reply | Failure) -> None:
        active.attempts += 1
        if active.attempts < self.attempts:
            self.retried += 1
            self.ready.append(active)
        else:
            reason = reply.reason if isinstance(reply, Failure) else "no reply"
            self._give_up(active, f"{reason} ({active.attempts} attempts)")

    def _take(self, active: Active, move: Move) -> None:
        if move.ended:
            self._write(active, move.prediction)
        elif move.refused is not None:
            self._give_up(active, f"refused: {move.refused}")
        else:
            active.request = move.request
            self.ready.append(active)

    def _give_up(self, active: Active, reason: str) -> None:
        active.dialogue.close()
        self.not_run[active.id] = reason
        self._ended(active)

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
                lost=dict(active.lost),
            )
        )
        self._ended(active)
        self.finished += 1


def _move(
    active: Active, reply: Reply | Failure
) -> tuple[Active, Reply | Failure, Move | None]:
    """Hands a dialogue what came for it; no move for a request that may be put again."""
    move = None
    if not isinstance(reply, Failure):
        active.take(reply)
        move = _moved(lambda: active.dialogue.send(reply))
    elif not reply.retryable:
        error = RequestRefusedError(reply.reason)
        move = _moved(lambda: active.dialogue.throw(error))
    return active, reply, move


def _moved(step: Callable[[], Any]) -> Move:
    try:
        return Move(step())
    except StopIteration as ended:
        return Move(ended=True, prediction=ended.value)
    except RequestRefusedError as error:
        return Move(refused=str(error))


def _sum(total: int | None, more: int | None) -> int | None:
    return None if total is None or more is None else total + more
