"""Samples as tokens: one prompt and its reply in each row."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from coalm_oumi.datasets.sft.sample_rows import TEXTS, lengths, record_batches
from coalm_oumi.datasets.sft.tokenizing import token_batches
from coalm_oumi.errors import CoalmError
from coalm_oumi.sample import Sample
from coalm_oumi.sources.ledger import Ledger

OVERLONG = "longer than model_max_length"
"""Reason: the sample has more tokens than a row may have."""


@dataclass(frozen=True)
class RowLimits:
    """Which rows are taken.

    Attributes:
        tokens: The most tokens of a row.
        most: The most rows; None for all.
        overlong: What happens to a sample that is longer: `drop` it, or an `error`.
    """

    tokens: int
    most: int | None = None
    overlong: str = "drop"

    def refuse(self, source: str, name: str, detail: str) -> None:
        """Ends with an error for a sample that is too long, if that is asked for."""
        if self.overlong == "error":
            raise CoalmError(
                f"{source}: {name}: {detail}. Raise model.model_max_length in the "
                "recipe, or set overlong: drop."
            )


def text_batches(
    samples: Iterable[Sample],
    render: Callable[[tuple[str, str, str]], str],
    tokenizer: Any,
    limits: RowLimits,
    ledger: Ledger,
) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
    """Yields the rows of samples that fit, and their tokens, batch by batch.

    Args:
        samples: The samples.
        render: Writes instruction, input and output as the model sees them.
        tokenizer: A tokenizer of transformers.
        limits: Which samples are taken.
        ledger: Counts the samples, and those that are too long.
    """
    read: deque[pa.RecordBatch] = deque()
    missing, done = limits.most, 0

    def texts() -> Iterator[str]:
        for batch in record_batches(samples):
            read.append(batch)
            columns = (batch[name].to_pylist() for name in TEXTS)
            yield from map(render, zip(*columns, strict=True))

    for batch in token_batches(texts(), tokenizer, limits.tokens):
        rows, taken, tokens = read.popleft(), batch.fitting, batch.rows
        overlong, last = batch.overlong, done + len(rows)
        if missing is not None and len(taken) >= missing:
            taken, tokens = taken[:missing], tokens.slice(0, missing)
            last = taken[-1] + 1
            overlong = [found for found in overlong if found[0] < last]
        for name, detail in lengths(overlong, rows, done, limits.tokens):
            limits.refuse(ledger.source, name, detail)
            ledger.rejected(name, OVERLONG, detail)
        yield rows.take(pa.array([n - done for n in taken], pa.int64())), tokens
        ledger.read = last
        done += len(rows)
        if missing is not None and not (missing := missing - len(taken)):
            return
