"""The confined children of a worker: for single requests, and for whole dialogues."""

from __future__ import annotations

from confined_child import Answering, Child

_MOST_RESIDENT = 128 << 20


class Children:
    """The children: one that waits to be asked, and those of dialogues under way.

    Args:
        answer: What a child does with a request.
        seconds: Processor time that each may take.
        most_kept: Dialogues that have a child of their own; the steps of others get a
            new one each.
    """

    def __init__(self, answer: Answering, seconds: int, most_kept: int) -> None:
        self._most_kept = most_kept
        self._make = lambda: Child(answer, seconds)
        self._kept: dict[bytes, Child] = {}
        self._spare: Child | None = None
        self.get_ready()

    def get_ready(self) -> None:
        """Forks the next child, while nobody waits for it."""
        if self._spare is None:
            self._spare = self._make()

    def answer_once(self, request: bytes) -> bytes:
        """Has a request answered by a child that is asked nothing else."""
        child = self._fresh()
        told = child.ask(request)
        if not child.lost:
            child.end()
        return told

    def answer_step(self, dialogue: bytes, request: bytes) -> bytes:
        """Has a step answered by the dialogue's own child, if it has one."""
        child = self._kept.pop(dialogue, None) or self._fresh()
        told = child.ask(request)
        if child.lost:
            return told
        if len(self._kept) < self._most_kept and _is_small(child):
            self._kept[dialogue] = child
        else:
            child.end()
        return told

    def end(self, dialogue: bytes) -> None:
        """Ends the child of a dialogue that is over."""
        child = self._kept.pop(dialogue, None)
        if child is not None:
            child.end()

    def _fresh(self) -> Child:
        child, self._spare = self._spare or self._make(), None
        return child


def _is_small(child: Child) -> bool:
    resident = child.resident()
    return resident is not None and resident <= _MOST_RESIDENT
