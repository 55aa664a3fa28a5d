"""Can the adapter that a recipe trains begin, and be merged into its base afterwards.

`coalm merge` adds an adapter to the base that is on disk; Oumi's `peft_save_mode: MERGED`
adds it to the one in memory, when training ends (not under FSDP). The two differ where
training changes the base, or where the base's output layer is its embedding.
"""

from __future__ import annotations

from typing import Any

from coalm_oumi.planning.findings import Findings
from coalm_oumi.planning.model_shape import ModelShape
from coalm_oumi.training.merging.options import base_changed_by

EMBEDDINGS = ("embed_tokens", "lm_head")
_INITIALISATION = "peft.lora_init_weights"
_DEFAULT = "Set it to DEFAULT."


def check_merging(config: Any, shape: ModelShape | None, findings: Findings) -> None:
    """Notes what keeps an adapter from being trained or merged as the recipe says.

    Args:
        config: The recipe as Oumi has read it.
        shape: The model's shape, if known.
        findings: Where to.
    """
    peft = config.peft
    merged = peft.peft_save_mode.value == "merged" and not config.fsdp.enable_fsdp
    _check_initialisation(config, merged, findings)
    for field, used, what in (
        ("lora_bias", peft.lora_bias != "none", "trains biases of the base"),
        (
            "lora_target_parameters",
            bool(peft.lora_target_parameters),
            "adapts weights that are no linear layer's",
        ),
    ):
        if used and not merged:
            findings.error(
                f"peft.{field}",
                f"it {what}: `coalm merge` will refuse the adapter.",
                f"Leave it out{_or_merged(config)}.",
            )
    named = {target.rsplit(".", 1)[-1] for target in peft.lora_target_modules or ()}
    if merged and shape is not None and shape.tied and named & set(EMBEDDINGS):
        findings.error(
            "peft.peft_save_mode",
            f"the output layer of {shape.name} is its embedding. PEFT trains the adapter "
            f"on {' and '.join(sorted(named & set(EMBEDDINGS)))} alone, and adds it to "
            "both: the merged model is another than the trained one.",
            "Set it to ADAPTER_ONLY and use `coalm merge`, which parts the two.",
        )


def _check_initialisation(config: Any, merged: bool, findings: Findings) -> None:
    peft = config.peft
    value = peft.lora_init_weights.value
    how = base_changed_by(value)
    if value == "loftq":
        findings.error(
            _INITIALISATION,
            "LoftQ needs a loftq_config, which Oumi gives PEFT none of: `oumi train` "
            "stops.",
            _DEFAULT,
        )
    elif "[" in value:
        findings.error(
            _INITIALISATION,
            f"Oumi gives PEFT '{value}' as it stands, where a number of iterations has to "
            "be: `oumi train` stops.",
            "Set it to DEFAULT, or to PISA with peft.peft_save_mode: MERGED.",
        )
    elif value == "eva":
        findings.warning(
            _INITIALISATION,
            "Oumi never computes what EVA begins with, so that it trains like DEFAULT.",
            _DEFAULT,
        )
    elif how is not None and peft.q_lora:
        findings.error(
            _INITIALISATION,
            f"{how}, and those of this recipe are quantised: `oumi train` stops, or "
            "trains on a base that is stored nowhere.",
            _DEFAULT,
        )
    elif how is not None and not merged:
        findings.error(
            _INITIALISATION,
            f"{how} before training, and that base is stored nowhere: `coalm merge` will "
            "refuse the adapter, and vLLM would add it to another base.",
            f"Set it to DEFAULT{_or_merged(config)}.",
        )


def _or_merged(config: Any) -> str:
    # Under FSDP, Oumi saves the adapter whatever peft_save_mode says.
    return "" if config.fsdp.enable_fsdp else ", or peft.peft_save_mode to MERGED"
