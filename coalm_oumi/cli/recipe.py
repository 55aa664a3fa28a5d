"""A training recipe opened through Oumi's own code: its tokenizer, datasets, collator.

What Oumi and the libraries below it report as an error of their own (a model that is
not there, a wrong value) ends here in a `CoalmError` that names the recipe.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from coalm_oumi.errors import CoalmError, shorten
from coalm_oumi.yaml_files import check_aliases

if TYPE_CHECKING:
    from collections.abc import Callable

    import datasets
    from oumi.core.configs import TrainingConfig
    from oumi.core.configs.params.data_params import DatasetParams

    from coalm_oumi.datasets.sft.sample_dataset import SampleDataset

_BATCH = 32
_IGNORED = -100


@dataclass(frozen=True)
class Tokens:
    """A sample as the model sees it.

    Attributes:
        ids: Its token ids, without padding.
        trained: For each token, whether the loss is taken over it.
    """

    ids: list[int]
    trained: list[bool]


@dataclass(frozen=True)
class Part:
    """One dataset of a recipe's mixture.

    Attributes:
        number: Its place in the recipe, from 1.
        params: Its entry in the recipe.
        rows: Its tokens, after Oumi has sampled and shuffled them.
        made: Our dataset object behind it; None for a dataset of Oumi's or the Hub's.
    """

    number: int
    params: DatasetParams
    rows: datasets.Dataset
    made: SampleDataset | None

    @property
    def name(self) -> str:
        """Its name, as in the recipe."""
        return self.params.dataset_name


@dataclass(frozen=True)
class Recipe:
    """A training recipe, opened.

    Attributes:
        config: The recipe as Oumi has read it.
        tokenizer: The tokenizer, with the chat template that the recipe asks for.
        parts: The datasets.
        collator: What makes batches; None if the trainer does.
    """

    config: TrainingConfig
    tokenizer: Any
    parts: tuple[Part, ...]
    collator: Callable[..., Any] | None

    def tokens(self, rows: Sequence[dict[str, Any]]) -> list[Tokens]:
        """Returns rows as the model sees them, by the recipe's own collator.

        Without a collator, a row's own labels or completion mask count; without those,
        all is trained on.
        """
        if self.collator is None:
            return [_own_tokens(row) for row in rows]
        batch = self.collator([{**row} for row in rows])
        ignored = self.config.training.label_ignore_index
        ignored = _IGNORED if ignored is None else ignored
        left = getattr(self.tokenizer, "padding_side", "right") == "left"
        found = []
        for row, ids, labels in zip(
            rows, batch["input_ids"].tolist(), batch["labels"].tolist(), strict=True
        ):
            length = min(len(row["input_ids"]), len(ids))
            span = slice(len(ids) - length, None) if left else slice(length)
            trained = [label != ignored for label in labels[span]]
            found.append(Tokens(ids[span], trained))
        return found

    def trained_counts(self, part: Part) -> Iterator[int]:
        """Yields how many tokens of each sample are trained on, in order."""
        for start in range(0, len(part.rows), _BATCH):
            stop = min(start + _BATCH, len(part.rows))
            rows = part.rows.select(range(start, stop)).to_list()
            yield from (sum(tokens.trained) for tokens in self.tokens(rows))


def _own_tokens(row: dict[str, Any]) -> Tokens:
    ids = list(row["input_ids"])
    if "completion_mask" in row:
        return Tokens(ids, [bool(value) for value in row["completion_mask"]])
    return Tokens(ids, [label != _IGNORED for label in row.get("labels", ids)])


def open_recipe(path: str, overrides: Sequence[str]) -> Recipe:
    """Opens a recipe.

    Args:
        path: The YAML file.
        overrides: Fields to change, such as `model.model_max_length=512`.

    Raises:
        CoalmError: The recipe, or something that it names, cannot be used.
    """
    from oumi.builders import build_tokenizer
    from oumi.builders.collators import build_collator_from_config

    config = _read(path, list(overrides))
    with _explained(path, f"the tokenizer of '{config.model.model_name}'"):
        tokenizer: Any = build_tokenizer(config.model)
    with _explained(path, "the collator"):
        collator = build_collator_from_config(config, tokenizer)
    parts = []
    for number, params in enumerate(config.data.train.datasets, 1):
        with _explained(path, f"the dataset '{params.dataset_name}'"):
            rows, made = _build(config, params, tokenizer)
        _check_columns(rows, params.dataset_name, path)
        parts.append(Part(number, params, rows, made))
    return Recipe(config, tokenizer, tuple(parts), collator)


def mixture_counts(recipe: Recipe) -> list[int]:
    """Returns how many samples each dataset has in the mixture that is trained on.

    Oumi concatenates the datasets, or, if each has a `mixture_proportion`, draws from
    them until the first or all are exhausted. The same draw is made here over numbers.
    """
    import datasets
    from oumi.core.configs.params.data_params import MixtureStrategy

    split = recipe.config.data.train
    shares = [part.params.mixture_proportion for part in recipe.parts]
    probabilities = [share for share in shares if share is not None]
    if len(probabilities) < len(shares):
        return [len(part.rows) for part in recipe.parts]
    mixed = datasets.interleave_datasets(
        [
            datasets.Dataset.from_dict({"part": [n] * len(part.rows)})
            for n, part in enumerate(recipe.parts)
        ],
        probabilities=probabilities,
        seed=split.seed,
        stopping_strategy=MixtureStrategy(split.mixture_strategy).get_literal_value(),
    )
    drawn = list(mixed["part"])
    return [drawn.count(n) for n in range(len(recipe.parts))]


@contextmanager
def quiet_oumi() -> Iterator[None]:
    """Lets only warnings of Oumi and the Hugging Face libraries through, to stderr."""
    import datasets
    from oumi.utils.logging import logger
    from transformers.utils import logging as transformers_logging

    kept = logger.level, logger.handlers[:]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    logger.handlers[:] = [handler]
    logger.setLevel(logging.WARNING)
    verbosity = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity_error()
    bars = datasets.is_progress_bar_enabled()
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        logger.setLevel(kept[0])
        logger.handlers[:] = kept[1]
        transformers_logging.set_verbosity(verbosity)
        if bars:
            datasets.enable_progress_bars()


def _read(path: str, overrides: list[str]) -> TrainingConfig:
    from oumi.core.configs import TrainingConfig

    check_aliases(path)
    with _explained(path, "the recipe"):
        config = TrainingConfig.from_yaml_and_arg_list(path, overrides)
        config.finalize_and_validate()
    if not config.data.train.datasets:
        raise CoalmError("the recipe names no dataset to train on.", path=path)
    if config.data.train.pack:
        raise CoalmError(
            "Oumi's pretraining packer (`data.train.pack: true`) trains on prompts as "
            "well and lets samples see each other, so that there are no single samples "
            "to show. Pack with `training.trainer_kwargs: {packing: true}` instead, or "
            "set `pack: false`.",
            path=path,
            field="data.train.pack",
        )
    return config


def _build(
    config: TrainingConfig, params: DatasetParams, tokenizer: Any
) -> tuple[datasets.Dataset, SampleDataset | None]:
    """Builds one dataset of the mixture, as Oumi does for all of them together."""
    from oumi.builders import build_dataset_mixture
    from oumi.core.configs import DatasetSplit

    alone = replace(params, mixture_proportion=None)
    train = replace(
        config.data.train, datasets=[alone], stream=False, use_torchdata=False
    )
    with _noting_datasets() as made:
        rows: Any = build_dataset_mixture(
            replace(config.data, train=train), tokenizer, DatasetSplit.TRAIN
        )
    return rows, made[0] if made else None


@contextmanager
def _noting_datasets() -> Iterator[list[SampleDataset]]:
    """Notes each of our dataset objects that Oumi builds; its builder keeps none."""
    from coalm_oumi.datasets.sft.sample_dataset import SampleDataset

    made: list[SampleDataset] = []
    original = SampleDataset.to_hf

    def to_hf(self: SampleDataset, return_iterable: bool = False) -> Any:
        made.append(self)
        return original(self, return_iterable)

    setattr(SampleDataset, "to_hf", to_hf)  # noqa: B010
    try:
        yield made
    finally:
        setattr(SampleDataset, "to_hf", original)  # noqa: B010


def _check_columns(rows: datasets.Dataset, name: str, path: str) -> None:
    if "input_ids" not in (rows.column_names or []):
        raise CoalmError(
            f"the dataset '{name}' gives no tokens (no column 'input_ids'): its "
            "samples are made by the trainer, and cannot be shown.",
            path=path,
        )


@contextmanager
def _explained(path: str, what: str) -> Iterator[None]:
    """Raises what Oumi and other libraries raise as a `CoalmError`."""
    try:
        yield
    except CoalmError:
        raise
    except Exception as error:  # every library has errors of its own
        raise CoalmError(
            f"{what} cannot be used: {shorten(error, 300)} ({type(error).__name__}). "
            "Correct the recipe.",
            path=path,
        ) from error
