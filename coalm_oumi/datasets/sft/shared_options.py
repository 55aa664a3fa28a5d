"""The options that all datasets of this package have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from coalm_oumi.errors import OptionError, shorten
from coalm_oumi.options import Options
from coalm_oumi.prompts.layout import PromptLayout


@dataclass(frozen=True, kw_only=True)
class SharedOptions(Options):
    """Options of `SampleDataset`, which describes them, and of Oumi's own base class."""

    recipe_field: ClassVar[str] = "dataset_kwargs"

    dataset_path: str | None = None
    split: str | None = None
    prompt_layout: PromptLayout = "plain"
    overlong: Literal["drop", "error"] = "drop"
    max_samples: int | None = field(default=None, metadata={"ge": 1})
    completion_mask: bool = False
    pack_tokens: int | None = field(default=None, metadata={"ge": 1})
    with_answers: bool = False
    subset: str | None = None
    trust_remote_code: bool = False
    transform_num_workers: Any = None
    task: Literal["auto", "sft", "generation"] = "auto"
    return_tensors: bool = False
    text_col: str = ""
    assistant_only: bool = False
    response_template: str | None = None
    instruction_template: str | None = None
    return_conversations: bool = False
    return_conversations_format: Literal["json", "dict"] = "json"

    def __post_init__(self) -> None:
        """Checks the values."""
        super().__post_init__()
        if self.pack_tokens is not None and self.with_answers:
            raise OptionError(
                "rows of several samples are for supervised fine-tuning: leave "
                "pack_tokens or with_answers out.",
                field="pack_tokens",
            )
        value = self.transform_num_workers
        whole = isinstance(value, int) and not isinstance(value, bool) and value >= 1
        if value not in (None, "auto") and not whole:
            raise OptionError(
                f"expected a whole number from 1, found {shorten(repr(value))}.",
                field="transform_num_workers",
            )
