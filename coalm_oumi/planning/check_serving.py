"""Is the inference part of a recipe right: engine, address, parallelism, padding."""

from __future__ import annotations

from typing import Any

from coalm_oumi.planning.findings import Findings
from coalm_oumi.planning.fitting import engine_name
from coalm_oumi.planning.hardware import Hardware
from coalm_oumi.planning.model_shape import ModelShape
from coalm_oumi.planning.vllm_options import options_problem


def check_serving(
    config: Any,
    verb: str,
    shape: ModelShape | None,
    hardware: Hardware | None,
    findings: Findings,
) -> None:
    """Notes what is wrong with the engine and `generation`."""
    engine = engine_name(config)
    if engine == "NATIVE":
        _check_native(config, hardware, findings)
    elif "REMOTE" in engine:
        _check_remote(config, verb, engine, findings)
    if engine not in ("NATIVE",) and config.model.chat_template not in (None, "auto"):
        findings.error(
            "model.chat_template",
            f"the engine {engine} takes the template of the model's folder, whatever "
            f"stands here ('{config.model.chat_template}').",
            "Set it to auto, and give the model its template: `coalm merge` copies the "
            "one that it was trained with.",
        )
    if config.model.adapter_model and engine == "VLLM":
        findings.warning(
            "model.adapter_model",
            "vLLM answers with the base model's chat template, and has been seen to "
            "leave an adapter out without a word.",
            "Merge it first: coalm merge.",
        )
    if shape is not None and hardware is not None and engine != "NATIVE":
        _check_parallel(engine, shape, hardware, findings)
    if engine == "VLLM":
        _check_vllm_options(config, verb, shape, findings)
    if verb == "evaluate" and config.generation.temperature > 0:
        findings.warning(
            "generation.temperature",
            f"replies are drawn at temperature {config.generation.temperature:g}: the "
            "scores differ from run to run, and the published ones are greedy.",
            "Set it to 0.0.",
        )
    if config.generation.use_sampling and config.generation.temperature == 0:
        findings.error(
            "generation.temperature",
            "0 is greedy, but use_sampling is true.",
            "Set use_sampling: false, or a temperature.",
        )


def _check_native(config: Any, hardware: Hardware | None, findings: Findings) -> None:
    batch = config.generation.batch_size or 1
    side = config.model.tokenizer_kwargs.get("padding_side")
    if batch > 1 and side != "left":
        findings.error(
            "model.tokenizer_kwargs",
            f"batches of {batch} are padded on the right, and the NATIVE engine would "
            "go on after the padding.",
            "Set it to {padding_side: left}.",
        )
    if hardware is not None and hardware.nodes > 1:
        findings.error(
            "engine",
            "the NATIVE engine runs on one machine.",
            "Set it to REMOTE_VLLM, with a server from configs/serve/.",
        )


def _check_remote(config: Any, verb: str, engine: str, findings: Findings) -> None:
    field = "remote_params" if verb == "infer" else "inference_remote_params"
    remote = getattr(config, field, None)
    if engine in ("REMOTE", "REMOTE_VLLM") and not (remote and remote.api_url):
        findings.error(
            f"{field}.api_url",
            f"the engine {engine} needs the server's address.",
            "Set it, such as http://localhost:8000/v1/chat/completions.",
        )
    elif remote and not str(remote.api_url).endswith("/chat/completions"):
        findings.error(
            f"{field}.api_url",
            f"'{remote.api_url}' is not the whole address.",
            "Let it end in /v1/chat/completions.",
        )


def _check_parallel(
    engine: str, shape: ModelShape, hardware: Hardware, findings: Findings
) -> None:
    gpus = hardware.gpus_per_node
    share = shape.even_share(gpus)
    if share == gpus:
        return
    problem = f"{gpus} GPUs cannot share {shape.heads} attention heads evenly"
    fix = f"Take {share} or another divisor."
    if engine == "VLLM":  # which the plug-in starts on those that can
        findings.warning("--hardware", f"{problem}: {share} of them work.", fix)
    else:
        findings.error("--hardware", f"{problem}.", fix)


def _check_vllm_options(
    config: Any, verb: str, shape: ModelShape | None, findings: Findings
) -> None:
    """Notes what is wrong with what vLLM in this process is started with."""
    options = config.model.model_kwargs
    name, problem = options_problem(options)
    if problem:
        findings.error(f"model.model_kwargs.{name}", problem, "Correct the value.")
        return
    asked = options.get("tensor_parallel_size") or 0
    if asked > 0 and shape is not None and shape.even_share(asked) != asked:
        findings.error(
            "model.model_kwargs.tensor_parallel_size",
            f"{asked} GPUs cannot share {shape.heads} attention heads evenly.",
            f"Set it to {shape.even_share(asked)}, or leave it out.",
        )
    tasks = config.tasks if verb == "evaluate" else ()
    if any("lm_harness" in str(task.evaluation_backend) for task in tasks):
        return  # which starts vLLM itself
    if options.get("enforce_eager", True):
        findings.warning(
            "model.model_kwargs.enforce_eager",
            "Oumi starts vLLM without CUDA graphs unless told: replies take up to three "
            "times as long.",
            "Set model.model_kwargs: {enforce_eager: false}.",
        )
