"""Waves through Oumi's engines: replies, failures, and how many requests at once."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import oumi.builders  # noqa: F401 - first, for Oumi's circular imports
import pytest
from oumi.core.configs import (
    EvaluationConfig,
    GenerationParams,
    InferenceConfig,
    InferenceEngineType,
    ModelParams,
    RemoteParams,
)
from oumi.core.inference import BaseInferenceEngine
from oumi.core.types.conversation import Conversation, Message, Role

from coalm_oumi.evaluation.conductor import ChatMessage, Failure, Reply, Request
from coalm_oumi.evaluation.conductor.conduct import Pace
from coalm_oumi.evaluation.conductor.oumi_engine import (
    EngineAsk,
    engine_pace,
    stopping_config,
)

HELLO = Request((ChatMessage("system", "Be brief."), ChatMessage("user", "Hello")))


class Engine(BaseInferenceEngine):
    """An engine of Oumi's own kind that says what it is told to say."""

    def __init__(self, content: Any, **metadata: Any) -> None:
        super().__init__(ModelParams(model_name="none"))
        self.content, self.metadata = content, metadata

    def _infer_online(
        self, input: list[Conversation], inference_config: Any = None
    ) -> list[Conversation]:
        if isinstance(self.content, Exception):
            raise self.content
        said = [Message(role=Role.ASSISTANT, content=self.content)]
        return [
            c.model_copy(
                update={"messages": [*c.messages, *said], "metadata": self.metadata}
            )
            for c in reversed(input)
        ]

    def get_supported_params(self) -> set[str]:
        """None."""
        return set()


def asked(engine: Any, *requests: Any) -> list[Reply | Failure]:
    return list(EngineAsk(engine)([(f"d{n}", r) for n, r in enumerate(requests)]))


def test_reply_with_tokens_and_its_length_used_up() -> None:
    usage = {"prompt_tokens": 12, "completion_tokens": 5}
    engine = Engine("Hi.", usage=usage, finish_reason="length")
    assert asked(engine, HELLO, HELLO) == [Reply("Hi.", True, 12, 5)] * 2


class NativeTextInferenceEngine(Engine):
    """By its name Oumi's own engine, which counts the padding of a batch."""


@pytest.mark.parametrize(("batch", "is_told"), [(1, True), (2, False), (None, False)])
def test_in_a_batch_nobody_knows_which_reply_was_cut(
    batch: int | None, is_told: bool
) -> None:
    config = InferenceConfig(generation=GenerationParams(batch_size=batch))
    engine = NativeTextInferenceEngine("Hi.", finish_reason="length")
    ask = EngineAsk(engine, config)
    assert list(ask([("d0", HELLO)])) == [Reply("Hi.", cut_off=is_told)]
    (alone,) = asked(engine, HELLO)
    assert isinstance(alone, Reply)
    assert not alone.cut_off


def test_a_conversation_is_a_request_and_stays_as_it_is() -> None:
    conversation = Conversation(messages=[Message(role=Role.USER, content="Hello")])
    assert asked(Engine("Hi."), conversation) == [Reply("Hi.")]
    assert len(conversation.messages) == 1
    assert conversation.conversation_id is None


def test_an_empty_reply_is_the_models_own() -> None:
    assert asked(Engine(""), HELLO) == [Reply("")]


def test_half_a_surrogate_pair_is_replaced() -> None:
    engine = SimpleNamespace(
        infer=lambda wave: [
            c.model_copy(
                update={
                    "messages": [
                        *c.messages,
                        Message.model_construct(
                            role=Role.ASSISTANT, content="a \ud83d"
                        ),
                    ]
                }
            )
            for c in wave
        ]
    )
    assert asked(engine, HELLO) == [Reply("a ?")]


def test_an_exception_is_a_failure_of_the_whole_wave() -> None:
    engine = Engine(RuntimeError("out of memory"))
    assert asked(engine, HELLO, HELLO) == [Failure("out of memory")] * 2
    assert EngineAsk(engine).fails_together


