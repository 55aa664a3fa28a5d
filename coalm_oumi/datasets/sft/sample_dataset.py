"""The base of CoALM's Oumi datasets: samples in, tokens out, nothing cut silently.

A subclass yields samples; this class does what all of them share. Oumi's own base
class cuts a row at the tokenizer's `model_max_length`, so that a long sample trains on
half an answer. Here a row that does not fit is dropped and counted (`overlong: drop`),
or stops the run (`overlong: error`). And it tokenises the whole set in batches
(`tokenizing`), where the base class goes row by row.
"""

from __future__ import annotations

from abc import abstractmethod
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
from coalm_oumi.datasets.sft.chat_tokens import (
    CHAT_ROWS,
    ChatEncoder,
    TrainedTurns,
    chat_batches,
    chat_record_batches,
)
from coalm_oumi.datasets.sft.layout import (
    chat_conversation,
    conversation,
    prompt_turns,
)
from coalm_oumi.datasets.sft.reply_mask import ReplyFinder
from coalm_oumi.datasets.sft.sample_rows import (
    BATCH,
    MASK,
    ROWS,
    TEXTS,
    fingerprint,
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
from coalm_oumi.datasets.sft.text_tokens import OVERLONG, RowLimits, text_batches
from coalm_oumi.datasets.sft.tokenizing import TOKENS
from coalm_oumi.errors import CoalmError, OptionError, expected_one_of
from coalm_oumi.oumi_errors import errors_for_oumi
from coalm_oumi.sample import Chat, Sample
from coalm_oumi.sources.ledger import Ledger

# What Oumi passes by itself.
_BY_OUMI = ("subset", "trust_remote_code", "transform_num_workers")


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
    trained_turns: TrainedTurns
    thoughts: bool
    template_options: dict[str, Any] | None
    overlong: str
    max_samples: int | None
    completion_mask: bool
    pack_tokens: int | None
    with_answers: bool
    _tokens: pa.Table | datasets.Dataset | None
    _chats: ChatEncoder | None

    def __init__(
        self,
        *,
        dataset_name: str | None = None,
        dataset_path: str | None = None,
        split: str | None = None,
        tokenizer: BaseTokenizer | None = None,
        **kwargs: Any,
    ) -> None:
        """Loads the samples and, given a tokenizer, their tokens.

        Args:
            dataset_name: Name under which the set was asked for.
            dataset_path: Data to read instead of the source's own place.
            split: Part of the data; `train` when not given.
            tokenizer: Tokenizer with a chat template.
            **kwargs: `SharedOptions`.

        Raises:
            CoalmOumiError: An option is unknown or cannot be used; data is missing or
                malformed.
        """
        self._tokens, self.ledgers, self._chats = None, [], None
        name = dataset_name or self.default_dataset
        self._sample_ledger = Ledger(f"{name}, samples")
        with errors_for_oumi():
            self._check_names(kwargs)
            shared = SharedOptions(dataset_path=dataset_path, split=split, **kwargs)
            own = shared.own()
            vars(self).update(own)
            for prepare in self.before_loading:
                prepare()
            super().__init__(
                dataset_name=dataset_name,
                dataset_path=dataset_path,
                split=split,
                tokenizer=tokenizer,
                **{key: value for key, value in kwargs.items() if key not in own},
            )
        if not isinstance(self._tokens, datasets.Dataset):
            for line in self._close_ledgers():
                logger.info(line)

    @abstractmethod
    def samples(self) -> Iterable[Sample]:
        """Returns the samples, in the order in which they are trained on."""

    def chats(self) -> Iterable[Chat]:
        """Returns the dialogues with tools, in the order in which they are trained on."""
        raise OptionError(
            "this dataset has no dialogues with tools.", field="prompt_layout"
        )

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
        fields = ("dataset_path", "split", *_BY_OUMI)
        return tuple(n for n in SharedOptions.option_names() if n not in fields)

    @property
    def _as_oumi_does(self) -> bool:
        """Whether rows are asked for in a form that Oumi's base class makes."""
        return self._assistant_only or self._return_tensors is not None

    def _check_names(self, given: dict[str, Any]) -> None:
        # Oumi's base class swallows those that it does not know.
        for name in given:
            if name not in (*self.options(), *_BY_OUMI):
                raise OptionError(
                    expected_one_of(name, self.options()), field="dataset_kwargs"
                )

    @override
    def _load_data(self) -> pd.DataFrame:
        tokenized = self._tokenizer is not None and not self._return_conversations
        if tokenized and self._with_tools:
            # In every process: it may set a template, which is saved with the model.
            self._chats = self._chat_encoder()
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
        elif self._with_tools:
            rows = chat_record_batches(islice(self.chats(), self.max_samples))
        else:
            rows = record_batches(islice(self.samples(), self.max_samples))
        table = pa.Table.from_batches(
            rows, schema=CHAT_ROWS if self._with_tools else ROWS
        )
        if not tokenized:
            self._sample_ledger.read = len(table)
            self._check_some(len(table))
        return table.to_pandas(types_mapper=pd.ArrowDtype)

    @property
    def _with_tools(self) -> bool:
        return self.prompt_layout == "tools"

    def _chat_encoder(self) -> ChatEncoder:
        encoder = ChatEncoder(
            cast(Any, self._tokenizer),
            trained=self.trained_turns,
            thoughts=self.thoughts,
            **self.template_options or {},
        )
        if encoder.template.replaced:
            logger.warning(
                "The model's chat template writes no tools: chats with tools are written "
                "by one of coalm_oumi for its family, which is saved with the model."
            )
        return encoder

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
        if self._with_tools:
            return chat_conversation(
                cast(str, example["messages"]), cast(str, example["tools"])
            )
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
        ledger, limit = self._sample_ledger, cast(Any, self._tokenizer).model_max_length
        limits = RowLimits(limit, self.max_samples, self.overlong)
        if self._chats is not None:
            batches = chat_batches(self.chats(), self._chats, limits, ledger)
        else:
            render = ChatRenderer(
                self._tokenizer, add_generation_prompt=self.task == "generation"
            ).render
            finder = ReplyFinder(self._tokenizer) if self.completion_mask else None
            batches = text_batches(
                self.samples(),
                lambda sample: render([(r.value, c) for r, c in self._turns(sample)]),
                cast(Any, self._tokenizer),
                limits,
                ledger,
            )
            if finder is not None:
                batches = ((rows, masked(tokens, finder)) for rows, tokens in batches)
        for rows, tokens in batches:
            packed = self.pack_tokens
            yield rows, packed_batch(tokens, packed) if packed else tokens
        self._check_kept(limit)

    def _turns(self, texts: tuple[str, str, str]) -> list[tuple[Role, str]]:
        instruction, input_text, output = texts
        turns = prompt_turns(instruction, input_text, self.prompt_layout)
        return [*turns, (Role.ASSISTANT, output)]

    def _check_kept(self, limit: int) -> None:
        ledger = self._sample_ledger
        self._check_some(ledger.read)
        if ledger.kept:
            return
        if {reason for _, reason in ledger.counts()} - {OVERLONG}:
            raise CoalmError(
                f"{ledger.source}: none can be used. The first is "
                f"{ledger.first_rejection()}."
            )
        raise CoalmError(
            f"{ledger.source}: every one is longer than model_max_length ({limit} "
            "tokens). Raise model.model_max_length in the recipe."
        )

    def _texts(self) -> Iterator[tuple[str, str, str]]:
        for start in range(0, len(self._data), BATCH):
            rows = self._data.iloc[start : start + BATCH]
            columns = (rows[name].tolist() for name in TEXTS)
            yield from zip(*columns, strict=True)
