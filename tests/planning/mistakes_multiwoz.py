"""Mistakes in recipes that evaluate MultiWOZ, above all in their simulated user."""

from __future__ import annotations

from tests.planning.mistake import Mistake

MULTIWOZ = {
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
}
