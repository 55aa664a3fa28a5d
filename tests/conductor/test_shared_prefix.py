"""Prompts that share their beginnings: the replies are those of Oumi's own engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import oumi.builders  # noqa: F401 - first, for Oumi's circular imports
import pytest
import torch
from oumi.core.configs import GenerationParams, InferenceConfig, ModelParams
from oumi.core.types.conversation import Conversation, Message, Role
from oumi.inference import NativeTextInferenceEngine

from coalm_oumi.beginnings import common_length
from coalm_oumi.evaluation.conductor import Failure, Reply, Request
from coalm_oumi.evaluation.conductor.oumi_engine import EngineAsk
from coalm_oumi.evaluation.conductor.shared_prefix import SharedPrefixEngine

TASK = "Track the state of the dialogue: say which slots have which values now. "
ALIKE = [TASK * 3 + said for said in ("play a tune", "play a tune now", "book a table")]
UNLIKE = ["Hello", TASK * 9, "the weather in Zurich on Monday", "a"]


@pytest.fixture(scope="module")
def engine(repository: Path) -> NativeTextInferenceEngine:
    """The tiny Llama with two key heads for four query heads, and random weights."""
    torch.manual_seed(7)
    engine = NativeTextInferenceEngine(
        ModelParams(
            model_name=str(repository / "tests" / "assets" / "tiny_llama"),
            load_pretrained_weights=False,
            torch_dtype_str="float32",
            model_max_length=512,
            tokenizer_kwargs={"padding_side": "left"},
        )
    )
    for parameter in engine._model.parameters():
        if parameter.ndim > 1:
            # Larger than they are made, so that replies are not all alike.
            torch.nn.init.normal_(parameter, std=0.3)
    return engine


def generation(**options: Any) -> InferenceConfig:
    given = {"max_new_tokens": 12, "batch_size": 4, "use_cache": True, **options}
    return InferenceConfig(generation=GenerationParams(**given))


def asked(texts: list[str]) -> list[Conversation]:
    return [
        Conversation(
            conversation_id=f"d{n}", messages=[Message(role=Role.USER, content=text)]
        )
        for n, text in enumerate(texts)
    ]


def replies(engine: Any, texts: list[str], **options: Any) -> list[Any]:
    found = engine.infer(asked(texts), generation(**options))
    return [conversation.messages[-1].content for conversation in found]


@pytest.mark.parametrize(
    ("texts", "options"),
    [
        (ALIKE, {}),
        (UNLIKE, {}),
        ([*UNLIKE, *ALIKE, *UNLIKE], {"batch_size": 3}),
        (["Hello"], {}),
        (["Hello"] * 5, {"batch_size": 2}),
        ([*ALIKE, *UNLIKE], {"batch_size": 1}),
        (ALIKE, {"max_new_tokens": 1}),
        ([TASK * 60, TASK * 61, "Hello"], {"max_new_tokens": 3}),
        ([*ALIKE, *UNLIKE], {"exclude_prompt_from_response": False}),
        (ALIKE, {"use_cache": False}),
    ],
    ids=[
        "alike",
        "unlike",
        "more than slots",
        "one",
        "the same",
        "one at a time",
        "one token",
        "longer than the model",
        "with the prompt",
        "without a cache",
    ],
)
def test_the_replies_are_oumis(
    engine: NativeTextInferenceEngine, texts: list[str], options: dict[str, Any]
) -> None:
    shared = SharedPrefixEngine(engine)
    assert replies(shared, texts, **options) == replies(engine, texts, **options)
    assert shared.prompt_tokens_computed


def test_replies_end_where_oumis_do(engine: NativeTextInferenceEngine) -> None:
    texts = [*ALIKE, *UNLIKE]
    whole = engine.infer(asked(texts), generation(batch_size=1))
    tokenizer = engine._tokenizer
    written = [tokenizer.encode(c.messages[-1].content) for c in whole]  # type: ignore[arg-type]
    stops = {
        "stop_token_ids": [tokenizer.eos_token_id, written[0][4], written[4][6]],
        "stop_strings": [str(whole[3].messages[-1].content)[8:11], "</s>"],
    }
    shared = SharedPrefixEngine(engine)
    found = replies(shared, texts, **stops)
    assert found == replies(engine, texts, batch_size=1, **stops)
    assert found != replies(engine, texts)


def test_each_reply_tells_its_own_tokens_and_end(
    engine: NativeTextInferenceEngine,
) -> None:
    tokenizer = engine._tokenizer
    first = str(engine.infer(asked(["Hello"]), generation())[0].messages[-1].content)
    stop = tokenizer.encode(first)[2]
    shared = SharedPrefixEngine(engine)
    found = shared.infer(
        asked(["Hello", *UNLIKE[1:]]),
        generation(stop_token_ids=[tokenizer.eos_token_id, stop]),
    )
    for conversation in found:
        text = engine._apply_chat_template_impl(
            Conversation(messages=conversation.messages[:1])
        )
        usage = conversation.metadata["usage"]
        assert usage["prompt_tokens"] == len(tokenizer(text)["input_ids"])
        cut = conversation.metadata["finish_reason"] == "length"
        assert (usage["completion_tokens"] == 12) >= cut
    assert found[0].metadata["finish_reason"] == "stop"
    assert found[0].metadata["usage"]["completion_tokens"] <= 3


def test_what_prompts_have_in_common_is_computed_once(
    engine: NativeTextInferenceEngine,
) -> None:
    shared = SharedPrefixEngine(engine)
    found = shared.infer(asked(ALIKE), generation())
    lengths = [c.metadata["usage"]["prompt_tokens"] for c in found]
    once = shared.prompt_tokens_computed or 0
    assert max(lengths) < once < max(lengths) + 30
    shared.infer(asked(ALIKE), generation())
    # The common beginning is still there.
    assert (shared.prompt_tokens_computed or 0) - once < 40


@pytest.mark.parametrize(
    "options",
    [{"use_sampling": True, "temperature": 1.0, "seed": 3}, {"num_beams": 2}],
)
def test_what_is_not_greedy_is_left_to_oumi(
    engine: NativeTextInferenceEngine, options: dict[str, Any]
) -> None:
    shared = SharedPrefixEngine(engine)
    torch.manual_seed(1)
    found = replies(shared, ALIKE, **options)
    torch.manual_seed(1)
    assert found == replies(engine, ALIKE, **options)
    assert shared.prompt_tokens_computed is None


def test_a_model_with_other_attention_is_left_to_oumi(
    engine: NativeTextInferenceEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine._model.config, "sliding_window", 8, raising=False)
    monkeypatch.setattr(
        engine._model.config,
        "layer_types",
        ["sliding_attention"] * engine._model.config.num_hidden_layers,
        raising=False,
    )
    shared = SharedPrefixEngine(engine)
    assert replies(shared, ALIKE) == replies(engine, ALIKE)
    assert shared.prompt_tokens_computed is None


def test_a_failure_of_the_model_fails_the_wave(
    engine: NativeTextInferenceEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = EngineAsk(engine, generation())
    wave = [(f"d{n}", Request.of_user(text)) for n, text in enumerate(ALIKE)]
    came = ask(wave)
    assert all(isinstance(reply, Reply) and reply.cut_off for reply in came)
    assert ask.prompt_tokens_computed

    def broken(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(engine._model.model, "forward", broken)
    assert list(ask(wave)) == [Failure("out of memory")] * 3


def test_length_in_common() -> None:
    assert common_length([1, 2, 3], [1, 2, 4, 5]) == 2
    assert common_length([1, 2], [1, 2, 3]) == 2
    assert common_length([3], [1, 2, 3]) == 0
    assert common_length([], [1]) == 0
