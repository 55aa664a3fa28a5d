"""From an adapter trained on 4 bits to scores: the commands of 8b_train_qlora's header."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.recipes.launched import weights
from tests.recipes.tiny_recipes import RECIPES, opened, shrunk, tiny_model

pytestmark = pytest.mark.slow

QLORA = "8b_train_qlora"


def for_a_cpu(config: Any, model: Path) -> Any:
    """A recipe that infers or evaluates, with this model in Oumi's own engine."""
    from oumi.core.configs import InferenceEngineType

    config.model.model_name = str(model)
    config.model.model_max_length = 2048
    config.model.tokenizer_kwargs = {"padding_side": "left"}
    config.generation.max_new_tokens = 4
    config.generation.batch_size = 4
    field = "engine" if hasattr(config, "engine") else "inference_engine"
    setattr(config, field, InferenceEngineType.NATIVE)
    return config


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The base, an adapter trained on it in 4 bits, and what the two are merged into."""
    pytest.importorskip("bitsandbytes")
    from oumi.train import train

    from coalm_oumi.training.merging.merge import merge

    root = tmp_path_factory.mktemp("qlora")
    found = {name: root / name for name in ("base", "adapter", "merged")}
    tiny_model(found["base"], "llama")
    config = shrunk(QLORA, found["base"], found["adapter"])
    config.model.model_max_length = 1024
    config.training.gradient_accumulation_steps = 1
    config.training.learning_rate = 1e-2  # three steps that can be told from none
    train(config)
    merge(found["adapter"], found["base"], found["merged"])
    return found


def logits(
    folder: Path, adapter: Path | None = None, *, four_bits: bool = False
) -> Any:
    """What a model answers to some tokens, quantised as the recipe says or not at all."""
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    quantised = opened(QLORA).peft.to_bits_and_bytes() if four_bits else None
    model: Any = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.bfloat16, quantization_config=quantised
    )
    if adapter is not None:
        model = PeftModel.from_pretrained(model, adapter)
    # As in training: bitsandbytes' inference on CPUs wants larger layers than these.
    with torch.no_grad():
        return model.train()(input_ids=torch.arange(1, 65)[None]).logits.float()


def test_the_adapter_was_trained_in_float32(folders: dict[str, Path]) -> None:
    """In bf16, updates of less than 0.2 % of a weight would be lost."""
    assert {weight.dtype for weight in weights(folders["adapter"]).values()} == {
        torch.float32
    }


def test_merged_is_what_was_trained_but_for_the_rounding(
    folders: dict[str, Path], oumi_quietly: None
) -> None:
    base, merged = logits(folders["base"]), logits(folders["merged"])
    trained = logits(folders["base"], folders["adapter"], four_bits=True)
    rounding = (logits(folders["base"], four_bits=True) - base).norm()

    assert (trained - base).norm() > 3 * rounding
    assert (trained - merged).norm() < 1.5 * rounding


def test_merged_answers_with_the_recipe_that_infers(
    folders: dict[str, Path], oumi_quietly: None
) -> None:
    from oumi.core.configs import InferenceConfig
    from oumi.infer import infer

    config = InferenceConfig.from_yaml(RECIPES / "8b_infer.yaml")

    (answer,) = infer(for_a_cpu(config, folders["merged"]), inputs=["play some jazz"])

    assert answer.last_message() is not None


def test_merged_is_scored_with_the_recipe_that_evaluates(
    folders: dict[str, Path], tmp_path: Path, oumi_quietly: None
) -> None:
    from oumi.core.configs import EvaluationConfig
    from oumi.core.evaluation import Evaluator

    config = EvaluationConfig.from_yaml(RECIPES / "8b_evaluate.yaml")
    config.tasks = config.tasks[:1]
    config.tasks[0].num_samples = 8
    config.tasks[0].eval_kwargs["on_missing"] = "embedded"
    config.output_dir = str(tmp_path)

    (result,) = Evaluator().evaluate(for_a_cpu(config, folders["merged"]))

    assert result.task_name == "snips_dst"
    assert result.get_results()
