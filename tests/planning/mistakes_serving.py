"""Mistakes in recipes that infer and evaluate."""

from __future__ import annotations

from tests.planning.mistake import Mistake

SERVING = {
    "template that vLLM ignores": Mistake(
        "8b_infer",
        {"model.chat_template": "llama3-instruct"},
        "model.chat_template",
        "takes the template of the model's folder",
        "Set it to auto",
        hardware="1xH100-80GB",
    ),
    "no room for a prompt": Mistake(
        "8b_infer",
        {"generation.max_new_tokens": 8192},
        "generation.max_new_tokens",
        "leave no room for a prompt",
        "Lower it",
        hardware="1xH100-80GB",
    ),
    "405B in bf16 on one machine": Mistake(
        "405b_infer",
        {},
        "--hardware",
        "does not fit",
        "take 16 such GPUs",
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
        "3 GPUs cannot share 32 attention heads with 8 key heads evenly",
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
    "scores that are drawn": Mistake(
        "8b_evaluate",
        {"generation.temperature": 0.7},
        "generation.temperature",
        "differ from run to run",
        "0.0",
        hardware="1xH100-80GB",
        level="warning",
    ),
}
