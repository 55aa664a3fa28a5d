"""The base of CoALM's Oumi datasets: samples in, tokens out, nothing cut silently.

A subclass yields samples; this class does what all of them share. Oumi's own base
class cuts a row at the tokenizer's `model_max_length`, so that a long sample trains on
half an answer. Here a row that does not fit is dropped and counted (`overlong: drop`),
or stops the run (`overlong: error`). And it tokenises the whole set in batches
(`tokenizing`), where the base class goes row by row.
"""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, cast

import datasets
import pandas as pd
import pyarrow as pa
from datasets.table import InMemoryTable
from oumi.core.datasets import BaseSftDataset
from oumi.core.tokenizers import BaseTokenizer
from oumi.core.types.conversation import Conversation, Role
from oumi.utils.logging import logger
from typing_extensions import override

from coalm_oumi.datasets.sft.answers import prompts_and_answers
from coalm_oumi.datasets.sft.chat_rendering import ChatRenderer
from coalm_oumi.datasets.sft.layout import conversation, prompt_turns
from coalm_oumi.datasets.sft.reply_mask import ReplyFinder
from coalm_oumi.datasets.sft.sample_rows import (
    BATCH,
    MASK,
    ROWS,
    TEXTS,
    fingerprint,
    lengths,
    masked,
    record_batches,
)
from coalm_oumi.datasets.sft.shared_options import SharedOptions
from coalm_oumi.datasets.sft.shared_packs import LENGTHS, packed_batch
from coalm_oumi.datasets.sft.shared_tokens import (
    several_processes_here,
    shared_tokens,
    tokens_key,
)
from coalm_oumi.datasets.sft.tokenizing import TOKENS, token_batches
from coalm_oumi.errors import CoalmError, OptionError, expected_one_of
from coalm_oumi.oumi_errors import errors_for_oumi
from coalm_oumi.sample import Sample
from coalm_oumi.sources.ledger import Ledger


