"""Training recipes really train: three steps of a tiny model of the recipe's own family."""

from __future__ import annotations

import json
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.planning.model_shape import find_shape
from tests.recipes.tiny_recipes import RECIPES, opened, shrunk, tiny_model

KINDS = (
    "8b_train",
    "8b_train_fast",
    "8b_train_without_cra",
    "70b_train",
    "405b_train",
    "qwen3_train",
    "mistral_train",
    "8b_train_tools",
    "qwen3_train_tools",
)
BEYOND = ("smol", "grpo")
"""Parts of the names of recipes that are not the paper's training."""
TRAINING = sorted(
    path.stem
    for path in RECIPES.glob("*_train*.yaml")
    if not any(part in path.stem for part in BEYOND)
)


@pytest.mark.slow
@pytest.mark.parametrize("recipe", KINDS)
def test_three_steps(
    recipe: str,
    tmp_path: Path,
    oumi_quietly: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from oumi.train import train

    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    quantised = opened(recipe).peft.q_lora
    if quantised and not find_spec("bitsandbytes"):
        pytest.skip("bitsandbytes is not installed (extra test or gpu)")
    shape = find_shape(opened(recipe).model.model_name)
    assert shape is not None
    model = tiny_model(tmp_path / "model", shape.model_type)
    config = shrunk(recipe, model, tmp_path / "trained")

    train(config)

    adapter = json.loads((tmp_path / "trained/adapter_config.json").read_text())
    assert (adapter["r"], adapter["lora_alpha"]) == (16, 32)
    assert sorted(adapter["target_modules"]) == sorted(shape.linear_layers)
    state = json.loads((tmp_path / "trained/trainer_state.json").read_text())
    losses = [entry["loss"] for entry in state["log_history"] if "loss" in entry]
    assert len(losses) == 3
    assert all(0 < loss < 20 for loss in losses)


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["8b_train", "8b_train_fast"])
def test_resumed_run_ends_with_the_weights_of_an_undisturbed_one(
    recipe: str,
    tmp_path: Path,
    oumi_quietly: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import torch
    from oumi.train import train
    from safetensors.torch import load_file

    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    model = tiny_model(tmp_path / "model", "llama")

    def weights(output: Path) -> dict[str, Any]:
        config = shrunk(recipe, model, output)
        config.training.save_steps = 2
        train(config)
        return load_file(output / "adapter_model.safetensors")

    undisturbed = weights(tmp_path / "undisturbed")
    # What a run that was stopped in its third step has left behind.
    shutil.copytree(
        tmp_path / "undisturbed/checkpoint-2", tmp_path / "stopped/checkpoint-2"
    )
    resumed = weights(tmp_path / "stopped")

    assert set(resumed) == set(undisturbed)
    assert all(torch.equal(resumed[name], undisturbed[name]) for name in resumed)
    early = load_file(tmp_path / "stopped/checkpoint-2/adapter_model.safetensors")
    assert any(not torch.equal(early[name], resumed[name]) for name in resumed)


@pytest.mark.parametrize("recipe", TRAINING)
def test_optimisation_is_the_paper_s(recipe: str) -> None:
    config = opened(recipe)
    training, peft = config.training, config.peft

    assert training.num_train_epochs == 3
    assert training.learning_rate == 1e-4
    assert (training.lr_scheduler_type, training.warmup_ratio) == ("linear", 0.1)
    assert config.model.torch_dtype_str == "bfloat16"
    assert training.use_peft
    assert (peft.lora_r, peft.lora_alpha) == (16, 32)
    assert len(peft.lora_target_modules) == 7
    assert peft.q_lora == ("405b" in recipe or "qlora" in recipe)
    if not training.trainer_kwargs.get("packing"):
        assert training.per_device_train_batch_size == 1
        assert training.gradient_accumulation_steps == 1
    assert training.try_resume_from_last_checkpoint


@pytest.mark.parametrize("recipe", TRAINING)
def test_targets_are_all_linear_layers_of_the_architecture(recipe: str) -> None:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    config = opened(recipe)
    shape = find_shape(config.model.model_name)
    assert shape is not None
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(
            AutoConfig.for_model(
                shape.model_type,
                num_hidden_layers=1,
                hidden_size=64,
                num_attention_heads=4,
                num_key_value_heads=2,
                vocab_size=32,
            )
        )
    linear = {
        name.rsplit(".", 1)[-1]
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) and not name.endswith("lm_head")
    }

    assert set(config.peft.lora_target_modules) == linear == set(shape.linear_layers)


def names(recipe: str) -> list[str]:
    return [entry.dataset_name for entry in opened(recipe).data.train.datasets]


def test_ablations_leave_out_one_domain_each() -> None:
    tod, hammer, toolace, cra = names("8b_train")
    assert (tod, hammer) == ("coalm/snips_dst", "coalm/hammer_masked")
    assert (toolace, cra) == ("coalm/toolace", "coalm/cra")
    assert names("8b_train_without_tod") == [hammer, toolace, cra]
    assert names("8b_train_without_la") == [tod, cra]
    assert names("8b_train_without_cra") == [tod, hammer, toolace]
