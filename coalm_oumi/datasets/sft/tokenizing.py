"""The tokens of a data set: rendered, encoded and measured batch by batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from coalm_oumi.datasets.sft.line_encoding import LineEncoder

TOKENS = pa.schema(
    [
        ("input_ids", pa.list_(pa.int32())),
        ("attention_mask", pa.list_(pa.int8())),
    ]
)
"""The columns that a trainer takes."""
_BATCH = 1000


@dataclass(frozen=True)
class TokenBatch:
    """The tokens of some samples that follow one another.

    Attributes:
        rows: The samples that fit, in the columns of `TOKENS`.
        fitting: Their numbers in the data set.
        overlong: Number and length in tokens of each that does not fit.
    """

    rows: pa.RecordBatch
    fitting: Sequence[int]
    overlong: Sequence[tuple[int, int]]


def token_batches(
    texts: Iterable[str], tokenizer: Any, limit: int
) -> Iterator[TokenBatch]:
    """Yields the tokens of texts.

    Args:
        texts: The rendered conversations.
        tokenizer: A tokenizer of transformers.
        limit: The most tokens that a sample may have.
    """
    encode = _encoder(tokenizer)
    remaining, start = iter(texts), 0
    while batch := list(islice(remaining, _BATCH)):
        values, lengths = encode(batch)
        fits = lengths <= limit
        values = values[np.repeat(fits, lengths)]
        yield TokenBatch(
            _rows(values, lengths[fits]),
            (start + np.flatnonzero(fits)).tolist(),
            [(start + int(n), int(lengths[n])) for n in np.flatnonzero(~fits)],
        )
        start += len(batch)


def _encoder(tokenizer: Any) -> Any:
    if getattr(tokenizer, "is_fast", False):
        return LineEncoder(tokenizer).encode
    return lambda texts: _by_tokenizer(tokenizer, texts)


def _by_tokenizer(
    tokenizer: Any, texts: list[str]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    found = tokenizer(texts, add_special_tokens=False, return_attention_mask=False)
    ids = [np.array(row, np.int32) for row in found["input_ids"]]
    return np.concatenate(ids), np.array([len(row) for row in ids], np.int64)


def _rows(values: NDArray[np.int32], lengths: NDArray[np.int64]) -> pa.RecordBatch:
    offsets = pa.array(np.concatenate(([0], np.cumsum(lengths))).astype(np.int32))
    ones = pa.array(np.ones(len(values), np.int8))
    columns = [
        pa.ListArray.from_arrays(offsets, pa.array(values)),
        pa.ListArray.from_arrays(offsets, ones),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=TOKENS)