class SampleDataset(BaseSftDataset):
    """A supervised fine-tuning set made of `Sample`s.

    A subclass keeps each option of its own in an attribute of the same name.

    Attributes:
        splits: The parts that there are.
        ledgers: What became of the rows of each source read, and last of the samples
            themselves: those too long to train on are rejected there.
        before_loading: What is called before any data is read: the plug-in's look at how
            training was started, and what it corrects in libraries for it.
    """

    splits: ClassVar[tuple[str, ...]] = ("train",)
    before_loading: ClassVar[Sequence[Callable[[], None]]] = ()
    ledgers: list[Ledger]
    prompt_layout: str
    overlong: str
    max_samples: int | None
    completion_mask: bool
    pack_tokens: int | None
    with_answers: bool
    _tokens: pa.Table | datasets.Dataset | None

    def __init__(
        self,
        *,
        dataset_name: str | None = None,
        dataset_path: str | None = None,
        split: str | None = None,
        tokenizer: BaseTokenizer | None = None,
        prompt_layout: str = "plain",
        overlong: str = "drop",
        max_samples: int | None = None,
        completion_mask: bool = False,
        pack_tokens: int | None = None,
        with_answers: bool = False,
        **kwargs: Any,
    ) -> None:
        """Loads the samples and, given a tokenizer, their tokens.

        Args:
            dataset_name: Name under which the set was asked for.
            dataset_path: Data to read instead of the source's own place.
            split: Part of the data; `train` when not given.
            tokenizer: Tokenizer with a chat template.
            prompt_layout: How instruction and input become messages (`layout`).
            overlong: What happens to a sample longer than the tokenizer's
                `model_max_length`: `drop` it and count it, or stop with an `error`.
            max_samples: Take the first so many samples of the seeded order that are not
                too long; None for all. Oumi's `sample_count` takes the same ones, after
                all have been tokenised.
            completion_mask: Whether a column of that name says which tokens belong to
                the reply. TRL needs it to pack samples and still train on replies only;
                without it, the recipe's collator finds the replies.
            pack_tokens: Rows of several samples, with the completion mask, for
                `attn_implementation: shared_prefixes`: each row has at most so many
                distinct tokens. None for a sample in each row.
            with_answers: Whether rows are prompts with their answers, for reinforcement
                learning (GRPO), instead of tokens.
            **kwargs: Options of Oumi's `BaseSftDataset`.

        Raises:
            CoalmOumiError: An option is unknown or cannot be used; data is missing or
                malformed.
        """
        own: dict[str, Any] = {
            "prompt_layout": prompt_layout,
            "overlong": overlong,
            "max_samples": max_samples,
            "completion_mask": completion_mask or pack_tokens is not None,
            "pack_tokens": pack_tokens,
            "with_answers": with_answers,
        }
        vars(self).update(own)
        self._tokens, self.ledgers = None, []
        name = dataset_name or self.default_dataset
        self._sample_ledger = Ledger(f"{name}, samples")
        with errors_for_oumi():
            self._check_names(kwargs)
            SharedOptions(dataset_path=dataset_path, split=split, **own, **kwargs)
            for prepare in self.before_loading:
                prepare()
            super().__init__(
                dataset_name=dataset_name,
                dataset_path=dataset_path,
                split=split,
                tokenizer=tokenizer,
                **kwargs,
            )
        if not isinstance(self._tokens, datasets.Dataset):
            for line in self._close_ledgers():
                logger.info(line)

    @abstractmethod
    def samples(self) -> Iterable[Sample]:
        """Returns the samples, in the order in which they are trained on."""

    def inputs(self) -> Iterable[Path] | None:
        """Returns the files and folders that the samples are read from.

        Tokens are shared among processes only if this is known (`shared_tokens`).
        """
        return None

    @property
    def data_origin(self) -> str:
        """Where the data was found, in words."""
        return ""

    @classmethod
    def options(cls) -> tuple[str, ...]:
        """Returns the names that `dataset_kwargs` may hold in a recipe."""
        names: dict[str, None] = {}
        for base in cls.__mro__:
            if "__init__" in vars(base) and issubclass(base, BaseSftDataset):
                parameters = inspect.signature(vars(base)["__init__"]).parameters
                names.update(
                    (name, None)
                    for name, parameter in parameters.items()
                    if parameter.kind is inspect.Parameter.KEYWORD_ONLY
                )
        fields_of_the_recipe = ("dataset_name", "dataset_path", "split", "tokenizer")
        return tuple(name for name in names if name not in fields_of_the_recipe)

    @property
    def _as_oumi_does(self) -> bool:
        """Whether rows are asked for in a form that Oumi's base class makes."""
        return self._assistant_only or self._return_tensors is not None

    def _check_names(self, given: dict[str, Any]) -> None:
        # Oumi's base class passes these itself; it swallows all others silently.
        allowed = (*self.options(), "subset", "trust_remote_code")
        allowed = (*allowed, "transform_num_workers")
        for name in given:
            if name not in allowed:
                raise OptionError(
                    expected_one_of(name, self.options()), field="dataset_kwargs"
                )

    @override
    def _load_data(self) -> pd.DataFrame:
        tokenized = self._tokenizer is not None and not self._return_conversations
        inputs = self.inputs() if tokenized and self._shares_tokens else None
        if inputs is not None:
            return self._load_shared(inputs)
        # In columns from the start: a list of all samples is a multiple of their text.
        if tokenized:
            pairs = list(self._encoded())
            rows, tokens = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
            made = pa.Table.from_batches(tokens, schema=self._token_schema)
            self._tokens = made
            if self.pack_tokens is not None:
                return pd.DataFrame(index=range(len(made)))
        else:
            rows = record_batches(islice(self.samples(), self.max_samples))
        table = pa.Table.from_batches(rows, schema=ROWS)
        if not tokenized:
            self._sample_ledger.read = len(table)
            self._check_some(len(table))
        return table.to_pandas(types_mapper=pd.ArrowDtype)

    @property
    def _shares_tokens(self) -> bool:
        """Whether the tokens are made by one process of this machine, for all."""
        as_others = self._as_oumi_does or self.with_answers
        return several_processes_here() and not as_others

    def _load_shared(self, inputs: Iterable[Path]) -> pd.DataFrame:
        """Maps the tokens that one process makes; there are no texts beside them."""
        names = (*SharedOptions.option_names(), *self.options())
        options = {
            name: getattr(self, name, getattr(self, f"_{name}", None)) for name in names
        }
        options["class"] = f"{type(self).__module__}.{type(self).__qualname__}"
        key = tokens_key(options, self._tokenizer, inputs)
        self._tokens, lines = shared_tokens(
            key, self._encoded_tokens, self._token_schema, self._close_ledgers
        )
        for line in lines:
            logger.info(line)
        return pd.DataFrame(index=range(len(self._tokens)))

    def _encoded_tokens(self) -> Iterator[pa.RecordBatch]:
        return (tokens for _, tokens in self._encoded())

    def _close_ledgers(self) -> list[str]:
        """Returns what became of the rows, in lines."""
        self.ledgers.append(self._sample_ledger)
        lines = [line for ledger in self.ledgers for line in ledger.lines()]
        return [f"{self._sample_ledger.source}: from {self.data_origin}", *lines]

    def _check_some(self, read: int) -> None:
        if not read:
            told = [ledger.first_rejection() for ledger in self.ledgers]
            rejected = next(filter(None, told), "")
            raise CoalmError(
                f"{self._sample_ledger.source}: there is none in the data given "
                f"({self.data_origin})."
                + (
                    f" The first row that was rejected is {rejected}."
                    if rejected
                    else ""
                )
            )

    @override
    def _verify_assistant_only_compatibility(self) -> None:
        try:
            super()._verify_assistant_only_compatibility()
        except ValueError as error:
            raise OptionError(
                f"{error} Set response_template and instruction_template, or leave "
                "assistant_only out: the collator text_completions_only_with_padding "
                "trains on replies only as well.",
                field="assistant_only",
            ) from error

    @override
    def transform_conversation(self, example: dict | pd.Series) -> Conversation:
        """Returns the conversation of one row of `data`."""
        return conversation(
            cast(str, example["instruction"]),
            cast(str, example["input"]),
            cast(str, example["output"]),
            self.prompt_layout,
        )

    @override
    def transform(self, sample: pd.Series) -> dict:
        """Returns the tokens of one row of `data`, or its conversation if asked for."""
        if self._tokens is None or self._as_oumi_does:
            return super().transform(sample)
        position = cast(int, sample.name)
        if isinstance(self._tokens, datasets.Dataset):
            return self._tokens[position]
        names = self._tokens.column_names
        return {name: self._tokens[name][position].as_py() for name in names}

    @override
    def to_hf(
        self, return_iterable: bool = False
    ) -> datasets.Dataset | datasets.IterableDataset:
        """Returns the tokens of all samples as a Hugging Face dataset.

        With `with_answers`, the prompts and answers of the same samples.

        Args:
            return_iterable: Whether an iterable dataset is wanted.
        """
        if self.with_answers:
            rows = prompts_and_answers(self._texts(), self.prompt_layout)
            return rows.to_iterable_dataset() if return_iterable else rows
        if self._tokens is None or self._as_oumi_does:
            return super().to_hf(return_iterable)
        found = self._tokens
        if isinstance(found, pa.Table):
            found = datasets.Dataset(
                InMemoryTable(found), fingerprint=fingerprint(found)
            )
        return found.to_iterable_dataset() if return_iterable else found

    @property
    def _token_schema(self) -> pa.Schema:
        schema = TOKENS.append(MASK) if self.completion_mask else TOKENS
        return schema if self.pack_tokens is None else schema.append(LENGTHS)

    def _encoded(self) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
        """Yields samples that are not too long, and their tokens, batch by batch.

        With `pack_tokens` there are several samples in a row of tokens.
        """
        tokenizer = cast(Any, self._tokenizer)
        limit = tokenizer.model_max_length
        finder = ReplyFinder(tokenizer) if self.completion_mask else None
        read: deque[pa.RecordBatch] = deque()
        missing = self.max_samples
        done = 0
        for batch in token_batches(self._rendered(read), tokenizer, limit):
            rows, fitting, tokens = read.popleft(), batch.fitting, batch.rows
            overlong, last = batch.overlong, done + len(rows)
            if missing is not None and len(fitting) >= missing:
                fitting, tokens = fitting[:missing], tokens.slice(0, missing)
                last = fitting[-1] + 1
                overlong = [found for found in overlong if found[0] < last]
            self._note_overlong(lengths(overlong, rows, done, limit))
            kept = rows.take(pa.array([n - done for n in fitting], pa.int64()))
            tokens = masked(tokens, finder) if finder else tokens
            if self.pack_tokens is not None:
                tokens = packed_batch(tokens, self.pack_tokens)
            yield kept, tokens
            self._sample_ledger.read = last
            done += len(rows)
            if missing is not None and not (missing := missing - len(fitting)):
                break
        self._check_some(self._sample_ledger.read)
        if not self._sample_ledger.kept:
            raise CoalmError(
                f"{self._sample_ledger.source}: every one is longer than "
                f"model_max_length ({limit} tokens). Raise model.model_max_length in "
                "the recipe."
            )

    def _rendered(self, read: deque[pa.RecordBatch]) -> Iterator[str]:
        """Yields the conversations as text, and leaves the samples in `read`."""
        renderer = ChatRenderer(
            self._tokenizer, add_generation_prompt=self.task == "generation"
        )
        assistant = Role.ASSISTANT.value
        for batch in record_batches(self.samples()):
            read.append(batch)
            columns = (batch[name].to_pylist() for name in TEXTS)
            for instruction, input_text, output in zip(*columns, strict=True):
                turns = prompt_turns(instruction, input_text, self.prompt_layout)
                named = [(role.value, content) for role, content in turns]
                yield renderer.render([*named, (assistant, output)])

    def _texts(self) -> Iterator[tuple[str, str, str]]:
        for start in range(0, len(self._data), BATCH):
            rows = self._data.iloc[start : start + BATCH]
            columns = (rows[name].tolist() for name in TEXTS)
            yield from zip(*columns, strict=True)

    def _note_overlong(self, overlong: Iterable[tuple[str, str]]) -> None:
        for name, detail in overlong:
            if self.overlong == "error":
                raise CoalmError(
                    f"{self._sample_ledger.source}: {name}: {detail}. Raise "
                    "model.model_max_length in the recipe, or set overlong: drop."
                )
            self._sample_ledger.rejected(name, "longer than model_max_length", detail)
