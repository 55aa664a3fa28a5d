"""What a part of the mixture is: samples of one kind, made shard by shard.

A new part is a `MixturePart` in the table of `mixture.py`. Its samples have to be the
same whatever else runs: `--workers` only decides which process makes which shard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from coalm_oumi.cra.dates import UndatedActions
from coalm_oumi.cra.function_lists import FunctionList
from coalm_oumi.cra.function_names import FunctionNames
from coalm_oumi.cra.samples import ActionTurns
from coalm_oumi.samples import Sample
from coalm_oumi.sources.ledger import Ledger
from coalm_oumi.sources.locate import Found

Row = TypeVar("Row")

SHARD_BYTES = 12_000_000
"""Source bytes that a shard stands for, about: some tens of seconds of work."""
LEAST_SHARDS, MOST_SHARDS = 2, 64


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
    """One shard of a part to make.

    Attributes:
        places: Where each source of the part was found; a source that is missing, and
            that the user wants left out, is not named.
        seed: The build's seed.
        limit: Rows to read of each source at most; None for all.
        shard: Which shard, from 0.
        shards: How many there are.
        function_list: Which functions CRA's prompts list.
        action_turns: Which turns have a sample with CRA's action prompt.
        function_names: What functions that share a name are called.
        state_date: Whether CRA's prompts state today's date.
        undated_actions: What becomes of actions with a date that nothing states.
        tallies: What became of the rows of this shard; the part adds one per source.
    """

    places: Mapping[str, Found]
    seed: int
    limit: int | None = None
    shard: int = 0
    shards: int = 1
    function_list: FunctionList = "all"
    action_turns: ActionTurns = "calls"
    function_names: FunctionNames = "by_service"
    state_date: bool = True
    undated_actions: UndatedActions = "keep"
    tallies: list[Tally] = field(default_factory=list)

    def tally(self, source: str) -> Tally:
        """Returns a new tally for a source, and keeps it."""
        made = Tally(Ledger(source))
        self.tallies.append(made)
        return made


@dataclass(frozen=True)
class Chat:
    """A sample as chat messages.

    Attributes:
        messages: `{"role", "content"}` objects, or with `tool_calls` for `content`.
        tools: The functions on offer as JSON schemas, as chat templates take them.
    """

    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]]


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


@dataclass(frozen=True)
class MixturePart:
    """Samples of one kind.

    Attributes:
        name: The name used by `--only` and in the column `part`.
        title: One line for people.
        sources: Its sources in the catalogue. The part can be built when the first is
            there.
        paper: Its row of Table 1.
        samples: Makes the samples of a shard and fills its tallies. The shards together
            give each sample once; rows are told apart by content, never by process.
        shards: How many shards there are, from the sources' places alone.
        compared: The words of a sample that are compared with the benchmarks: what its
            user says, without prompt or tool list.
        chat: The sample as messages and tools.
        own_sources: Sources of which one takes the place of the others when the user
            names it.
    """

    name: str
    title: str
    sources: tuple[str, ...]
    paper: PaperRow
    samples: Callable[[PartRequest], Iterator[Sample]]
    shards: Callable[[Mapping[str, Found]], int]
    compared: Callable[[Sample], str]
    chat: Callable[[Sample], Chat] = plain_chat
    own_sources: tuple[str, ...] = ()
