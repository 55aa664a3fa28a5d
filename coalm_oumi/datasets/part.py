"""What a part of the training data is: one object, from which all else is made.

A part names its sources, makes samples of their records, and says what is known of it. Of
it come the Oumi dataset `coalm/NAME` (`sft.part_dataset`) and the part of the mixture that
`coalm build` makes shard by shard. A new part is a file here and a line in `parts`; another
package adds one by an entry point (README, "How to add a dataset").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, TypeVar

from coalm_oumi.options import Options
from coalm_oumi.sample import Chat, Sample
from coalm_oumi.sources.ledger import Ledger
from coalm_oumi.sources.locate import Found, OnMissing
from coalm_oumi.sources.source import Source

Row = TypeVar("Row")

SHARD_BYTES = 12_000_000
"""Source bytes that a shard stands for, about: some tens of seconds of work."""
LEAST_SHARDS, MOST_SHARDS = 2, 64


@dataclass(frozen=True, kw_only=True)
class PartOptions(Options):
    """What `dataset_kwargs` may say of every part; a part may add its own.

    Attributes:
        sample_seed: Fixes every draw and the order of the samples.
        on_missing: What to do when the data is neither in COALM_DATA_DIR nor in the cache:
            `download` it, take the `embedded` corpus, or stop with an `error`.
    """

    recipe_field: ClassVar[str] = "dataset_kwargs"

    sample_seed: int = 42
    on_missing: OnMissing = "download"


class DatasetSize(NamedTuple):
    """Samples of a dataset, and tokens of each on average."""

    samples: int
    tokens: float


@dataclass(frozen=True)
class PaperRow:
    """A row of the paper's Table 1, under its right name.

    Attributes:
        domain: `TOD`, `LA` or `CRA`.
        turns: `single` or `multi`.
        source: The source as the paper names it.
        format: What is learnt.
        samples: Samples in CoALM-IT.
        tokens: Tokens in CoALM-IT.
    """

    domain: str
    turns: str
    source: str
    format: str
    samples: int
    tokens: int


@dataclass
class Tally:
    """A source's ledger, and a count of its own of the rows that became samples.

    `Ledger.kept` is what was read less what was rejected. `kept` here is counted where
    the rows come out, so that the two together show a row that vanished.
    """

    ledger: Ledger
    kept: int = 0

    def counted(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Yields the rows and counts them."""
        for row in rows:
            self.kept += 1
            yield row


@dataclass(frozen=True)
class PartRequest:
    """What samples are to be made of: a split, or one shard of a part.

    Attributes:
        places: Where each source of the part was found; a source that is missing, and
            that the user wants left out, is not named.
        options: The part's options.
        split: Which split.
        limit: Rows to read of each source at most; None for all.
        shard: Which shard, from 0.
        shards: How many there are.
        in_mixture: Whether it is for the mixture, whose ledger has a source's name alone.
        tallies: What became of the rows; the part adds one per source.
        ledgers: The tallies' ledgers.
        remarks: What else there is to say of the data's origin.
        recognised: How many rows each rule told the part of, if that has to be told.
    """

    places: Mapping[str, Found]
    options: Any
    split: str = "train"
    limit: int | None = None
    shard: int = 0
    shards: int = 1
    in_mixture: bool = False
    tallies: list[Tally] = field(default_factory=list)
    ledgers: list[Ledger] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    recognised: Counter[str] = field(default_factory=Counter)

    def tally(self, source: str, split: str = "") -> Tally:
        """Returns a new tally for a source, and keeps it.

        Args:
            source: The source's name.
            split: The split, if the source has several.
        """
        named = f"{source} {split}" if split and not self.in_mixture else source
        made = Tally(Ledger(named))
        self.tallies.append(made)
        self.ledgers.append(made.ledger)
        return made


def plain_chat(sample: Sample) -> Chat:
    """Returns instruction and input as one user message, and the reply."""
    prompt = f"{sample.instruction}\n{sample.input}"
    return Chat(
        [
            {"role": "user", "content": prompt if sample.input else sample.instruction},
            {"role": "assistant", "content": sample.output},
        ],
        [],
    )


