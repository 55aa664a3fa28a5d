"""Putting requests to any Oumi engine: NATIVE, VLLM, REMOTE_VLLM, OPENAI, and so on."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from oumi.core.configs import InferenceConfig, InferenceEngineType
from oumi.core.types.conversation import Conversation, Message, Role

from coalm_oumi.errors import CoalmError
from coalm_oumi.evaluation.conductor.conduct import Pace
from coalm_oumi.evaluation.conductor.dialogue import (
    Failure,
    Reply,
    Request,
    RequestRefusedError,
)
from coalm_oumi.evaluation.conductor.lost_text import ENOUGH, ReplyWatch, lost_kind
from coalm_oumi.evaluation.conductor.paid_replies import PaidReplies, request_key
from coalm_oumi.evaluation.conductor.remote_requests import RemoteRequests
from coalm_oumi.secret_keys import Hider, hidden_in_logs, hider_of, server_secrets

if TYPE_CHECKING:
    from oumi.core.configs import EvaluationConfig
    from oumi.core.inference import BaseInferenceEngine

_LOCAL_WAVE = 128
_VLLM_WAVE = 2048


class EngineAsk:
    """Puts waves of requests to an Oumi engine.

    A request is a `Request` or an Oumi `Conversation`. The remote engines fail request
    by request and have retries of their own; the others fail for a whole wave.

    What a server sends is shown and kept without the keys that it was sent.

    Args:
        engine: The engine.
        config: How to generate; None for what the engine was made with.
        name: What tells the engine from the others of a run.
        replies: Keeps the replies of a server as they come, and has those of a run that
            broke off.
        say: Shows a line that stays.
    """

    def __init__(
        self,
        engine: BaseInferenceEngine,
        config: InferenceConfig | None = None,
        *,
        name: str = "",
        replies: PaidReplies | None = None,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self._engine = engine = _sharing_prefixes(engine)
        self._how = () if config is None else (config,)
        # By name: importing the remote engines would import all engines.
        names = {kind.__name__ for kind in type(engine).__mro__}
        self.fails_together = "RemoteInferenceEngine" not in names
        # Of a batch, Oumi's own engine counts the longest reply's tokens for each.
        generation = getattr(config or engine, "generation", None)
        batch = getattr(generation, "batch_size", None)
        self._says_what_was_cut = "NativeTextInferenceEngine" not in names or batch == 1
        self._watch = ReplyWatch()
        remote = getattr(engine, "_remote_params", None)
        self._hider = hider_of(remote)
        self._own_key = Hider(server_secrets(remote), only_known=True)
        self._name = name
        self._replies = None if self.fails_together else replies
        # The keys of the requests under way, by the conversation's id.
        self._keys: dict[str, str] = {}
        self._not_kept: CoalmError | None = None
        self._requests = RemoteRequests(engine, say)
        if self._replies is not None:
            # Oumi hands over each reply when it is there, to store it in a scratch file.
            engine._save_conversation_to_scratch = self._came  # type: ignore[method-assign]

    def __call__(self, wave: Sequence[tuple[str, Any]]) -> Sequence[Reply | Failure]:
        """Returns what became of each request, in order.

        Raises:
            CoalmError: An endpoint loses the text of nearly all replies.
        """
        conversations = [_conversation(key, request) for key, request in wave]
        keys = {str(c.conversation_id): self._key(c) for c in conversations}
        replies: dict[str, Reply | Failure] = {}
        paid = self._replies
        left = [
            c
            for c in conversations
            if paid is None or not paid.has(keys[str(c.conversation_id)])
        ]
        self._keys = {
            str(c.conversation_id): keys[str(c.conversation_id)] for c in left
        }
        for conversation in self._infer(left, replies) if left else ():
            replies[str(conversation.conversation_id)] = self._reply(conversation)
            self._came(conversation, None)
        if self._not_kept is not None:
            raise self._not_kept
        nothing = Failure("the engine gave no reply")
        came = [
            paid.give(keys[name])
            if paid is not None and paid.has(keys[name])
            else replies.get(name, nothing)
            for name, _ in wave
        ]
        if not self.fails_together:
            self._watch.see(came)
        return came

    def _key(self, conversation: Conversation) -> str:
        if self._replies is None:
            return ""
        messages = [(m.role.value, str(m.content)) for m in conversation.messages]
        return request_key(f"{self._name}\0{conversation.conversation_id}", messages)

    def _came(self, conversation: Conversation, output_filepath: str | None) -> None:
        """Keeps a reply when it comes; a second time does nothing."""
        reply = self._reply(conversation)
        key = self._keys.pop(str(conversation.conversation_id), None)
        if self._replies is None or key is None or isinstance(reply, Failure):
            return
        # One whose text was lost is better asked for again, once the cause is mended.
        if lost_kind(reply):
            return
        try:
            self._replies.add(key, reply)
        except CoalmError as error:
            # Oumi would take it for a failed request, and pay for it again.
            self._not_kept = error
            self._requests.stop()

    def _reply(self, conversation: Conversation) -> Reply | Failure:
        found = _reply(conversation)
        if isinstance(found, Failure):
            return found
        if not self.fails_together:
            return replace(found, text=self._own_key(found.text))
        known = self._says_what_was_cut or found.completion_tokens is not None
        return replace(found, cut_off=found.cut_off and known)

    @property
    def prompt_tokens_computed(self) -> int | None:
        """How many tokens of prompts the model computed; None if the engine does not say.

        Fewer than it read, where prompts have beginnings in common.
        """
        return getattr(self._engine, "prompt_tokens_computed", None)

    def _infer(
        self, conversations: list[Conversation], failed: dict[str, Reply | Failure]
    ) -> list[Conversation]:
        partial = getattr(self._engine, "infer_partial", None)
        try:
            with hidden_in_logs(self._hider):
                if partial is None:
                    return self._engine.infer(conversations, *self._how)
                result = partial(conversations, *self._how)
        except Exception as error:  # whatever it is, it is not the model's answer
            if isinstance(error, CoalmError):
                raise
            reason = self._hider.line(f"{type(error).__name__}: {error}")
            failure = Failure(reason, not self._too_long(reason, conversations))
            failed.update((str(c.conversation_id), failure) for c in conversations)
            return []
        for index, detail in result.failures.items():
            reason = self._hider.line(detail.error_message) or detail.error_type.value
            long = self._too_long(reason, conversations)
            failed[str(conversations[index].conversation_id)] = Failure(
                reason, detail.is_retryable and not long
            )
        return [conversation for _, conversation in result.successful]

    def _too_long(self, reason: str, wave: Sequence[Conversation]) -> bool:
        """Says whether a request, known to be the one, has no room in the context."""
        # Where one that is too long fails its wave, it may be any of them.
        known = len(wave) == 1 or not self.fails_together
        return known and RequestRefusedError(reason).context_full


def engine_pace(config: EvaluationConfig) -> Pace:
    """Returns waves that keep an engine busy and lose little when the run is killed.

    NATIVE finds more in common among more prompts, and writes as many replies at a time as
    a batch has but for the end of a wave; what a wave has got is lost when the run is
    killed. vLLM wants thousands of requests to choose from. A server gets as many as occupy
    its slots eight times over, and at least as many as it has slots while others are still
    being made, whichever are ready.
    """
    kind = config.inference_engine
    if kind == InferenceEngineType.VLLM:
        return Pace(wave=_VLLM_WAVE, enough=_VLLM_WAVE // 8)
    if kind in (InferenceEngineType.NATIVE, InferenceEngineType.LLAMACPP):
        batch = config.generation.batch_size or 1
        return Pace(wave=batch * max(1, _LOCAL_WAVE // batch), first_wave=batch)
    remote = config.inference_remote_params
    slots = remote.num_workers if remote is not None else 1
    return Pace(
        wave=max(128, 8 * slots),
        enough=slots,
        in_step=False,
        first_wave=max(ENOUGH, min(slots, 32)),
    )


def stopping_config(
    config: EvaluationConfig, engine: BaseInferenceEngine, stop: Sequence[str]
) -> InferenceConfig | None:
    """Returns how to generate so that a reply ends at some texts; None without any.

    Args:
        config: The evaluation's; its own stop strings hold as well.
        engine: The engine to generate with.
        stop: The texts.
    """
    if not stop:
        return None
    generation = copy.deepcopy(config.generation)
    generation.stop_strings = [*(generation.stop_strings or ()), *stop]
    tokenizer: Any = getattr(engine, "_tokenizer", None)
    native = config.inference_engine == InferenceEngineType.NATIVE
    # NATIVE ends at the tokenizer's own end only where nothing else is asked for.
    if native and getattr(tokenizer, "eos_token", None):
        generation.stop_token_ids = generation.stop_token_ids or [
            tokenizer.eos_token_id
        ]
        generation.stop_strings.append(tokenizer.eos_token)
    return InferenceConfig(
        model=config.model,
        generation=generation,
        engine=config.inference_engine,
        remote_params=config.inference_remote_params,
    )


def _sharing_prefixes(engine: BaseInferenceEngine) -> BaseInferenceEngine:
    """Returns Oumi's NATIVE engine so that prompts share beginnings; others unchanged."""
    if type(engine).__module__ != "oumi.inference.native_text_inference_engine":
        return engine
    # Import torch and Oumi's engines, which are there already.
    from coalm_oumi.cpu_arithmetic import fit_to_cpu
    from coalm_oumi.evaluation.conductor.shared_prefix import SharedPrefixEngine

    native: Any = engine
    fit_to_cpu(native._model)
    return SharedPrefixEngine(native)


