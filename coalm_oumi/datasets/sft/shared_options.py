"""The options that all datasets of this package have."""

from __future__ import annotations

from collections.abc import Mapping

from coalm_oumi.datasets.options import Check, either, flag, one_of, text, whole
from coalm_oumi.prompts.layout import PROMPT_LAYOUTS

SHARED_CHECKS: Mapping[str, Check] = {
    "dataset_path": text(optional=True),
    "split": text(optional=True),
    "prompt_layout": one_of(PROMPT_LAYOUTS),
    "overlong": one_of(("drop", "error")),
    "max_samples": whole(1, optional=True),
    "completion_mask": flag(),
    "with_answers": flag(),
    "subset": text(optional=True),
    "trust_remote_code": flag(),
    "transform_num_workers": either(whole(1, optional=True), one_of(("auto",))),
    "task": one_of(("auto", "sft", "generation")),
    "return_tensors": flag(),
    "text_col": text(),
    "assistant_only": flag(),
    "response_template": text(optional=True),
    "instruction_template": text(optional=True),
    "return_conversations": flag(),
    "return_conversations_format": one_of(("json", "dict")),
}
"""The check of each option that all datasets of this package have."""
