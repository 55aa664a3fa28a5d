"""Function calling samples in Hammer's format, masked and unmasked (Figure 5).

In: a `FunctionCallingRow` of xLAM. Out: its tools and query in Hammer's instruction, an
empty input, and the calls as a JSON list inside a bare code fence.

Each row is copied (3 times in CoALM-IT) and each copy is masked with probability 2/3.
Which copies are masked, and how, follows from the seed and the row's own content.
"""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import groupby, islice
from typing import NamedTuple

from coalm_oumi.calls import FunctionCall, FunctionSchema, fenced, write_json_list
from coalm_oumi.calls.strict_json import dumps
from coalm_oumi.errors import OptionError
from coalm_oumi.prompts import hammer_template
from coalm_oumi.samples.masking import FunctionTask, mask_functions
from coalm_oumi.samples.order import stable_digest, stable_random
from coalm_oumi.samples.sample import Origin, Sample
from coalm_oumi.sources.xlam import FunctionCallingRow

MASK_RATIO = 2 / 3
COPIES = 3
_CHUNK = 500


@dataclass(frozen=True)
class MaskingOptions:
    """How rows become samples.

    Attributes:
        mask_ratio: Probability that a copy is masked, 0 to 1.
        copies: Copies of each row, 1 or more.
        seed: Fixes every draw and the order of the samples.
    """

    mask_ratio: float = MASK_RATIO
    copies: int = COPIES
    seed: int = 42

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            OptionError: A value lies outside its range.
        """
        ratio, copies = self.mask_ratio, self.copies
        if isinstance(ratio, bool) or not isinstance(ratio, (int, float)):
            raise OptionError(
                f"expected a number, found {ratio!r}.", field="mask_ratio"
            )
        if not 0 <= ratio <= 1:
            raise OptionError(f"expected 0 to 1, found {ratio}.", field="mask_ratio")
        if isinstance(copies, bool) or not isinstance(copies, int) or copies < 1:
            raise OptionError(
                f"expected a whole number from 1, found {copies!r}.", field="copies"
            )
        if isinstance(self.seed, bool) or not isinstance(self.seed, int):
            raise OptionError(
                f"expected a whole number, found {self.seed!r}.", field="seed"
            )


class _Copy(NamedTuple):
    # The row, pickled: a fifth of the memory, and quick to hand to another process.
    row: bytes
    occurrence: int  # which of several rows with the same content, from 0
    copy: int


def function_calling_prompt(query: str, tools: Sequence[FunctionSchema]) -> str:
    """Returns Hammer's instruction for a query.

    Args:
        query: What the user asks.
        tools: The tools on offer, in the order in which they are listed.
    """
    listed = dumps([tool.to_xlam() for tool in tools])
    return hammer_template().render(tools=listed, query=query)


def function_calling_output(calls: Iterable[FunctionCall]) -> str:
    """Returns the reply with these calls: a JSON list inside a bare code fence."""
    return fenced(write_json_list(calls))


def function_calling_samples(
    rows: Iterable[FunctionCallingRow],
    options: MaskingOptions,
    *,
    workers: int = 1,
) -> Iterator[Sample]:
    """Turns rows into samples, in an order fixed by the seed alone.

    Args:
        rows: The rows, in any order.
        options: Copies, share of masked ones, seed.
        workers: Processes to use. Their number changes the speed only.

    Yields:
        `options.copies` samples per row.
    """
    packed = [
        (row.digest, row.record_id, row.source, pickle.dumps(row)) for row in rows
    ]
    # Rows of one content are told apart by their names, so not by their order.
    packed.sort(key=lambda item: item[:3])
    keyed: list[tuple[bytes, _Copy]] = []
    for digest, same in groupby(packed, key=lambda item: item[0]):
        for occurrence, (*_, row) in enumerate(same):
            for copy in range(options.copies):
                key = stable_digest(options.seed, "order", digest, occurrence, copy)
                keyed.append((key, _Copy(row, occurrence, copy)))
    del packed
    keyed.sort(key=lambda item: item[0])
    make = partial(_make_sample, options=options)
    yield from _map(make, (copy for _, copy in keyed), workers)


def _make_sample(item: _Copy, *, options: MaskingOptions) -> Sample:
    row: FunctionCallingRow = pickle.loads(item.row)  # noqa: S301 - our own, from above
    occurrence, copy = item.occurrence, item.copy
    rng = stable_random(options.seed, "mask", row.digest, occurrence, copy)
    task = FunctionTask(row.query, row.tools, row.calls)
    masked = rng.random() < options.mask_ratio
    if masked:
        task = mask_functions(task, rng)
    return Sample(
        instruction=function_calling_prompt(task.query, task.tools),
        input="",
        output=function_calling_output(task.calls),
        origin=Origin(
            source=row.source,
            record_id=row.record_id,
            prompt=hammer_template().id,
            transformation="masked" if masked else "unmasked",
            seed=options.seed,
            copy=copy,
        ),
    )


def _make_chunk(items: list[_Copy], *, make: Callable[[_Copy], Sample]) -> list[Sample]:
    return [make(item) for item in items]


def _map(
    make: Callable[[_Copy], Sample], items: Iterator[_Copy], workers: int
) -> Iterator[Sample]:
    if workers <= 1:
        yield from map(make, items)
        return
    chunks = iter(lambda: list(islice(items, _CHUNK)), [])
    pending: deque[Future[list[Sample]]] = deque()
    with ProcessPoolExecutor(max_workers=workers) as pool:
        # Bounded, so that the samples of a large set are not all held here at once.
        for chunk in chunks:
            pending.append(pool.submit(_make_chunk, chunk, make=make))
            if len(pending) > 2 * workers:
                yield from pending.popleft().result()
        while pending:
            yield from pending.popleft().result()
