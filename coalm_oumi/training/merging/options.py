"""Which options of an adapter leave the merge what it is: the base's weight plus B A.

PEFT writes all options of its `LoraConfig` into `adapter_config.json`, those that are not
used with their default. They are known here by name; an adapter with another option, or
with one in use that changes what its weights mean, is refused with the reason.
Read from the source of PEFT 0.19.1 (`peft/tuners/lora`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coalm_oumi.errors import CoalmError, shorten

OUMI_MERGES = "Train again with peft.peft_save_mode: MERGED, so that Oumi merges it."
PEFT_MERGES = "Merge it with PEFT's own merge_and_unload."
NOTHING_MERGES = "No single model answers like it: serve the base with the adapter."
RESTORE = (
    "PEFT makes a plain adapter of it where it was trained: save_pretrained with "
    "path_initial_model_for_weight_conversion."
)

BASE_CHANGED = {
    "pissa": "PiSSA takes the largest singular values out of the base's weights",
    "olora": "OLoRA takes a part of their QR decomposition out of the base's weights",
    "corda": "CorDA takes a part of their decomposition out of the base's weights",
    "loftq": "LoftQ quantises the base's weights",
    "lora_ga": "LoRA-GA takes the adapter's first values out of the base's weights",
}
"""Initialisations that train the adapter on a changed base, by how their names begin."""

_BASE_AS_IT_IS = ("gaussian", "eva", "orthogonal")
"""Initialisations of the adapter alone; so are true (the default) and false."""

_READ = frozenset(
    ("peft_type", "task_type", "base_model_name_or_path", "revision", "r", "lora_alpha")
) | frozenset(("use_rslora", "rank_pattern", "alpha_pattern", "init_lora_weights"))
_CHOOSE_LAYERS = frozenset(
    ("target_modules", "exclude_modules", "layers_to_transform", "layers_pattern")
) | frozenset(("modules_to_save", "ensure_weight_tying"))
"""What they choose is seen in the names of the adapter's weights."""

_OF_TRAINING = frozenset(
    ("auto_mapping", "peft_version", "inference_mode", "lora_dropout", "runtime_config")
) | frozenset(("loftq_config", "eva_config", "corda_config", "lora_ga_config"))
_OF_OTHERS = frozenset(("megatron_core", "qalora_group_size"))
"""They say something only beside an option that is refused."""

_KNOWN = _READ | _CHOOSE_LAYERS | _OF_TRAINING | _OF_OTHERS

_REFUSED: Mapping[str, tuple[str, str]] = {
    "use_dora": (
        "DoRA scales the merged weights by magnitudes that it has trained",
        PEFT_MERGES,
    ),
    "lora_bias": ("the adapter has biases of its own", PEFT_MERGES),
    "bias": (
        "biases of the base were trained too, and PEFT's files need not hold all of them",
        OUMI_MERGES,
    ),
    "fan_in_fan_out": (
        "the layers keep their weights transposed, as GPT-2's do",
        PEFT_MERGES,
    ),
    "layer_replication": (
        "the trained model has more layers than the base",
        PEFT_MERGES,
    ),
    "trainable_token_indices": (
        "single rows of the embedding were trained",
        PEFT_MERGES,
    ),
    "target_parameters": (
        "it changes weights that are no linear layer's, such as a mixture's experts",
        PEFT_MERGES,
    ),
    "use_bdlora": ("the adapter's matrices are stored as blocks", PEFT_MERGES),
    "use_qalora": ("the inputs of each layer are averaged in groups", PEFT_MERGES),
    "megatron_config": ("the layers are those of Megatron", PEFT_MERGES),
    "alora_invocation_tokens": (
        "it acts only from its invocation tokens on",
        NOTHING_MERGES,
    ),
    "arrow_config": ("each token is routed among several adapters", NOTHING_MERGES),
}
_UNUSED: tuple[Any, ...] = (None, False, "none", [], {})


def check_options(config: Mapping[str, Any], path: Path) -> None:
    """Refuses an adapter that another rule than the base's weight plus B A holds for.

    Args:
        config: The adapter's config.
        path: Its file, for the message.

    Raises:
        CoalmError: There is an option in use that is not merged, or not known, here.
    """
    if config.get("peft_type") != "LORA":
        found = shorten(repr(config.get("peft_type")))
        raise CoalmError(
            f"expected a LoRA adapter, found peft_type {found}. {PEFT_MERGES}",
            path=path,
        )
    if config.get("task_type") not in (None, "CAUSAL_LM"):
        found = shorten(repr(config["task_type"]))
        raise CoalmError(
            f"expected the task_type CAUSAL_LM, found {found}: only models that write "
            f"text are merged here. {PEFT_MERGES}",
            path=path,
        )
    _check_initialisation(config.get("init_lora_weights"), path)
    for field, value in config.items():
        if field in _KNOWN or _unused(value):
            continue
        if field in _REFUSED:
            reason, remedy = _REFUSED[field]
        else:
            reason = "this option is not known here, and may change what is merged"
            version = shorten(config.get("peft_version"))
            remedy = f"Merge it with the PEFT that wrote it (peft_version {version})."
        raise CoalmError(
            f"adapters with {field}: {shorten(repr(value))} are not merged here: "
            f"{reason}. {remedy}",
            path=path,
            field=field,
        )


def _unused(value: Any) -> bool:
    # By identity or kind: 0 and 0.0, which equal False, may well say something.
    return any(value == unused and type(value) is type(unused) for unused in _UNUSED)


def base_changed_by(initialisation: object) -> str | None:
    """Returns how an initialisation changes the base's weights; None if it does not.

    Args:
        initialisation: A value of PEFT's `init_lora_weights`, such as `pissa_niter_16`.
    """
    if not isinstance(initialisation, str):
        return None
    name = initialisation.lower()
    return next(
        (how for key, how in BASE_CHANGED.items() if name.startswith(key)), None
    )


def _check_initialisation(value: object, path: Path) -> None:
    how = base_changed_by(value)
    if how is not None:
        problem = (
            f"{how} before training. What was trained belongs to that changed base, which "
            f"is stored nowhere: added to the base itself it is another model. "
            f"{OUMI_MERGES} {RESTORE}"
        )
    elif value is None or isinstance(value, bool) or value in _BASE_AS_IT_IS:
        return
    else:
        problem = (
            f"{shorten(repr(value))} is not known here: it may have changed the base "
            f"before training. {OUMI_MERGES}"
        )
    raise CoalmError(problem, path=path, field="init_lora_weights")
