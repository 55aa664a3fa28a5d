"""One recipe, checked: parsed with Oumi's own class, examined, and its needs computed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from coalm_oumi.errors import CoalmError, OptionError, shorten
from coalm_oumi.planning.check_arithmetic import check_arithmetic
from coalm_oumi.planning.check_data import check_data
from coalm_oumi.planning.check_machine import machine_findings
from coalm_oumi.planning.check_model import check_lora, check_model
from coalm_oumi.planning.check_prompts import check_prompts
from coalm_oumi.planning.check_serving import check_serving
from coalm_oumi.planning.check_speed import (
    check_recomputation,
    check_speed,
    check_timeout,
)
from coalm_oumi.planning.check_steps import (
    check_checkpoint_interval,
    check_header_batch,
)
from coalm_oumi.planning.check_tasks import check_tasks
from coalm_oumi.planning.check_tokenizer import (
    PAD_TOKEN,
    check_padding_token,
    check_tokenizer,
)
from coalm_oumi.planning.check_training import (
    check_training,
    host_setup,
    training_setup,
)
from coalm_oumi.planning.collectives import collectives
from coalm_oumi.planning.duration import training_duration
from coalm_oumi.planning.findings import Finding, Findings, Report
from coalm_oumi.planning.fitting import (
    check_fit,
    check_host,
    engine_name,
    serving_setup,
)
from coalm_oumi.planning.hardware import Hardware, parse_hardware
from coalm_oumi.planning.host_memory import host_memory
from coalm_oumi.planning.launch import recipe_header
from coalm_oumi.planning.machine import Machine
from coalm_oumi.planning.memory import (
    cache_tokens,
    serving_memory,
    trained_parameters,
    training_memory,
)
from coalm_oumi.planning.model_shape import ModelShape, find_shape
from coalm_oumi.planning.preparation import preparation
from coalm_oumi.yaml_files import read_yaml

VERBS = ("train", "infer", "evaluate")
_FIXES = (
    ("dataset_path", "Leave dataset_path out: coalm/ datasets find their own data."),
    ("Flash attention", "Set model.attn_implementation: sdpa, which is always there."),
    ("train_target", "Set collator_name: text_completions_only_with_padding."),
    ("lora_target_modules", "Write it as a list: [q_proj, v_proj], or [all-linear]."),
    ("fp32", "Set training.mixed_precision_dtype: NONE; the model is bf16 as it is."),
)
"""What helps against errors of Oumi's that do not say it."""


def check_recipe(
    path: str,
    overrides: Sequence[str],
    hardware: Hardware | None,
    global_batch: int | None = None,
    machine: Machine | None = None,
) -> Report:
    """Checks a recipe.

    Args:
        path: The YAML file; its name says what it is for, such as `8b_train.yaml`.
        overrides: Fields to change, such as `model.model_max_length=512`.
        hardware: What it is to run on; None leaves out whether it fits, and the hours.
        global_batch: Samples that a training step should have.
        machine: The machine that it is to run on, if that is this one; None leaves out
            what it lacks here.

    Raises:
        CoalmError: The recipe cannot be read.
        OumiConfigError: Oumi does not accept the recipe.
    """
    verb, config = read_recipe(path, overrides)
    findings = Findings()
    shape = find_shape(str(config.model.model_name))
    check_model(config, verb, shape, findings)
    check_arithmetic(config, verb, hardware, findings)
    if verb == "train":
        known = _check_train(path, config, shape, hardware, global_batch, findings)
    else:
        known = _check_use(path, config, verb, shape, hardware, findings)
    lacking: tuple[Finding, ...] = ()
    if machine is not None:
        lacking = _check_here(path, config, verb, machine, findings)
    return Report(
        verb=verb,
        model=str(config.model.model_name),
        parameters=shape.parameters if shape else None,
        hardware=str(hardware) if hardware else None,
        available=hardware.gpu.memory if hardware else None,
        findings=tuple(findings.found),
        machine=lacking,
        **known,
    )


def _check_here(
    path: str, config: Any, verb: str, machine: Machine, findings: Findings
) -> tuple[Finding, ...]:
    """Returns what a recipe lacks here, but for what is an error of the recipe itself."""
    told = {finding.field for finding in findings.found if finding.level == "error"}
    lacking = []
    for finding in lacking_here(path, config, verb, machine):
        if finding.field in told:
            continue
        # The tokenizer is the recipe's own affair, on whatever machine.
        into = findings.found if finding.field == PAD_TOKEN else lacking
        into.append(finding)
    return tuple(lacking)


def lacking_here(
    path: str, config: Any, verb: str, machine: Machine
) -> tuple[Finding, ...]:
    """Returns what would stop a recipe on a machine.

    Args:
        path: The recipe.
        config: The recipe as Oumi has read it.
        verb: `train`, `infer` or `evaluate`.
        machine: The machine.
    """
    found = Findings()
    if verb == "train" or engine_name(config) == "NATIVE":
        check_padding_token(config, machine, found)
    gpus = str(named_hardware(path) or "")
    return (*found.found, *machine_findings(config, verb, machine, for_gpus=gpus))


