"""What `oumi` would stumble over on a machine: not there, not installed, not set.

The recipe itself may be right. The same findings explain an `oumi` that has ended for one
of these reasons (`stumbles`).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from coalm_oumi.planning.check_sources import check_sources
from coalm_oumi.planning.findings import Finding, Findings
from coalm_oumi.planning.fitting import engine_name
from coalm_oumi.planning.machine import Machine
from coalm_oumi.planning.model_shape import lacks_gpu

GPU_EXTRA = "pip install 'coalm-oumi[gpu]'"
LOCAL_ENGINES = ("NATIVE", "VLLM", "LLAMACPP")
"""Engines that have the model in this process."""

_PACKAGES = (
    ("peft.q_lora", "bitsandbytes", "bitsandbytes", GPU_EXTRA),
    ("training.enable_wandb", "wandb", "wandb", "pip install wandb"),
    ("training.enable_mlflow", "mlflow", "mlflow", "pip install mlflow"),
    (
        "training.enable_tensorboard",
        "tensorboard",
        "tensorboard",
        "pip install tensorboard",
    ),
)
_ENGINES = {
    "VLLM": ("vllm", "vLLM", GPU_EXTRA),
    "LLAMACPP": ("llama_cpp", "llama-cpp-python", "pip install llama-cpp-python"),
}


def machine_findings(
    config: Any, verb: str, machine: Machine, *, for_gpus: str = ""
) -> tuple[Finding, ...]:
    """Returns what keeps a recipe from running on a machine.

    Args:
        config: The recipe as Oumi has read it.
        verb: `train`, `infer` or `evaluate`.
        machine: The machine.
        for_gpus: The GPUs that the recipe's header names; empty if it names none.
    """
    findings = Findings()
    engine = "" if verb == "train" else engine_name(config)
    if verb == "train":
        _check_packages(config, machine, findings)
        _check_training_gpu(config, machine, for_gpus, findings)
    else:
        _check_engine(config, verb, engine, machine, findings)
    if verb == "train" or engine in LOCAL_ENGINES:
        _check_model(config, machine, findings)
    else:
        _check_server(config, verb, engine, machine, findings)
    check_sources(config, verb, machine, findings)
    return tuple(findings.found)


def _check_packages(config: Any, machine: Machine, findings: Findings) -> None:
    for field, module, name, install in _PACKAGES:
        section, _, key = field.partition(".")
        wanted = getattr(getattr(config, section), key, False)
        if key == "q_lora":
            wanted = wanted and config.training.use_peft
        if wanted and not machine.has_package(module):
            findings.error(
                field, f"it needs {name}, which is not installed.", f"Run `{install}`."
            )


def _check_training_gpu(
    config: Any, machine: Machine, for_gpus: str, findings: Findings
) -> None:
    if for_gpus and lacks_gpu(str(config.model.model_name), machine.gpus):
        findings.error(
            "hardware",
            f"torch sees no GPU here, and the recipe is for {for_gpus}.",
            "Run it where the GPUs are (configs/jobs/ has the jobs); `coalm check` with "
            "--hardware says what it needs there. recipes/smol_train.yaml runs here.",
        )


def _check_engine(
    config: Any, verb: str, engine: str, machine: Machine, findings: Findings
) -> None:
    field = "engine" if verb == "infer" else "inference_engine"
    if engine in _ENGINES:
        module, name, install = _ENGINES[engine]
        if not machine.has_package(module):
            other = "" if engine != "VLLM" else _without_vllm(field)
            findings.error(
                field,
                f"the engine {engine} needs {name}, which is not installed.",
                f"Run `{install}`{other}.",
            )
    if engine == "VLLM" and machine.gpus == 0:
        findings.error(
            "hardware",
            "torch sees no GPU here, and vLLM needs one.",
            f"Run it where a GPU is, or set {field}: REMOTE_VLLM and the address of a "
            "server (configs/serve/).",
        )
    elif engine == "NATIVE" and lacks_gpu(str(config.model.model_name), machine.gpus):
        findings.warning(
            "hardware",
            "torch sees no GPU here: each reply of a model of this size takes minutes.",
            "Run it where a GPU is.",
        )


def _without_vllm(field: str) -> str:
    return f" (or set {field}: NATIVE, which needs no vLLM and is slow)"


def _check_model(config: Any, machine: Machine, findings: Findings) -> None:
    model = config.model
    name, adapter = str(model.model_name), model.adapter_model
    if not is_custom(name):
        _check_place("model.model_name", name, model, machine, findings)
    if adapter:
        _check_place("model.adapter_model", str(adapter), None, machine, findings)


def is_custom(name: str) -> bool:
    """Says whether a name is that of a model which Oumi builds itself."""
    from oumi.core.registry import REGISTRY, RegistryType

    return bool(REGISTRY.contains(name=name, type=RegistryType.MODEL))


def _check_place(
    field: str, name: str, model: Any, machine: Machine, findings: Findings
) -> None:
    """Notes it if a model is neither a folder nor to be had from the Hub."""
    if Path(name).exists():
        if model is not None and Path(name).is_dir():
            _check_folder(field, Path(name), model, findings)
        return
    if is_path(name):
        findings.error(field, f"there is no folder '{name}' here.", how_made(name))
        return
    revision = model.model_revision if model is not None else None
    answer = machine.hub(name, revision)
    if answer.access == "offline":
        findings.error(
            field,
            f"'{name}' is neither a folder here nor in the Hub's cache, and HF_HUB_OFFLINE "
            "switches downloads off: whether the Hub would hand it out cannot be told.",
            "Unset HF_HUB_OFFLINE, or name a folder that holds the model.",
        )
    elif answer.access == "gated":
        findings.error(field, *_gated(name, machine, answer.detail))
    elif answer.access == "unknown name":
        findings.error(
            field,
            f"'{name}' is no folder here, and the Hub knows no model of that name, or "
            "shows it to members only.",
            "Correct the name; for a private model, run `hf auth login` or set HF_TOKEN.",
        )
    elif answer.access == "no answer":
        findings.warning(
            field,
            f"the Hub does not answer ({answer.detail}): whether this machine may fetch "
            f"'{name}' cannot be told.",
            "Look at the network, or name a folder that holds the model.",
        )


def _check_folder(field: str, folder: Path, model: Any, findings: Findings) -> None:
    """Notes it if a folder holds no model, or one without weights."""
    names = {path.name for path in folder.iterdir()}
    checkpoints = sorted(
        (name for name in names if name.startswith("checkpoint-")),
        key=lambda name: int("".join(filter(str.isdigit, name)) or 0),
    )
    if not names & {"config.json", "adapter_config.json"}:
        last = f" Its last checkpoint is {checkpoints[-1]}." if checkpoints else ""
        findings.error(
            field,
            f"'{folder}' holds no model: there is no config.json.{last}",
            how_made(str(folder)),
        )
    elif model.load_pretrained_weights and not any(
        name.endswith((".safetensors", ".bin", ".index.json")) for name in names
    ):
        findings.error(
            field,
            f"'{folder}' holds no weights, only a model's configuration.",
            how_made(str(folder)),
        )


def _gated(name: str, machine: Machine, detail: str) -> tuple[str, str]:
    from huggingface_hub import get_token

    page = f"accept the licence on the model's page on the Hub ({name})"
    if machine.environment.get("HF_TOKEN") or get_token():
        return (
            f"the Hub refuses '{name}' to the owner of your token: {detail}",
            f"Log in there, {page}, and wait until access is granted.",
        )
    return (
        f"'{name}' is gated, and there is no token here.",
        f"{page[:1].upper()}{page[1:]}, then run `hf auth login` or set HF_TOKEN.",
    )


def is_path(name: str) -> bool:
    """Says whether a model's name can only be a folder, not a name on the Hub."""
    parts = name.split("/")
    return (
        name.startswith(("/", ".", "~", "output/"))
        or len(parts) > 2
        or not all(parts)
        or (len(parts) == 2 and Path(parts[0]).is_dir())
    )


