"""Models for the tests: scripted ones, the oracle, and one that says nothing."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

from oumi.core.types.conversation import Conversation, Message, Role

from coalm_oumi.benchmarks.multiwoz import MultiwozData, PredictedTurn
from coalm_oumi.environments.multiwoz.predicted_turn import predicted_turn
from coalm_oumi.evaluation.conductor import ChatMessage, Reply, Request, StartDialogue
from tests.benchmarks.multiwoz.ideal.oracle import Oracle

Answer = Callable[[str, Sequence[ChatMessage]], str]


def played(
    dialogue: Generator[Request, Reply, Any], replies: Sequence[str | Reply | Exception]
) -> tuple[Any, list[Request]]:
    """Plays a dialogue with given replies; returns its end and the requests."""
    left, asked = list(replies), []
    request = next(dialogue)
    while True:
        asked.append(request)
        reply = left.pop(0)
        try:
            if isinstance(reply, Exception):
                request = dialogue.throw(reply)
            else:
                said = reply if isinstance(reply, Reply) else Reply(reply)
                request = dialogue.send(said)
        except StopIteration as end:
            assert not left, f"not asked for: {left}"
            return end.value, asked


def run(start: Mapping[str, StartDialogue], answer: Answer) -> dict[str, Any]:
    """Plays dialogues to their ends with a model that answers each request."""
    ends: dict[str, Any] = {}
    for key, begin in start.items():
        dialogue = begin()
        try:
            request = next(dialogue)
            while True:
                request = dialogue.send(Reply(answer(key, request.messages)))
        except StopIteration as end:
            ends[key] = end.value
    return ends


def as_turns(
    stored: Mapping[str, Sequence[Any]],
) -> dict[str, tuple[PredictedTurn, ...] | None]:
    """Reads stored turns back."""
    return {key: tuple(map(predicted_turn, turns)) for key, turns in stored.items()}


def silent(key: str, messages: Sequence[ChatMessage]) -> str:
    """Says nothing, in the prompt's format."""
    return "Response:"


class Engine:
    """An Oumi engine in which a function answers; it may be interrupted."""

    def __init__(self, answer: Answer, waves: int | None = None) -> None:
        self.answer, self.waves = answer, waves
        self.asked: list[str] = []
        self.stops: set[tuple[str, ...]] = set()

    @classmethod
    def oracle(cls, data: MultiwozData, waves: int | None = None) -> Engine:
        """An engine that knows the gold."""
        return cls(Oracle(data).reply, waves)

    def infer(
        self, conversations: list[Conversation], config: Any = None
    ) -> list[Conversation]:
        """Answers; after its last wave it is interrupted."""
        if self.waves == 0:
            raise KeyboardInterrupt
        self.waves = self.waves and self.waves - 1
        stop = config.generation.stop_strings if config is not None else None
        self.stops.add(tuple(stop or ()))
        for conversation in conversations:
            key = str(conversation.conversation_id)
            self.asked.append(key)
            said = [
                ChatMessage(m.role.value, str(m.content))  # type: ignore[arg-type]
                for m in conversation.messages
            ]
            reply = Message(role=Role.ASSISTANT, content=self.answer(key, said))
            conversation.messages.append(reply)
        return conversations
