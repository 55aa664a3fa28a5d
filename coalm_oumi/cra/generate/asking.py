"""Requests put to a language model through an Oumi engine, each paid for once.

Oumi's engines hand over every conversation the moment it is finished, to store it in a
scratch file. Here it goes into the file of paid replies instead, without keys, so that a
process killed during a wave loses no more than the requests under way. (Oumi's own resume
ends in an error at a line torn by the kill.)
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from oumi.core.types.conversation import Conversation, Message, Role

from coalm_oumi.cra.generate.costs import Budget
from coalm_oumi.cra.generate.options import CraOptions
from coalm_oumi.cra.generate.paid_replies import PaidReplies, PaidReply, request_key
from coalm_oumi.cra.generate.prompting import Asked
from coalm_oumi.errors import CoalmError
from coalm_oumi.evaluation.conductor import Failure, Reply
from coalm_oumi.evaluation.conductor.remote_requests import RemoteRequests
from coalm_oumi.evaluation.conductor.stopping import current_stop
from coalm_oumi.secret_keys import Hider

if TYPE_CHECKING:
    from oumi.core.inference import BaseInferenceEngine

_WHY = {
    "length": "it was cut off at generation.max_new_tokens",
    "content_filter": "the endpoint's content filter refused it",
}
_CHARACTERS = 4


class Writer:
    """Puts waves of requests to an engine; an `Ask` of the conductor.

    Attributes:
        fails_together: See `conductor.Ask`.
        replies: The file of paid replies.
        arrived: Is called after each reply.
        requests: The requests under way.
    """

    def __init__(
        self,
        engine: BaseInferenceEngine,
        options: CraOptions,
        replies: PaidReplies,
        budget: Budget,
        *,
        run: str,
        hider: Hider,
    ) -> None:
        """Takes over where an engine stores its replies.

        Args:
            engine: The engine.
            options: The `cra` block.
            replies: The file of paid replies, open.
            budget: Says how many requests can be afforded.
            run: What of the run decides the replies, as one text.
            hider: Hides keys.
        """
        names = {kind.__name__ for kind in type(engine).__mro__}
        self.fails_together = "RemoteInferenceEngine" not in names
        self.replies = replies
        self._engine, self._options, self._budget = engine, options, budget
        self._run, self._hider = run, hider
        self.arrived: Callable[[], None] = lambda: None
        self.requests = RemoteRequests(engine)
        self._not_kept: CoalmError | None = None

        def store(conversation: Conversation, output_filepath: str | None) -> None:
            try:
                self.take(conversation)
            except CoalmError as error:
                # Oumi would take it for a failed request, and pay for it again.
                self._not_kept = error
                self.requests.stop()

        engine._save_conversation_to_scratch = store  # type: ignore[method-assign]

    def key(self, asked: Asked) -> str:
        """Returns the key of a request."""
        return request_key(self._run, asked.id, asked.prompt)

    def exhausted(self, asked: Asked) -> str | None:
        """Says why a request is not put again, if so."""
        key = self.key(asked)
        times = self.replies.unusable[key]
        if key in self.replies.usable or times < self._options.attempts:
            return None
        return f"{self._why(key)} ({times} replies, each paid for)"

    def __call__(self, wave: Sequence[tuple[str, Any]]) -> Sequence[Reply | Failure]:
        """Returns what became of each request, in order.

        Raises:
            SpendingStoppedError: Some were not put, as they could exceed the limit.
        """
        usable = self.replies.usable
        left: list[Asked] = [one for _, one in wave if self.key(one) not in usable]
        failures: dict[str, Failure] = {}
        while left:
            number = self._budget.affordable(left)
            if not number:
                raise self._budget.stopped()
            failures |= self.put(left[:number])
            if self._not_kept is not None:
                raise self._not_kept
            if current_stop().requested:
                break
            left = left[number:]
        return [self._became(one, failures.get(name)) for name, one in wave]

    def put(self, left: Sequence[Asked]) -> dict[str, Failure]:
        """Puts requests that have no reply yet; returns the failures by dialogue."""
        conversations = [self.conversation(one) for one in left]
        failed: dict[str, Failure] = {}
        try:
            result = self._engine.infer_partial(conversations)
        except Exception as error:  # an engine fails in ways of its own
            failure = Failure(self.told(f"{type(error).__name__}: {error}"))
            return {one.id: failure for one in left}
        for index, detail in result.failures.items():
            reason = self.told(detail.error_message) or detail.error_type.value
            failed[left[index].id] = Failure(reason, detail.is_retryable)
        for _, conversation in result.successful:
            self.take(conversation)
        return failed

    def conversation(self, asked: Asked) -> Conversation:
        """Returns a request as Oumi has it."""
        return Conversation(
            conversation_id=asked.id,
            messages=[Message(role=Role.USER, content=asked.prompt)],
            metadata={"key": self.key(asked), "attempt": secrets.token_hex(8)},
        )

    def take(self, conversation: Conversation) -> None:
        """Stores the reply of a finished conversation; a second time does nothing."""
        last, told = conversation.messages[-1], conversation.metadata
        if last.role != Role.ASSISTANT or "key" not in told:
            return
        content = last.content
        if not isinstance(content, str):
            content = "".join(str(item.content or "") for item in content or ())
        usage = told.get("usage") or {}
        prompt = conversation.messages[0].content
        self.replies.add(
            PaidReply(
                key=told["key"],
                id=str(conversation.conversation_id),
                # Half of a surrogate pair cannot be stored in UTF-8.
                text=self._hider(content.encode("utf-8", "replace").decode("utf-8")),
                finish=str(told.get("finish_reason") or ""),
                read=_count(usage.get("prompt_tokens"), str(prompt)),
                cached=int(usage.get("cached_tokens") or 0),
                written=_count(usage.get("completion_tokens"), content),
                estimated=not usage,
                attempt=told["attempt"],
            )
        )
        self.arrived()

    def told(self, reason: str) -> str:
        """Returns what an endpoint says in one line, without keys."""
        return self._hider.line(reason)

    def _became(self, asked: Asked, failure: Failure | None) -> Reply | Failure:
        key = self.key(asked)
        paid = self.replies.usable.get(key)
        if paid is not None:
            # The text stands in the file of paid replies; the journal names it.
            return Reply(key, False, paid.read, paid.written)
        if failure is not None:
            return failure
        exhausted = self.exhausted(asked)
        if exhausted is not None:
            return Failure(exhausted, retryable=False)
        return Failure(
            self._why(key) if self.replies.unusable[key] else "no reply came"
        )

    def _why(self, key: str) -> str:
        finish = self.replies.finish(key)
        return _WHY.get(finish, f"it ended with '{finish}'")


def _count(told: Any, text: str) -> int:
    return len(text) // _CHARACTERS if told is None else int(told)