def how_made(folder: str) -> str:
    """Returns in a sentence how a model's folder comes about."""
    name = folder.rstrip("/")
    makers = _makers()
    if name in makers:
        return f"Make it: oumi train -c {makers[name]}"
    trained = name.removesuffix("_merged")
    if trained != name and trained in makers:
        return (
            f"Make it: oumi train -c {makers[trained]}, then coalm merge {trained} "
            f"--output {name}"
        )
    return (
        "Correct the path, or train the model first; a path is taken from the folder "
        f"in which the command runs ({Path.cwd()})."
    )


@cache
def _makers() -> dict[str, str]:
    """Returns which shipped recipe writes each folder."""
    import yaml

    from coalm_oumi.planning.shipped import shipped_files

    found: dict[str, str] = {}
    for name, path in shipped_files().items():
        if name.startswith("recipes/") and name.endswith(".yaml") and "_train" in name:
            recipe = yaml.safe_load(path.read_text(encoding="utf-8"))
            folder = str(recipe["training"]["output_dir"]).rstrip("/")
            found.setdefault(folder, name)
    return found


def _check_server(
    config: Any, verb: str, engine: str, machine: Machine, findings: Findings
) -> None:
    field = "remote_params" if verb == "infer" else "inference_remote_params"
    given = getattr(config, field, None)
    address, variable = _defaults(engine)
    address = (given and given.api_url) or address
    variable = (given and given.api_key_env_varname) or variable
    has_key = (given and given.api_key) or machine.environment.get(variable or "")
    if variable and not has_key:
        findings.error(
            f"{field}.api_key_env_varname",
            f"the engine {engine} takes its key from {variable}, which is not set.",
            f"Run `export {variable}=...`.",
        )
    if isinstance(address, str) and address.startswith("http"):
        why = machine.why_silent(address)
        if why:
            local = any(h in address for h in ("localhost", "127.0.0.1", "0.0.0.0"))  # noqa: S104 - compared, not bound
            findings.error(
                f"{field}.api_url",
                f"{address} does not answer: {why}.",
                "Start the server there (configs/serve/), or correct the address."
                if local
                else "Correct the address, or look at the network.",
            )


def _defaults(engine: str) -> tuple[str | None, str | None]:
    """Returns an engine's own address, and the variable of its key."""
    from oumi.builders.inference_engines import ENGINE_MAP

    kind: Any = next((c for k, c in ENGINE_MAP.items() if k.value == engine), None)
    found: list[str | None] = []
    for name in ("base_url", "api_key_env_varname"):
        try:  # properties, of an engine that is not built
            value = getattr(object.__new__(kind), name)
        except (AttributeError, TypeError):
            value = None
        found.append(value if isinstance(value, str) else None)
    return found[0], found[1]
