"""Dialogues, and what goes to and fro between them and an engine."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from coalm_oumi.errors import CoalmError

ChatRole = Literal["system", "user", "assistant", "tool"]

_CONTEXT_FULL = (
    r"context[ _-]?(length|window|size|limit)|max[_ ]?(model[_ ]?len|seq)|"
    r"(maximum|max) (context|sequence|input|prompt|model length)|"
    r"(prompt|input|too many) tokens|(prompt|input) is too long"
)


@dataclass(frozen=True)
class ChatMessage:
    """A message: who says it, and what."""

    role: ChatRole
    content: str


@dataclass(frozen=True)
class Request:
    """The messages up to the model's next turn.

    Attributes:
        messages: What was said so far.
        to: Which model is asked, by the name it has in `SeveralAsk`; empty for the one
            that is evaluated.
    """

    messages: tuple[ChatMessage, ...]
    to: str = ""

    @classmethod
    def of_turns(cls, turns: Iterable[tuple[ChatRole, str]]) -> Request:
        """Returns the request of some messages, given as pairs of role and content."""
        return cls(tuple(ChatMessage(role, content) for role, content in turns))

    @classmethod
    def of_user(cls, content: str) -> Request:
        """Returns the request that consists of one message of the user."""
        return cls((ChatMessage("user", content),))


@dataclass(frozen=True)
class Reply:
    """What the model wrote.

    Attributes:
        text: The text; may be empty, which is the model's own doing.
        cut_off: Whether it ended because its length was used up.
        prompt_tokens: Tokens read; None if the engine does not say.
        completion_tokens: Tokens written; None if the engine does not say.
        tool_calls: Whether the endpoint gave tool calls, beside or in place of text.
    """

    text: str
    cut_off: bool = False
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    tool_calls: bool = False


@dataclass(frozen=True)
class Failure:
    """A request that got no reply, for a reason that is not the model's.

    Attributes:
        reason: What went wrong, in one line.
        retryable: Whether asking again may help; False for a request that the server
            refuses, such as one longer than the model's context.
    """

    reason: str
    retryable: bool = True


class RequestRefusedError(CoalmError):
    """Raised inside a dialogue whose request is refused for good.

    A benchmark whose rules say what such a dialogue is worth catches it; otherwise the
    dialogue counts as not run.
    """

    @property
    def context_full(self) -> bool:
        """Whether the request was longer than the model's context, as servers say it."""
        return re.search(_CONTEXT_FULL, str(self), re.IGNORECASE) is not None


Dialogue = Generator[Any, Reply, Any]
"""Yields requests, is sent replies, returns the prediction (a JSON value).

A request is a `Request`, or whatever else the `Ask` in use understands.
"""

StartDialogue = Callable[[], Dialogue]


class Ask(Protocol):
    """Puts a wave of requests to a model.

    Attributes:
        fails_together: Whether one bad request makes the whole wave fail, so that a
            failed wave is worth asking again in halves.
    """

    fails_together: bool

    def __call__(self, wave: Sequence[tuple[str, Any]]) -> Sequence[Reply | Failure]:
        """Returns what became of each request, in order.

        Args:
            wave: Pairs of a dialogue's id, each at most once, and its request.
        """
        ...


@dataclass(frozen=True)
class Outcome:
    """What became of all dialogues.

    Attributes:
        predictions: What each finished dialogue returned, by id, in the given order.
        not_run: Why each other dialogue is not finished, by id; never the model's fault.
        resumed: How many of the finished ones an earlier run had finished.
        seconds: How long it took, earlier runs included.
        engine_seconds: How long of that the engine was at work.
        requests: Replies received in the finished dialogues.
        cut_off: How many of those ended because their length was used up.
        prompt_tokens: Tokens read in the finished dialogues; None if not known for all.
        completion_tokens: Tokens written in them; None if not known for all.
        retried: Requests that had to be put again in this run.
        lost: Replies in the finished dialogues without a whole text, by kind
            (`lost_text.LOST`).
    """

    predictions: dict[str, Any]
    not_run: dict[str, str]
    resumed: int
    seconds: float
    engine_seconds: float
    requests: int
    cut_off: int
    prompt_tokens: int | None
    completion_tokens: int | None
    retried: int
    lost: dict[str, int] = field(default_factory=dict)


def single_step(request: Any) -> Dialogue:
    """The dialogue of a single-turn case: its prediction is the reply's text."""
    reply = yield request
    return reply.text
