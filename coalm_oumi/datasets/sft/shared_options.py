"""The options that all datasets of this package have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from coalm_oumi.datasets.sft.chat_tokens import TrainedTurns
from coalm_oumi.errors import OptionError, shorten
from coalm_oumi.options import Options
from coalm_oumi.prompts.layout import PromptLayout

DatasetLayout = Literal[PromptLayout, "tools"]
_WITH_TOOLS = {"trained_turns": "all", "thoughts": True, "template_options": None}
_OWN = (
    "prompt_layout",
    *_WITH_TOOLS,
    "overlong",
    "max_samples",
    "completion_mask",
    "pack_tokens",
    "with_answers",
)


@dataclass(frozen=True, kw_only=True)
class SharedOptions(Options):
    """Options of `SampleDataset`, and of Oumi's own base class.

    Attributes:
        dataset_path: Data to read instead of the source's own place.
        split: Part of the data; `train` when not given.
        prompt_layout: How a sample becomes messages (`prompts.layout`). With `tools` a
            row is a whole dialogue, with functions as tools and calls as `tool_calls`,
            as the model's own chat template writes them (`chat_tokens`).
        trained_turns: With `tools`: whether `all` turns of the assistant are trained on,
            or those with `calls`.
        thoughts: With `tools`: whether thoughts are given to the template, as
            `reasoning_content`; one that knows none leaves them out.
        template_options: With `tools`: what the template knows beside messages, such as
            `{enable_thinking: false}`.
        overlong: What happens to a sample longer than the tokenizer's
            `model_max_length`: `drop` it and count it, or stop with an `error`.
        max_samples: Take the first so many samples of the seeded order that are not
            too long; None for all. Oumi's `sample_count` takes the same ones, after
            all have been tokenised.
        completion_mask: Whether a column of that name says which tokens belong to the
            reply; always so with `tools`. TRL needs it to pack samples and still train
            on replies only; without it, the recipe's collator finds the replies.
        pack_tokens: Rows of several samples, with the completion mask, for
            `attn_implementation: shared_prefixes`: each row has at most so many
            distinct tokens. None for a sample in each row.
        with_answers: Whether rows are prompts with their answers, for reinforcement
            learning (GRPO), instead of tokens.
    """

    recipe_field: ClassVar[str] = "dataset_kwargs"

    dataset_path: str | None = None
    split: str | None = None
    prompt_layout: DatasetLayout = "plain"
    trained_turns: TrainedTurns = "all"
    thoughts: bool = True
    template_options: dict[str, Any] | None = None
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
        self._check_tools()
        value = self.transform_num_workers
        whole = isinstance(value, int) and not isinstance(value, bool) and value >= 1
        if value not in (None, "auto") and not whole:
            raise OptionError(
                f"expected a whole number from 1, found {shorten(repr(value))}.",
                field="transform_num_workers",
            )

    def _check_tools(self) -> None:
        """Checks what goes with `prompt_layout: tools` and what does not."""
        tools = self.prompt_layout == "tools"
        for name, default in _WITH_TOOLS.items():
            if not tools and getattr(self, name) != default:
                raise OptionError("it goes with prompt_layout: tools.", field=name)
        for name in ("with_answers", "assistant_only", "return_tensors"):
            if tools and getattr(self, name):
                raise OptionError(
                    "it does not go with prompt_layout: tools.", field=name
                )

    def own(self) -> dict[str, Any]:
        """Returns the options of `SampleDataset`; Oumi's base class takes the others."""
        found = {name: getattr(self, name) for name in _OWN}
        found["completion_mask"] = (
            self.completion_mask
            or self.pack_tokens is not None
            or self.prompt_layout == "tools"
        )
        return found
