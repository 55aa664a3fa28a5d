"""Mistakes in recipes that `coalm check` finds, each with the fix that it names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from coalm_oumi.errors import CoalmError
from coalm_oumi.planning.check import check_recipe
from coalm_oumi.planning.findings import Finding
from coalm_oumi.planning.hardware import parse_hardware
from tests.planning.conftest import Changed

SEVEN = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
COALM: dict[str, Any] = {"dataset_name": "coalm/snips_dst"}
NO_TARGET: dict[str, Any] = {"data.train.train_target": None}


@dataclass(frozen=True)
class Mistake:
    """A recipe with something wrong, and what is to be said of it."""

    recipe: str
    changes: dict[str, Any]
    place: str
    problem: str
    fix: str
    hardware: str | None = "8xH100-80GB"
    global_batch: int | None = None
    level: str = "error"


MISTAKES = {
    "unknown LoRA target": Mistake(
        "8b_train",
        {"peft.lora_target_modules": [*SEVEN[:6], "dwn_proj"]},
        "peft.lora_target_modules",
        "did you mean 'down_proj'?",
        "Correct the name",
    ),
    "target of another architecture": Mistake(
        "qwen3_train",
        {"peft.lora_target_modules": ["c_attn"]},
        "peft.lora_target_modules",
        "a qwen3 model has no layer of that name",
        "Correct the name",
    ),
    "some linear layers without an adapter": Mistake(
        "8b_train",
        {"peft.lora_target_modules": ["q_proj", "v_proj"]},
        "peft.lora_target_modules",
        "k_proj, o_proj, gate_proj, up_proj, down_proj get no adapter",
        "Add them",
        level="warning",
    ),
    "no targets": Mistake(
        "8b_train",
        {"peft.lora_target_modules": None},
        "peft.lora_target_modules",
        "query and value only",
        "Set it to [q_proj",
    ),
    "alpha of Oumi's default": Mistake(
        "8b_train",
        {"peft.lora_alpha": None},
        "peft.lora_alpha",
        "alpha 8 is less than r 16",
        "twice lora_r",
        level="warning",
    ),
    "adapter block, but all weights trained": Mistake(
        "70b_train",
        {"training.use_peft": False},
        "training.use_peft",
        "all weights would be trained",
        "use_peft: true",
    ),
    "all weights of a 70B on one machine": Mistake(
        "70b_train",
        {"training.use_peft": False, "peft": None},
        "--hardware",
        "does not fit",
        "",
    ),
    "batch that does not divide": Mistake(
        "8b_train",
        {},
        "training.per_device_train_batch_size",
        "8 does not divide by 3",
        "a number of GPUs that divides 8",
        hardware="3xH100-80GB",
        global_batch=8,
    ),
    "one GPU without accumulation": Mistake(
        "8b_train",
        {},
        "training.gradient_accumulation_steps",
        "make a global batch of 1, not of 8",
        "Set it to 8",
        hardware="1xH100-80GB",
        global_batch=8,
    ),
    "template of another family": Mistake(
        "8b_train",
        {"model.chat_template": "chat_ml"},
        "model.chat_template",
        "it writes <|im_end|>, <|im_start|>, which",
        "Set it to auto or llama3-instruct",
    ),
    "Llama's template on Qwen": Mistake(
        "qwen3_train",
        {"model.chat_template": "llama3-instruct"},
        "model.chat_template",
        "belongs to another family",
        "Set it to auto or chat_ml",
    ),
    "unknown template": Mistake(
        "8b_train",
        {"model.chat_template": "llama3-instrct"},
        "model.chat_template",
        "did you mean 'llama3-instruct'?",
        "Name one of these",
    ),
    "no template named": Mistake(
        "8b_train",
        {"model.chat_template": None},
        "model.chat_template",
        "it is not set",
        "Set it to auto",
        level="warning",
    ),
    "template that vLLM ignores": Mistake(
        "8b_infer",
        {"model.chat_template": "llama3-instruct"},
        "model.chat_template",
        "takes the template of the model's folder",
        "Set it to auto",
        hardware="1xH100-80GB",
    ),
    "sequence longer than the model's": Mistake(
        "mistral_train",
        {"model.model_max_length": 65536},
        "model.model_max_length",
        "65,536 tokens are more than the model's 32,768",
        "at most 32768",
    ),
    "no room for a prompt": Mistake(
        "8b_infer",
        {"generation.max_new_tokens": 8192},
        "generation.max_new_tokens",
        "leave no room for a prompt",
        "Lower it",
        hardware="1xH100-80GB",
    ),
    "405B on 2 GPUs": Mistake(
        "405b_train",
        {},
        "--hardware",
        "does not fit: it needs",
        "take 8 such GPUs",
        hardware="2xH100-80GB",
    ),
    "70B whole on each GPU": Mistake(
        "70b_train",
        {"fsdp.enable_fsdp": False},
        "--hardware",
        "weights (131.4 GiB)",
        "set fsdp.enable_fsdp: true",
    ),
    "405B in bf16 on one machine": Mistake(
        "405b_infer",
        {},
        "--hardware",
        "does not fit",
        "take 16 such GPUs",
    ),
    "long samples with all activations kept": Mistake(
        "8b_train_fast",
        {"model.model_max_length": 8192},
        "--hardware",
        "activations (72.",
        "enable_gradient_checkpointing: true",
        hardware="1xH100-80GB",
    ),
    "sharding on one GPU": Mistake(
        "70b_train",
        {},
        "fsdp.enable_fsdp",
        "one GPU has nothing to share",
        "more GPUs",
        hardware="1xH200-141GB",
    ),
    "layers of another architecture wrapped": Mistake(
        "70b_train",
        {"fsdp.transformer_layer_cls": "Qwen2DecoderLayer"},
        "fsdp.transformer_layer_cls",
        "'Qwen2DecoderLayer' is no layer of a llama model",
        "LlamaDecoderLayer",
    ),
    "no wrapping": Mistake(
        "70b_train",
        {"fsdp.auto_wrap_policy": "NO_WRAP"},
        "fsdp.auto_wrap_policy",
        "not gathered one at a time",
        "TRANSFORMER_BASED_WRAP",
    ),
    "offload where it fits": Mistake(
        "70b_train",
        {"fsdp.cpu_offload": True},
        "fsdp.cpu_offload",
        "though they fit",
        "Set it to false",
        level="warning",
    ),
    "quantised storage of another kind": Mistake(
        "405b_train",
        {"peft.bnb_4bit_quant_storage": "uint8"},
        "peft.bnb_4bit_quant_storage",
        "FSDP cannot shard",
        "Set both to bfloat16",
    ),
    "slow arithmetic of quantised weights": Mistake(
        "405b_train",
        {"peft.bnb_4bit_compute_dtype": None},
        "peft.bnb_4bit_compute_dtype",
        "many times slower",
        "bfloat16",
        level="warning",
    ),
    "bits that do not exist": Mistake(
        "405b_train",
        {"peft.q_lora_bits": 2},
        "peft.q_lora_bits",
        "2 bits do not exist",
        "4 or 8",
    ),
    "unknown dataset": Mistake(
        "8b_train",
        {"data.train.datasets": [{"dataset_name": "coalm/snips"}]},
        "data.train.datasets[0].dataset_name",
        "did you mean 'coalm/snips_dst'?",
        "Correct the name",
    ),
    "unknown option of a dataset": Mistake(
        "8b_train",
        {"data.train.datasets.1.dataset_kwargs": {"mask_ration": 0.5}},
        "data.train.datasets[1].dataset_kwargs",
        "did you mean 'mask_ratio'?",
        "Correct the name",
    ),
    "option of a wrong value": Mistake(
        "8b_train",
        {"data.train.datasets.1.dataset_kwargs": {"mask_ratio": 66.7}},
        "data.train.datasets[1].dataset_kwargs.mask_ratio",
        "expected 0 to 1, found 66.7",
        "Correct the value",
    ),
    "placeholder of a dataset": Mistake(
        "8b_train",
        {"data.train.datasets": [{"dataset_name": "<hub_repo>"}]},
        "data.train.datasets[0].dataset_name",
        "is a placeholder",
        "Fill it in",
    ),
    "pretraining packer": Mistake(
        "8b_train",
        {"data.train.pack": True, "data.train.collator_name": None, **NO_TARGET},
        "data.train.pack",
        "trains on prompts as well",
        "packing: true",
    ),
    "no collator": Mistake(
        "8b_train",
        {"data.train.collator_name": None, **NO_TARGET},
        "data.train.collator_name",
        "trains on prompts",
        "text_completions_only_with_padding",
    ),
    "packing with a collator": Mistake(
        "8b_train_fast",
        {"data.train.collator_name": "text_completions_only_with_padding"},
        "data.train.collator_name",
        "refuses another",
        "Remove collator_name",
    ),
    "packing without masks": Mistake(
        "8b_train_fast",
        {"data.train.datasets.2.dataset_kwargs": {}},
        "training.trainer_kwargs.completion_only_loss",
        "no completion mask of coalm/toolace",
        "completion_mask: true",
    ),
    "packing that Oumi skips": Mistake(
        "8b_train_fast",
        {"training.trainer_kwargs.dataset_kwargs": None},
        "training.trainer_kwargs.dataset_kwargs",
        "skip the preparation",
        "skip_prepare_dataset: false",
    ),
    "unknown optimiser": Mistake(
        "8b_train",
        {"training.optimizer": "adamw_fused"},
        "training.optimizer",
        "'adamw_fused' is unknown",
        "Correct it",
    ),
    "learning rate of zero": Mistake(
        "8b_train",
        {"training.learning_rate": 0.0},
        "training.learning_rate",
        "trains nothing",
        "1.0e-4",
    ),
    "warm-up given twice": Mistake(
        "8b_train",
        {"training.warmup_steps": 24},
        "training.warmup_ratio",
        "warmup_steps, which wins",
        "Leave one of them out",
    ),
    "option that the trainer does not have": Mistake(
        "8b_train",
        {"training.trainer_kwargs": {"group_by_len": True}},
        "training.trainer_kwargs",
        "group_by_len",
        "Correct the name",
    ),
    "another trainer": Mistake(
        "8b_train",
        {"training.trainer_type": "HF"},
        "training.trainer_type",
        "is not the trainer",
        "TRL_SFT",
    ),
    "no checkpoints": Mistake(
        "8b_train",
        {"training.save_steps": 0},
        "training.save_steps",
        "begins again",
        "1000",
        level="warning",
    ),
    "no resumption": Mistake(
        "8b_train",
        {"training.try_resume_from_last_checkpoint": False},
        "training.try_resume_from_last_checkpoint",
        "does not use them",
        "Set it to true",
        level="warning",
    ),
    "foreign code": Mistake(
        "8b_train",
        {"model.trust_remote_code": True},
        "model.trust_remote_code",
        "would run on this machine",
        "Set it to false",
    ),
    "placeholder of a model": Mistake(
        "8b_evaluate",
        {"model.model_name": "<your model>"},
        "model.model_name",
        "is a placeholder",
        "Name a model",
        hardware="1xH100-80GB",
    ),
    "unknown task": Mistake(
        "8b_evaluate",
        {"tasks.0.task_name": "snips"},
        "tasks[0].task_name",
        "did you mean 'snips_dst'?",
        "Correct the name",
        hardware="1xH100-80GB",
    ),
    "unknown option of a task": Mistake(
        "8b_evaluate",
        {"tasks.0.eval_kwargs": {"prompt_layot": "plain"}},
        "tasks[0].eval_kwargs",
        "did you mean 'prompt_layout'?",
        "Correct it",
        hardware="1xH100-80GB",
    ),
    "no such protocol": Mistake(
        "endpoint_evaluate_multiwoz",
        {"tasks.1.eval_kwargs.protocol": "dst_promt"},
        "tasks[1].eval_kwargs",
        "did you mean 'dst_prompt'?",
        "Correct the value",
        hardware=None,
    ),
    "a user where there is none": Mistake(
        "endpoint_evaluate_multiwoz",
        {"tasks.0.eval_kwargs.user": "rules"},
        "tasks[0].eval_kwargs",
        "only simulated_user has a user",
        "Correct the value",
        hardware=None,
    ),
    "no user": Mistake(
        "endpoint_evaluate_multiwoz",
        {"tasks.2.eval_kwargs.user": None},
        "tasks[2].eval_kwargs",
        "simulated_user needs one",
        "Correct the value",
        hardware=None,
    ),
    "unknown engine of the user": Mistake(
        "endpoint_evaluate_multiwoz",
        {"tasks.2.eval_kwargs.user.engine": "REMOTE_VLM"},
        "tasks[2].eval_kwargs",
        "'REMOTE_VLM' is unknown; did you mean 'REMOTE_VLLM'?",
        "Correct the value",
        hardware=None,
    ),
    "unknown field of the user": Mistake(
        "endpoint_evaluate_multiwoz",
        {"tasks.2.eval_kwargs.user.remote_parms": {}},
        "tasks[2].eval_kwargs",
        "did you mean 'remote_params'?",
        "Correct the value",
        hardware=None,
    ),
    "unknown field of the user's generation": Mistake(
        "endpoint_evaluate_multiwoz",
        {"tasks.2.eval_kwargs.user.generation.max_tokens": 9},
        "tasks[2].eval_kwargs",
        "max_tokens",
        "Correct the value",
        hardware=None,
    ),
    "no model of the user": Mistake(
        "endpoint_evaluate_multiwoz",
        {"tasks.2.eval_kwargs.user.model": None},
        "tasks[2].eval_kwargs",
        "model is missing",
        "Correct the value",
        hardware=None,
    ),
    "no address of the user": Mistake(
        "endpoint_evaluate_multiwoz",
        {"tasks.2.eval_kwargs.user.remote_params.api_url": None},
        "tasks[2].eval_kwargs",
        "api_url is missing",
        "Correct the value",
        hardware=None,
    ),
    "no key of the user": Mistake(
        "endpoint_evaluate_multiwoz",
        {"tasks.2.eval_kwargs.user.remote_params.api_key_env_varname": "COALM_NO_KEY"},
        "tasks[2].eval_kwargs",
        "the environment variable COALM_NO_KEY is not set",
        "Correct the value",
        hardware=None,
    ),
    "no config of a judge": Mistake(
        "endpoint_evaluate_multiwoz",
        {"tasks.2.eval_kwargs.judge": "configs/nobody.yaml"},
        "tasks[2].eval_kwargs",
        "there is no file configs/nobody.yaml",
        "Correct the value",
        hardware=None,
    ),
    "no address of the server": Mistake(
        "405b_infer",
        {"remote_params.api_url": None},
        "remote_params.api_url",
        "needs the server's address",
        "http://localhost:8000/v1/chat/completions",
        hardware="2x8xH100-80GB",
    ),
    "half an address": Mistake(
        "405b_infer",
        {"remote_params.api_url": "http://localhost:8000/v1"},
        "remote_params.api_url",
        "is not the whole address",
        "/chat/completions",
        hardware="2x8xH100-80GB",
    ),
    "batches padded on the right": Mistake(
        "8b_evaluate",
        {"inference_engine": "NATIVE"},
        "model.tokenizer_kwargs",
        "go on after the padding",
        "padding_side: left",
        hardware="1xH100-80GB",
    ),
    "heads that do not divide": Mistake(
        "8b_infer",
        {},
        "--hardware",
        "3 GPUs cannot share 32 attention heads evenly",
        "Take 2",
        hardware="3xH100-80GB",
    ),
    "sampling at temperature 0": Mistake(
        "8b_infer",
        {"generation.use_sampling": True},
        "generation.temperature",
        "0 is greedy",
        "use_sampling: false",
        hardware="1xH100-80GB",
    ),
}


def found(path: object, mistake: Mistake) -> list[Finding]:
    hardware = parse_hardware(mistake.hardware) if mistake.hardware else None
    report = check_recipe(str(path), [], hardware, mistake.global_batch)
    return [f for f in report.findings if f.field == mistake.place]


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=list(MISTAKES))
def test_found_with_its_fix(mistake: Mistake, changed: Changed) -> None:
    findings = found(changed(mistake.recipe, mistake.changes), mistake)

    texts = [(f.level, f.problem, f.fix) for f in findings]
    assert any(
        level == mistake.level and mistake.problem in problem and mistake.fix in fix
        for level, problem, fix in texts
    ), texts


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=list(MISTAKES))
def test_not_found_without_the_mistake(mistake: Mistake, changed: Changed) -> None:
    if not mistake.changes:
        pytest.skip("the mistake is in the hardware, not in the recipe")

    findings = found(changed(mistake.recipe, {}), mistake)

    assert not [f for f in findings if mistake.problem in f.problem]


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("8b_train", {"model.model_max_lenght": 512}, "model_max_lenght"),
        ("8b_train", {"training.num_train_epochs": "three"}, "three"),
        ("405b_train", {"fsdp.sharding_strategy": "SHARD"}, "SHARD"),
        ("8b_train", {"model.attn_implementation": "flash_attention_2"}, "sdpa"),
        (
            "8b_train",
            {"data.train.datasets": [{**COALM, "dataset_path": "/path/to/data"}]},
            "Leave dataset_path out",
        ),
    ],
    ids=["field", "kind of value", "strategy", "attention that is not there", "path"],
)
def test_what_oumi_does_not_accept_ends_in_one_error(
    name: str, changes: dict[str, Any], expected: str, changed: Changed
) -> None:
    from oumi.exceptions import OumiConfigError

    with pytest.raises((CoalmError, OumiConfigError), match=expected):
        check_recipe(str(changed(name, changes)), [], None)