def system_chat(sample: Sample) -> Chat:
    """Returns the instruction as system message, the input as user message, the reply."""
    return Chat(
        [
            {"role": "system", "content": sample.instruction},
            {"role": "user", "content": sample.input},
            {"role": "assistant", "content": sample.output},
        ],
        [],
    )


def by_size(places: Mapping[str, Found]) -> int:
    """Returns a number of shards for the size of the files, the same on any machine."""
    size = sum(f.stat().st_size for found in places.values() for f in found.files)
    return max(LEAST_SHARDS, min(MOST_SHARDS, -(-size // SHARD_BYTES)))


def one_shard(places: Mapping[str, Found]) -> int:
    """Returns 1: for a part that is small, or that cannot be split."""
    del places
    return 1


Given = Mapping[str, tuple[str, ...]]
"""The user's own files for each source to read; none where it has to be found."""


@dataclass(frozen=True)
class Part:
    """Samples of one kind.

    Attributes:
        name: The name used by `coalm build --only` and in the column `part`.
        title: One line for people.
        sources: Its sources. The part can be built when the first is there.
        samples: Makes the samples that a request asks for and fills its tallies. The
            shards together give each sample once; rows are told apart by content, never
            by process.
        size: Samples and tokens with the default options, if known.
        chat_size: The same for dialogues with tools (`prompt_layout: tools`).
        dataset: The name in recipes; `coalm/<name>` if empty.
        class_name: The name of the Oumi dataset class in `coalm_oumi.datasets`.
        options: What `dataset_kwargs` may say of it.
        splits: The splits that there are.
        paper: Its row of the paper's Table 1.
        shards: How many shards there are, from the sources' places alone.
        compared: The words of a sample that are compared with the benchmarks: what its
            user says, without prompt or tool list.
        chat: The sample as messages and tools.
        chats: The dialogues that a request asks for, as messages and tools, with what
            their functions and calls really are (`prompt_layout: tools`); if None, the
            `chat` of each sample.
        given: Which sources a dataset reads, from its options and `dataset_path`; if
            None, the first from `dataset_path`, or all from their own places.
        own_sources: Sources of which one takes the place of the others when the user
            names it.
    """

    name: str
    title: str
    sources: tuple[Source, ...]
    samples: Callable[[PartRequest], Iterator[Sample]]
    size: DatasetSize | None = None
    chat_size: DatasetSize | None = None
    dataset: str = ""
    class_name: str = ""
    options: type[Options] = PartOptions
    splits: tuple[str, ...] = ("train",)
    paper: PaperRow | None = None
    shards: Callable[[Mapping[str, Found]], int] = one_shard
    compared: Callable[[Sample], str] = lambda sample: sample.input
    chat: Callable[[Sample], Chat] = plain_chat
    chats: Callable[[PartRequest], Iterator[Chat]] | None = None
    given: Callable[[Any, str | None], Given] | None = None
    own_sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Fills in the names that follow from `name`."""
        words = self.name.title().replace("_", "")
        object.__setattr__(self, "dataset", self.dataset or f"coalm/{self.name}")
        object.__setattr__(self, "class_name", self.class_name or f"{words}Dataset")

    def dialogues(self, request: PartRequest) -> Iterator[Chat]:
        """Yields the dialogues that a request asks for, in the order of training."""
        if self.chats is not None:
            yield from self.chats(request)
            return
        for sample in self.samples(request):
            chat = self.chat(sample)
            yield Chat(chat.messages, chat.tools, sample.origin)

    def read_from(self, options: Any, dataset_path: str | None) -> Given:
        """Returns the sources that a dataset reads, with the user's own files."""
        if self.given is not None:
            return self.given(options, dataset_path)
        if dataset_path:
            return {self.sources[0].name: (dataset_path,)}
        return {source.name: () for source in self.sources}