def _conversation(key: str, request: Any) -> Conversation:
    if isinstance(request, Request):
        messages = [
            Message(role=Role(m.role), content=m.content) for m in request.messages
        ]
        return Conversation(conversation_id=key, messages=messages)
    if isinstance(request, Conversation):
        # A copy: some engines add their reply to the list that they are given.
        return request.model_copy(
            update={"conversation_id": key, "messages": list(request.messages)}
        )
    raise TypeError(f"a request is a Request or a Conversation, not {type(request)}")


def _reply(conversation: Conversation) -> Reply | Failure:
    last = conversation.messages[-1]
    if last.role != Role.ASSISTANT:
        return Failure("the engine gave no reply")
    finish = conversation.metadata.get("finish_reason")
    if finish == "content_filter":
        return Failure("a content filter held the reply back")
    content = last.content
    if not isinstance(content, str):
        content = "".join(str(item.content or "") for item in content or ())
    usage = conversation.metadata.get("usage") or {}
    return Reply(
        # Half of a surrogate pair cannot be stored in UTF-8.
        text=content.encode("utf-8", "replace").decode("utf-8"),
        cut_off=finish == "length",
        tool_calls=bool(last.tool_calls) or finish == "tool_calls",
        prompt_tokens=usage.get("prompt_tokens"),
        completion_tokens=usage.get("completion_tokens"),
    )
