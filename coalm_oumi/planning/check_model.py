"""Is the model's part of a recipe right: name, length, chat template, LoRA targets."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from coalm_oumi.errors import expected_one_of
from coalm_oumi.planning.check_merging import EMBEDDINGS, check_merging
from coalm_oumi.planning.findings import Findings
from coalm_oumi.planning.model_shape import ALL_LINEAR, ModelShape, known_names

_PLACEHOLDER = re.compile(
    r"<[^|>]+>|/path/to|path/to/|your[-_ ]|\bTODO\b|\bFIXME\b|\.\.\."
)
_MARKER = re.compile(r"<\|[a-z_]+\|>|<(?:start|end)_of_turn>|\[/?INST\]")
_NOT_TURNS = ("<|image|>",)
_ENDS = ("<|eot_id|>", "<|end_of_text|>", "<|eom_id|>", "<|im_end|>", "</s>")
"""Tokens that end a turn or a text."""


def is_placeholder(text: str) -> bool:
    """Says whether a value stands for one that is still to be filled in."""
    return bool(_PLACEHOLDER.search(text))


def check_model(
    config: Any, verb: str, shape: ModelShape | None, findings: Findings
) -> None:
    """Notes what is wrong with `model`.

    Args:
        config: The recipe as Oumi has read it.
        verb: `train`, `infer` or `evaluate`.
        shape: The model's shape, if known.
        findings: Where to.
    """
    model = config.model
    name = str(model.model_name)
    if is_placeholder(name):
        findings.error(
            "model.model_name",
            f"'{name}' is a placeholder.",
            "Name a model on the Hub, or a folder.",
        )
    elif shape is None and not Path(name).is_dir():
        findings.warning(
            "model.model_name",
            f"the shape of '{name}' is not known here, so that its memory is not "
            f"computed. {expected_one_of(name, known_names()[:3])}",
            "Nothing, if the name is right; a local folder is read by its config.json.",
        )
    if model.trust_remote_code:
        findings.error(
            "model.trust_remote_code",
            "code from the model's repository would run on this machine; no model of "
            "these recipes has any.",
            "Set it to false.",
        )
    if verb == "train" and model.tokenizer_pad_token in _ENDS:
        findings.error(
            "model.tokenizer_pad_token",
            f"'{model.tokenizer_pad_token}' ends a turn. The loss leaves padding out, so "
            "that the model would never learn to stop.",
            "Set it to a token of its own, such as <|finetune_right_pad_id|> of Llama 3.",
        )
    _check_length(config, verb, shape, findings)
    _check_template(model, shape, findings)


def _check_length(
    config: Any, verb: str, shape: ModelShape | None, findings: Findings
) -> None:
    length = config.model.model_max_length
    if length is None:
        findings.warning(
            "model.model_max_length",
            "it is not set, so that the tokenizer's own limit counts: memory cannot be "
            "foretold.",
            "Set it, for instance to 4096.",
        )
        return
    if shape is not None and length > shape.context:
        findings.error(
            "model.model_max_length",
            f"{length:,} tokens are more than the model's {shape.context:,}.",
            f"Set it to at most {shape.context}.",
        )
    if verb != "train" and config.generation.max_new_tokens >= length:
        findings.error(
            "generation.max_new_tokens",
            f"{config.generation.max_new_tokens:,} tokens of reply leave no room for a "
            f"prompt in {length:,}.",
            "Lower it, or raise model.model_max_length.",
        )


def _check_template(model: Any, shape: ModelShape | None, findings: Findings) -> None:
    template = model.chat_template
    if template is None:
        findings.warning(
            "model.chat_template",
            "it is not set: Oumi then chooses one by the model's type, which need not be "
            "the one that the model was trained with.",
            "Set it to auto (the model's own), or to one of Oumi's, in training, "
            "inference and evaluation alike.",
        )
        return
    if template == "auto":
        return
    folder = _template_folder()
    names = sorted(path.stem for path in folder.glob("*.jinja"))
    path = folder / f"{template.lower()}.jinja"
    if not path.is_file():
        findings.error(
            "model.chat_template",
            expected_one_of(template, ["auto", *names]),
            "Name one of these.",
        )
        return
    used = set(_MARKER.findall(path.read_text(encoding="utf-8"))) - set(_NOT_TURNS)
    if shape is None or not shape.markers:
        return
    foreign = sorted(used - set(shape.markers))
    if foreign or not used:
        reason = (
            f"it writes {', '.join(foreign)}, which {shape.name} does not know as one "
            "token"
            if foreign
            else "it marks no turns by special tokens, though the model has some"
        )
        findings.error(
            "model.chat_template",
            f"'{template}' belongs to another family of models: {reason}.",
            f"Set it to {_fitting(names, folder, shape)}.",
        )


def _fitting(names: list[str], folder: Path, shape: ModelShape) -> str:
    """Returns in words which templates fit a model."""
    fitting = ["auto"]
    for name in names:
        text = (folder / f"{name}.jinja").read_text(encoding="utf-8")
        used = set(_MARKER.findall(text)) - set(_NOT_TURNS)
        if used and used <= set(shape.markers) and "vl" not in name:
            fitting.append(name)
    return " or ".join(fitting)


def _template_folder() -> Path:
    from oumi.utils.io_utils import get_oumi_root_directory

    return Path(get_oumi_root_directory()) / "datasets" / "chat_templates"


def check_lora(config: Any, shape: ModelShape | None, findings: Findings) -> None:
    """Notes what is wrong with `peft`, and with how it is used."""
    peft, training = config.peft, config.training
    targets = peft.lora_target_modules
    if not training.use_peft:
        if targets or peft.q_lora:
            findings.error(
                "training.use_peft",
                "the recipe has a `peft` block, but use_peft is false: all weights would "
                "be trained.",
                "Set training.use_peft: true, or remove the block.",
            )
        return
    if targets is None:
        findings.error(
            "peft.lora_target_modules",
            "it is not set, so that PEFT chooses, which is query and value only for a "
            "Llama; the paper adapts all linear layers.",
            "Set it to [q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj].",
        )
    elif shape is not None and targets != [ALL_LINEAR]:
        _check_targets(targets, shape, findings)
    if peft.lora_r < 1:
        findings.error(
            "peft.lora_r", f"a rank of {peft.lora_r} trains nothing.", "Set it to 16."
        )
    elif peft.lora_alpha < peft.lora_r:
        findings.warning(
            "peft.lora_alpha",
            f"alpha {peft.lora_alpha} is less than r {peft.lora_r}: the adapter's effect "
            "is scaled down. The paper has alpha 32 for r 16.",
            "Set it to twice lora_r.",
        )
    if not 0 <= peft.lora_dropout < 1:
        findings.error(
            "peft.lora_dropout",
            f"{peft.lora_dropout:g} is no share of an adapter's inputs.",
            "Set it to 0.0.",
        )
    check_merging(config, shape, findings)
    if peft.q_lora:
        _check_quantisation(config, findings)


def _check_targets(targets: list[str], shape: ModelShape, findings: Findings) -> None:
    layers = tuple(shape.linear_layers)
    known = {*EMBEDDINGS, *(name.rsplit(".", 1)[-1] for name in layers)}
    for target in targets:
        if target.rsplit(".", 1)[-1] not in known:
            findings.error(
                "peft.lora_target_modules",
                f"a {shape.model_type} model has no layer of that name: "
                f"{expected_one_of(target, (*layers, ALL_LINEAR))}",
                "Correct the name.",
            )
    named = {target.rsplit(".", 1)[-1] for target in targets}
    missing = [name for name in layers if name.rsplit(".", 1)[-1] not in named]
    if missing and len(missing) < len(layers):
        findings.warning(
            "peft.lora_target_modules",
            f"{', '.join(missing)} get no adapter; the paper adapts all linear layers.",
            "Add them.",
        )


def _check_quantisation(config: Any, findings: Findings) -> None:
    peft, model = config.peft, config.model
    if peft.q_lora_bits not in (4, 8):
        findings.error(
            "peft.q_lora_bits",
            f"weights of {peft.q_lora_bits} bits do not exist: the model would not be "
            "quantised at all.",
            "Set it to 4 or 8.",
        )
    if peft.bnb_4bit_quant_type != "nf4":
        findings.warning(
            "peft.bnb_4bit_quant_type",
            f"'{peft.bnb_4bit_quant_type}' is less exact than nf4, which the paper has.",
            "Set it to nf4.",
        )
    if peft.bnb_4bit_compute_dtype == "float32":
        findings.warning(
            "peft.bnb_4bit_compute_dtype",
            "float32 (Oumi's default) computes many times slower than bfloat16.",
            "Set it to bfloat16.",
        )
    if config.fsdp.enable_fsdp and peft.bnb_4bit_quant_storage != model.torch_dtype_str:
        findings.error(
            "peft.bnb_4bit_quant_storage",
            f"'{peft.bnb_4bit_quant_storage}' differs from the model's dtype "
            f"'{model.torch_dtype_str}': FSDP cannot shard the quantised weights.",
            "Set both to bfloat16.",
        )
    if not model.load_pretrained_weights:
        findings.error(
            "model.load_pretrained_weights",
            "weights drawn at random are not quantised by Oumi.",
            "Set it to true, or peft.q_lora to false.",
        )