def _check_train(
    path: str,
    config: Any,
    shape: ModelShape | None,
    hardware: Hardware | None,
    global_batch: int | None,
    findings: Findings,
) -> dict[str, Any]:
    """Checks a training recipe; returns what the report says of training."""
    if global_batch is None and hardware is not None:
        global_batch = recipe_header(path).global_batch
    check_tokenizer(config, shape, findings)
    check_lora(config, shape, findings)
    check_data(config, findings)
    check_training(config, shape, hardware, global_batch, findings)
    if global_batch is None:
        check_header_batch(config, named_hardware(path), hardware, findings)
    check_speed(config, findings)
    prepared = preparation(config)
    duration = training_duration(config, shape, hardware)
    if duration is not None:
        check_checkpoint_interval(config.training, duration.steps, findings)
    known: dict[str, Any] = {"preparation": prepared, "duration": duration}
    if shape is None:
        return known
    setup = training_setup(config, shape, hardware)
    parts = training_memory(setup)
    host = host_memory(host_setup(config, setup, prepared, hardware))
    if hardware is not None:
        check_fit("train", parts, hardware, setup, findings)
        check_host(host, hardware, findings)
        check_recomputation(setup, hardware, findings)
        check_timeout(config, setup.shape.parameters * 2, hardware, findings)
    return {
        **known,
        "trained": trained_parameters(setup),
        "memory": tuple(parts),
        "host": tuple(host),
        "host_available": hardware.host_memory if hardware else None,
        "collectives": collectives(setup),
    }


def _check_use(
    path: str,
    config: Any,
    verb: str,
    shape: ModelShape | None,
    hardware: Hardware | None,
    findings: Findings,
) -> dict[str, Any]:
    """Checks a recipe that uses a model; returns what the report says of serving."""
    check_serving(config, verb, shape, hardware, findings)
    if verb == "evaluate":
        check_tasks(config, findings)
        check_prompts(path, config, findings)
    serving = serving_setup(config, shape, hardware) if shape is not None else None
    if serving is None:
        return {}
    parts, cached = serving_memory(serving), None
    if hardware is not None:
        cached = cache_tokens(serving, hardware.gpu.memory)
        check_fit(verb, parts, hardware, None, findings)
    return {"memory": tuple(parts), "cache_tokens": cached}


def _check_file(path: Path) -> None:
    """Raises an error that says it if a file cannot be a recipe."""
    if not path.is_file():
        raise CoalmError(
            "it is a folder; expected a recipe's file."
            if path.is_dir()
            else "there is no such file. `coalm recipes` lists those that come with the "
            "package, and copies one.",
            path=path,
        )
    read_yaml(path)


def named_hardware(path: str) -> Hardware | None:
    """Returns the hardware that a recipe's own header names."""
    named = recipe_header(path).hardware.partition(" ")[0]
    return parse_hardware(named) if "GB" in named else None


def recipe_verb(path: str) -> str:
    """Returns what a recipe is for, as its file's name says.

    Raises:
        OptionError: It does not say it.
    """
    words = Path(path).stem.split("_")
    found = [verb for verb in VERBS if verb in words]
    if len(found) != 1:
        raise OptionError(
            "the file's name does not say what the recipe is for; expected a name such "
            "as 8b_train.yaml, 8b_infer.yaml or 8b_evaluate.yaml.",
            path=path,
        )
    return found[0]


def read_recipe(path: str, overrides: Sequence[str]) -> tuple[str, Any]:
    """Returns what a recipe is for, and the recipe as Oumi reads it.

    Raises:
        CoalmError: The file cannot be used.
        OumiConfigError: Oumi does not accept it.
    """
    from oumi.core.configs import EvaluationConfig, InferenceConfig, TrainingConfig
    from oumi.exceptions import OumiConfigError

    _check_file(Path(path))
    verb = recipe_verb(path)
    kind: Any = {
        "train": TrainingConfig,
        "infer": InferenceConfig,
        "evaluate": EvaluationConfig,
    }[verb]
    try:
        config = kind.from_yaml_and_arg_list(path, list(overrides))
        config.finalize_and_validate()
    except Exception as error:  # the YAML reader and Oumi have errors of many kinds
        fix = next((fix for part, fix in _FIXES if part in str(error)), None)
        if fix is None and isinstance(error, OumiConfigError):
            raise
        raise CoalmError(
            f"the recipe cannot be used: {shorten(error, 300)} "
            f"({type(error).__name__}). {fix or 'Correct the recipe.'}",
            path=path,
        ) from error
    if verb == "train" and config.training.per_device_train_batch_size < 1:
        raise CoalmError(
            f"expected from 1, found {config.training.per_device_train_batch_size}: a "
            "step needs a sample. Set it to 1.",
            path=path,
            field="training.per_device_train_batch_size",
        )
    return verb, config
