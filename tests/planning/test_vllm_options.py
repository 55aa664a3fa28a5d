"""A recipe reaches vLLM in this process: CUDA graphs, and how many GPUs share the model.

vLLM itself is stood in for: what its `LLM` would be called with is looked at.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from coalm_oumi.oumi_errors import CoalmOumiError
from coalm_oumi.planning.vllm_options import correct_engines

RECIPES = Path(__file__).parents[2] / "recipes"
VLLM = [
    path
    for path in sorted(RECIPES.glob("*.yaml"))
    if "engine: VLLM" in path.read_text() and "forgetting" not in path.stem
]
LLAMA, QWEN = "meta-llama/Llama-3.1-8B-Instruct", "Qwen/Qwen2.5-7B-Instruct"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What vLLM is started with, on eight GPUs."""
    import torch
    from oumi.inference import vllm_inference_engine as module

    calls: list[dict[str, Any]] = []
    stand_in = SimpleNamespace(LLM=lambda **options: calls.append(options))
    monkeypatch.setattr(module, "vllm", stand_in)
    monkeypatch.setattr(module, "QuantizationMethods", str, raising=False)
    monkeypatch.setattr(module, "ModelDType", str, raising=False)
    monkeypatch.setattr(module, "_VLLM_V0_12", True)
    monkeypatch.setattr(module, "build_tokenizer", lambda _: None)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 8)
    correct_engines()
    correct_engines()  # changes nothing more
    return calls


def build(model: str = LLAMA, engine: str = "VLLM", **options: Any) -> Any:
    from oumi.builders.inference_engines import build_inference_engine
    from oumi.core.configs import InferenceEngineType, ModelParams

    params = ModelParams(model_name=model, model_kwargs=options)
    engine_type = InferenceEngineType(engine)
    built = build_inference_engine(engine_type=engine_type, model_params=params)
    assert params.model_kwargs == options
    return built


@pytest.mark.parametrize("recipe", VLLM, ids=lambda path: path.stem)
def test_recipes_start_it_with_cuda_graphs(
    recipe: Path, started: list[dict[str, Any]]
) -> None:
    from oumi.core.configs import EvaluationConfig, InferenceConfig

    kind: Any = InferenceConfig if "infer" in recipe.stem else EvaluationConfig
    config = kind.from_yaml(recipe)

    build(**config.model.model_kwargs)

    assert started[0]["enforce_eager"] is False


def test_without_options_oumi_s_own_are_kept(started: list[dict[str, Any]]) -> None:
    build()

    assert started[0]["enforce_eager"] is True
    assert started[0]["tensor_parallel_size"] == 8


@pytest.mark.parametrize(("model", "gpus"), [(LLAMA, 8), (QWEN, 4), ("a/b", 8)])
def test_as_many_gpus_as_can_share_the_heads(
    model: str, gpus: int, started: list[dict[str, Any]]
) -> None:
    build(model)
    build(model, tensor_parallel_size=-1)

    assert started[1]["tensor_parallel_size"] == gpus
    assert started[0]["tensor_parallel_size"] == gpus


def test_a_recipe_says_how_many(started: list[dict[str, Any]]) -> None:
    build(QWEN, tensor_parallel_size=2, enforce_eager=False)

    assert started[0]["tensor_parallel_size"] == 2
    assert started[0]["enforce_eager"] is False


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"tensor_parallel_size": 8}, "8 GPUs cannot share 28 .* Set it to 4"),
        ({"tensor_parallel_size": 0}, "a number of GPUs, found 0"),
        ({"tensor_parallel_size": "4"}, "a number of GPUs, found '4'"),
        ({"enforce_eager": "no"}, "true or false, found 'no'"),
    ],
)
def test_options_that_cannot_be_used_are_one_line(
    options: dict[str, Any], problem: str, started: list[dict[str, Any]]
) -> None:
    with pytest.raises(CoalmOumiError, match=problem):
        build(QWEN, **options)
    assert started == []


def test_the_native_engine_is_spared_them(
    started: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from oumi.inference import native_text_inference_engine as module

    seen: list[dict[str, Any]] = []

    def build_model(model_params: Any, **_: Any) -> Any:
        seen.append(model_params.model_kwargs)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "build_model", build_model)

    with pytest.raises(KeyboardInterrupt):
        build(engine="NATIVE", enforce_eager=False, use_cache=True)

    assert seen == [{"use_cache": True}]


def test_an_engine_defined_after_the_plug_in_is_reached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import torch
    from oumi.core.configs import ModelParams
    from oumi.core.inference import BaseInferenceEngine

    correct_engines()
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    given: list[dict[str, Any]] = []

    def start(self: Any, model_params: Any, **options: Any) -> None:
        given.append(options)

    body: dict[str, Any] = {"__init__": start, "__abstractmethods__": frozenset()}
    engine: Any = type("VLLMInferenceEngine", (BaseInferenceEngine,), body)
    monkeypatch.setattr(engine, "__abstractmethods__", frozenset())

    engine(ModelParams(model_name=LLAMA, model_kwargs={"enforce_eager": False}))

    assert given == [{"enforce_eager": False}]