def test_an_engine_that_adds_nothing_has_failed() -> None:
    engine = SimpleNamespace(infer=lambda wave: wave)
    assert asked(engine, HELLO) == [Failure("the engine gave no reply")]


def test_requests_fail_one_by_one_on_a_server() -> None:
    """Against a port where nobody listens, with Oumi's own engine."""
    from oumi.inference import RemoteInferenceEngine

    engine = RemoteInferenceEngine(
        ModelParams(model_name="none"),
        remote_params=RemoteParams(
            api_url="http://127.0.0.1:9/v1", max_retries=0, num_workers=2
        ),
    )
    came = asked(engine, HELLO, HELLO)
    assert [type(c) for c in came] == [Failure, Failure]
    assert all(isinstance(c, Failure) and c.retryable for c in came)
    assert not EngineAsk(engine).fails_together


@pytest.mark.parametrize(
    ("kind", "batch", "slots", "pace"),
    [
        (InferenceEngineType.NATIVE, 1, None, Pace(wave=128, first_wave=1)),
        (InferenceEngineType.NATIVE, 24, None, Pace(wave=120, first_wave=24)),
        (InferenceEngineType.NATIVE, 100, None, Pace(wave=100, first_wave=100)),
        (InferenceEngineType.VLLM, 1, None, Pace(wave=2048, enough=256)),
        (
            InferenceEngineType.OPENAI,
            1,
            None,
            Pace(wave=128, enough=1, in_step=False, first_wave=16),
        ),
        (
            InferenceEngineType.REMOTE_VLLM,
            1,
            64,
            Pace(wave=512, enough=64, in_step=False, first_wave=32),
        ),
    ],
)
def test_waves_suit_the_engine(
    kind: InferenceEngineType, batch: int, slots: int | None, pace: Pace
) -> None:
    remote = RemoteParams(num_workers=slots) if slots else None
    config = EvaluationConfig(
        inference_engine=kind,
        generation=GenerationParams(batch_size=batch),
        inference_remote_params=remote,
    )
    assert engine_pace(config) == pace


def test_the_native_engine_on_the_tiny_model(repository: Path) -> None:
    from oumi.inference import NativeTextInferenceEngine

    engine = NativeTextInferenceEngine(
        ModelParams(
            model_name=str(repository / "tests" / "assets" / "tiny_llama"),
            load_pretrained_weights=False,
            torch_dtype_str="float32",
            model_max_length=512,
            tokenizer_kwargs={"padding_side": "left"},
        ),
        generation_params=GenerationParams(max_new_tokens=3, batch_size=2),
    )
    longer = Request.of_user("play the tune Silver Garden on Vinylbox")
    came = asked(engine, HELLO, longer, HELLO)
    assert [type(c) for c in came] == [Reply] * 3
    assert came[0] == came[2]


def test_a_request_beyond_the_context_is_refused_once_it_is_found() -> None:
    long = "The prompt (length 9000) is longer than the maximum model length"
    engine = Engine(ValueError(long))
    assert asked(engine, HELLO) == [Failure(long, retryable=False)]
    # Of several in this process it may be any: they are put again in halves.
    assert asked(engine, HELLO, HELLO) == [Failure(long)] * 2


def test_generation_stops_where_a_benchmark_says() -> None:
    config = EvaluationConfig(
        model=ModelParams(model_name="m"),
        generation=GenerationParams(stop_strings=["###"]),
        inference_engine=InferenceEngineType.NATIVE,
    )
    engine: Any = SimpleNamespace(
        _tokenizer=SimpleNamespace(eos_token="</s>", eos_token_id=2)  # noqa: S106
    )
    found = stopping_config(config, engine, ("API Result:",))
    assert found is not None
    # NATIVE ends at the tokenizer's own end only if that is named beside other texts.
    assert found.generation.stop_strings == ["###", "API Result:", "</s>"]
    assert found.generation.stop_token_ids == [2]
    assert config.generation.stop_strings == ["###"]
    assert stopping_config(config, engine, ()) is None
