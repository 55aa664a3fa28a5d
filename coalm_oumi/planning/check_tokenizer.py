"""Is the tokenizer of a training recipe one that `oumi train` can begin with.

A tokenizer in a local folder is built by Oumi's own code, and so is the collator over it;
what they refuse here they refuse there, after the model has been loaded. One on the Hub is
not fetched for this.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from coalm_oumi.errors import shorten
from coalm_oumi.planning.check_rewards import is_grpo
from coalm_oumi.planning.findings import Findings
from coalm_oumi.planning.machine import Machine
from coalm_oumi.planning.model_shape import ModelShape, find_shape

PAD_TOKEN = "model.tokenizer_pad_token"  # noqa: S105 - a field's name
"""The field that names the token to pad with."""

_TEMPLATE = "model.chat_template"
_WITHOUT_PADDING = "meta-llama/llama-3"
"""Models whose tokenizers bring none; Oumi has one for most of them, by their names."""


def check_tokenizer(config: Any, shape: ModelShape | None, findings: Findings) -> None:
    """Notes what makes `oumi train` stop at the tokenizer, or learn no end of a reply.

    Args:
        config: The recipe as Oumi has read it.
        shape: The model's shape, if known.
        findings: Where to.
    """
    model = config.model
    name = str(model.tokenizer_name or model.model_name)
    if model.trust_remote_code or not Path(name).is_dir():
        return
    with _silent_oumi():
        _check(config, name, shape, findings)


def check_padding_token(config: Any, machine: Machine, findings: Findings) -> None:
    """Notes it if Oumi would refuse the tokenizer for want of a padding token.

    Args:
        config: The recipe as Oumi has read it.
        machine: The machine, for a tokenizer in the Hub's cache.
        findings: Where to.
    """
    model = config.model
    name = str(model.tokenizer_name or model.model_name)
    if model.trust_remote_code or model.tokenizer_pad_token:
        return
    folder: Path | None = Path(name)
    if not Path(name).is_dir():
        if _oumi_knows_padding(name):
            return
        if name.lower().startswith(_WITHOUT_PADDING):
            findings.error(*_no_padding(name, find_shape(name)))
            return
        folder = machine.cached(name, model.model_revision)
    if folder is None or not _tokenizer_files(folder):
        return
    with _silent_oumi():
        _built(replace(model, tokenizer_name=str(folder)), name, None, findings)


def _oumi_knows_padding(name: str) -> bool:
    """Says whether Oumi pads a model's tokenizer by the model's name."""
    from oumi.core.tokenizers.special_tokens import special_tokens

    return name.lower() in special_tokens


def _tokenizer_files(folder: Path) -> bool:
    names = ("tokenizer.json", "tokenizer_config.json", "tokenizer.model")
    return any((folder / name).is_file() for name in names)


@contextmanager
def _silent_oumi() -> Iterator[None]:
    """Keeps Oumi from warning of what is a finding, or of no matter, here."""
    from oumi.utils.logging import logger

    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _check(
    config: Any, name: str, shape: ModelShape | None, findings: Findings
) -> None:
    tokenizer = _built(config.model, name, shape, findings)
    if tokenizer is None:
        return
    if not tokenizer.chat_template:
        findings.error(
            _TEMPLATE,
            f"the tokenizer of '{name}' has no chat template of its own: `oumi train` "
            "stops at the first sample.",
            "Name one of Oumi's that fits the model, such as llama3-instruct or chat_ml.",
        )
        return
    if is_grpo(config):
        return
    _check_padding(config, tokenizer, shape, findings)
    if config.data.train.collator_name:
        _check_collator(config, tokenizer, findings)


def _built(
    model: Any, name: str, shape: ModelShape | None, findings: Findings
) -> Any | None:
    """Returns the tokenizer that Oumi would have; None if it would have none."""
    from oumi.builders import build_tokenizer

    try:
        return build_tokenizer(replace(model))
    except Exception as error:  # the tokenizers' libraries have errors of many kinds
        if "does not have a pad token" in str(error):
            findings.error(*_no_padding(name, shape))
            return None
        # An unknown template is a finding of its own, of `check_model`.
        if not isinstance(error, FileNotFoundError):
            own = "tokenizer_name" if model.tokenizer_name else "model_name"
            findings.error(
                f"model.{own}",
                f"the tokenizer of '{name}' cannot be loaded, so that Oumi stops: "
                f"{shorten(error, 200)} ({type(error).__name__}).",
                "Put the tokenizer's files there, or set model.tokenizer_name.",
            )
        return None


def _no_padding(name: str, shape: ModelShape | None) -> tuple[str, str, str]:
    return (
        PAD_TOKEN,
        f"the tokenizer of '{name}' has no padding token, and Oumi stops without one.",
        f"Set it to {_padding_token(shape)}.",
    )


def _padding_token(shape: ModelShape | None) -> str:
    """Returns in words what to pad with."""
    markers = shape.markers if shape else ()
    named = [m for word in ("pad", "reserved") for m in markers if word in m.lower()]
    if named:
        return named[0]
    return (
        "a token of the vocabulary that neither text nor a turn's end has, such as "
        "<|finetune_right_pad_id|> of Llama 3"
    )


def _check_padding(
    config: Any, tokenizer: Any, shape: ModelShape | None, findings: Findings
) -> None:
    pad, rows = tokenizer.pad_token_id, config.training.per_device_train_batch_size
    if shape is not None and rows > 1 and pad >= shape.vocabulary:
        findings.error(
            PAD_TOKEN,
            f"'{tokenizer.pad_token}' is token {pad} of the tokenizer, and the model has "
            f"{shape.vocabulary} only: the first batch with padding stops the run.",
            f"Set it to {_padding_token(shape)}.",
        )


def _check_collator(config: Any, tokenizer: Any, findings: Findings) -> None:
    from oumi.builders.collators import (
        build_collator_from_config,
        resolve_collator_templates,
    )

    own = config.data.train.collator_kwargs.get("end_of_turn_template")
    try:
        build_collator_from_config(config, tokenizer)
        end = own or resolve_collator_templates(tokenizer)[1]
    except Exception as error:  # templates can go wrong in many ways
        findings.error(
            _TEMPLATE,
            "the collator finds no replies in what the chat template writes, so that "
            f"`oumi train` stops: {shorten(error, 200)} ({type(error).__name__}).",
            "Name a template that fits the model, or response_template and "
            "end_of_turn_template in data.train.collator_kwargs.",
        )
        return
    ends = tokenizer.encode(end, add_special_tokens=False)
    if tokenizer.pad_token_id in ends and not config.model.tokenizer_pad_token:
        findings.error(
            PAD_TOKEN,
            f"the tokenizer pads with '{tokenizer.pad_token}', which ends a turn. The loss "
            "leaves padding out, so that the model would never learn to stop.",
            "Set it to a token of its own, such as <|finetune_right_pad_id|> of Llama 3.",
        )
