"""Lengths of the training mixture's samples: of the real data where it is, in tokens.

Each of the four datasets gives the characters of samples that are at hand; they are drawn
from so that the mixture has the paper's numbers of each kind (Hammer: 202,500 of 311,639).
"""

from __future__ import annotations

import os
import random
from collections.abc import Mapping
from typing import Any

COUNTS: Mapping[str, int] = {
    "coalm/snips_dst": 13_084,
    "coalm/hammer_masked": 202_500,
    "coalm/toolace": 13_819,
    "coalm/cra": 82_236,
}
CHARACTERS_A_TOKEN: Mapping[str, float] = {
    "coalm/snips_dst": 4.6,
    "coalm/hammer_masked": 4.4,
    "coalm/toolace": 4.5,
    "coalm/cra": 5.2,
}
"""Where there is no tokenizer: what `planning.duration` counts with."""
FRAME = 12
"""Tokens of the chat template around a sample."""


def mixture_lengths(
    samples: int, *, at_most: int = 4096, seed: int = 42, tokenizer: Any = None
) -> list[int]:
    """Returns lengths of samples in training order, in tokens.

    Args:
        samples: How many.
        at_most: Longer ones are left out, as training drops them.
        seed: Fixes which.
        tokenizer: Counts the tokens; without it characters are divided.
    """
    draw = random.Random(seed)  # noqa: S311
    at_hand = {name: _lengths(name, tokenizer) for name in COUNTS}
    kinds = draw.choices(list(COUNTS), weights=list(COUNTS.values()), k=samples)
    found = [draw.choice(at_hand[kind]) for kind in kinds]
    return [length for length in found if length <= at_most]


def _lengths(name: str, tokenizer: Any, most: int = 3000) -> list[int]:
    """Returns the lengths of a dataset's samples at hand."""
    from coalm_oumi import datasets

    missing = "error" if os.environ.get("COALM_DATA_DIR") else "embedded"
    kinds = {
        str(kind.default_dataset): kind
        for kind in (
            datasets.SnipsDstDataset,
            datasets.HammerMaskedDataset,
            datasets.ToolAceDataset,
            datasets.CraDataset,
        )
    }
    try:
        made = kinds[name](on_missing=missing, max_samples=most)
    except Exception:  # a gated source that is not at hand
        made = kinds[name](on_missing="embedded", max_samples=most)
    rows = made.data.itertuples()
    return [_tokens(row, name, tokenizer) for row in rows]


def _tokens(row: Any, name: str, tokenizer: Any) -> int:
    text = "\n".join((row.instruction, row.input, row.output))
    if tokenizer is not None:
        return len(tokenizer(text)["input_ids"]) + FRAME
    return round(len(text) / CHARACTERS_A_TOKEN[name]) + FRAME
