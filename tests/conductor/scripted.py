"""An engine that plays a script, and dialogues to play it to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from coalm_oumi.evaluation.conductor import Dialogue, Failure, Reply, Request

Script = Callable[[str, str], Reply | Failure]


@dataclass
class Scripted:
    """Answers each request with what the script says, and keeps the waves.

    Attributes:
        script: The reply to a dialogue's id and its last message.
        fails_together: As for `Ask`.
        waves: The ids of each wave so far.
    """

    script: Script
    fails_together: bool = False
    waves: list[list[str]] = field(default_factory=list)

    def __call__(self, wave: Sequence[tuple[str, Any]]) -> list[Reply | Failure]:
        """Plays the script for a wave."""
        self.waves.append([key for key, _ in wave])
        came = [self.script(key, request.messages[-1].content) for key, request in wave]
        if self.fails_together:
            bad = next((reply for reply in came if isinstance(reply, Failure)), None)
            return [bad] * len(came) if bad is not None else came
        return came


def echo(key: str, text: str) -> Reply:
    """The reply that repeats the request, with its length in tokens."""
    return Reply(f"{key} heard {text}", prompt_tokens=len(text), completion_tokens=2)


def counting(steps: int) -> Dialogue:
    """A dialogue that counts to `steps`; its prediction is all the replies."""
    heard = []
    for step in range(steps):
        reply = yield Request.of_user(str(step))
        heard.append(reply.text)
    return heard
