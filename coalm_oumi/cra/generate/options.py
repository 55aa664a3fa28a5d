"""The `cra` block of a generation config.

One of them::

cra:
  mode: grounded
  source: sgd
  limit: 100
  output_dir: output/cra_grounded
  prices: {input: 2.50, output: 10.00, as_of: 2026-11-21}
  max_cost_usd: 5
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from coalm_oumi.cra.function_names import FunctionNames
from coalm_oumi.errors import OptionError, expected_one_of

ErrorClassName = Literal[
    "undefined_function", "argument_type", "argument_hallucination", "reasoning"
]
_MILLION = 1_000_000


class _Block(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Prices(_Block):
    """What tokens cost.

    Attributes:
        input: Dollars for a million tokens read.
        output: Dollars for a million tokens written.
        cached_input: Dollars for a million tokens read from the provider's cache; as
            `input` if not given.
        batch_factor: What a batch costs of that.
        as_of: The day on which these were the prices.
    """

    input: Annotated[float, Field(ge=0)]
    output: Annotated[float, Field(ge=0)]
    cached_input: Annotated[float | None, Field(ge=0)] = None
    batch_factor: Annotated[float, Field(gt=0, le=1)] = 0.5
    as_of: date

    def cost(self, read: int, written: int, cached: int = 0) -> float:
        """Returns dollars, without a batch's discount.

        Args:
            read: Tokens read, the cached ones included.
            written: Tokens written.
            cached: Tokens read from the cache.
        """
        from_cache = self.input if self.cached_input is None else self.cached_input
        dollars = (read - cached) * self.input + cached * from_cache
        return (dollars + written * self.output) / _MILLION


class Batch(_Block):
    """The provider's batch API: half the price, an answer within a day.

    Attributes:
        requests: The most requests in one batch.
        poll_seconds: Seconds between two questions whether it is done.
    """

    requests: Annotated[int, Field(ge=1, le=50_000)] = 2000
    poll_seconds: Annotated[float, Field(gt=0)] = 60.0


class CraOptions(_Block):
    """What is generated.

    Attributes:
        mode: `paper`: the prompt of Table 6, everything is generated. `grounded`: calls
            and results are given, the model writes the thoughts.
        rephrase: Whether it also words the responses anew (`grounded` only).
        listed_arguments: Arguments of the functions in Table 6's list: `required` as
            in print, or `all`.
        function_names: What functions that share a name are called, `by_service` or
            `as_published`. If None, as published in the mode `paper`, which has Table
            6's list, and by service in the mode `grounded`.
        state_date: Whether the samples' prompts state the day on which the dialogue is
            held. Of the mode `paper`, which writes everything anew, it is not known.
        source: `sgd`, or `own` APIs.
        split: The part of SGD.
        path: Where SGD is, instead of in the data folder or the cache.
        on_missing: What to do when it is not there.
        catalogue: The own APIs: an OpenAPI or JSON Schema file.
        dialogues: The own seed dialogues.
        limit: The most dialogues; all of them if None.
        sample_seed: Fixes which dialogues these are, and their order.
        output_dir: The folder to write to.
        attempts: How often a reply that is cut off or refused is paid for again.
        reject: Error classes that make a dialogue be rejected.
        prices: What tokens cost; without it, no cost is told.
        max_cost_usd: Dollars that are not exceeded.
        tokenizer: Folder or Hub name of the tokenizer that counts for the estimate.
        batch: Use the provider's batch API.
    """

    mode: Literal["paper", "grounded"]
    rephrase: bool = False
    listed_arguments: Literal["required", "all"] = "required"
    function_names: FunctionNames | None = None
    state_date: bool = True
    source: Literal["sgd", "own"] = "sgd"
    split: Literal["train", "dev", "test"] = "train"
    path: Path | None = None
    on_missing: Literal["download", "embedded", "error"] = "download"
    catalogue: Path | None = None
    dialogues: Path | None = None
    limit: Annotated[int | None, Field(ge=1)] = None
    sample_seed: int = 42
    output_dir: Path
    attempts: Annotated[int, Field(ge=1)] = 2
    reject: tuple[ErrorClassName, ...] = (
        "undefined_function",
        "argument_type",
        "argument_hallucination",
        "reasoning",
    )
    prices: Prices | None = None
    max_cost_usd: Annotated[float | None, Field(gt=0)] = None
    tokenizer: str | None = None
    batch: Batch | None = None

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.max_cost_usd is not None and self.prices is None:
            raise ValueError(
                "max_cost_usd: without prices no cost can be counted; add prices: "
                "{input: ..., output: ..., as_of: ...} in dollars per million tokens"
            )
        if self.rephrase and self.mode != "grounded":
            raise ValueError(
                "rephrase: the mode paper writes everything anew; remove it"
            )
        own = (self.catalogue, self.dialogues)
        if self.source == "own" and None in own:
            raise ValueError("source: own APIs need both catalogue and dialogues")
        if self.source == "sgd" and own != (None, None):
            raise ValueError("catalogue and dialogues go with source: own")
        return self

    @property
    def names(self) -> FunctionNames:
        """What functions that share a name are called."""
        by_mode = "as_published" if self.mode == "paper" else "by_service"
        return self.function_names or by_mode

    def cost(self, read: int, written: int, cached: int = 0) -> float | None:
        """Returns what tokens cost in dollars, a batch's discount taken off."""
        if self.prices is None:
            return None
        factor = self.prices.batch_factor if self.batch is not None else 1.0
        return factor * self.prices.cost(read, written, cached)


def cra_options(block: Mapping[str, Any]) -> CraOptions:
    """Reads a `cra` block.

    Raises:
        OptionError: A field is unknown, missing or cannot be used.
    """
    if not block:
        raise OptionError(
            "the config has no such block. Add what is to be generated: mode, "
            "output_dir, ... (configs/cra_generate.yaml has them all).",
            field="cra",
        )
    try:
        return CraOptions.model_validate(dict(block))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise _explained(first) from None


def _explained(found: Any) -> OptionError:
    place = [str(part) for part in found["loc"]]
    field = ".".join(["cra", *place])
    if found["type"] == "extra_forbidden":
        holder = {"prices": Prices, "batch": Batch}.get(place[0], CraOptions)
        return OptionError(
            expected_one_of(place[-1], tuple(holder.model_fields)), field=field
        )
    problem = str(found["msg"]).removeprefix("Value error, ")
    if not place:
        name, _, rest = problem.partition(": ")
        if rest and " " not in name:
            field, problem = f"cra.{name}", rest
    return OptionError(f"{problem}.", field=field)
