"""multiwoz24 for `coalm score`: its dialogues, and how predictions of them are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from coalm_oumi.benchmarks.multiwoz.data.gold_states_22 import load_gold_states_22
from coalm_oumi.benchmarks.multiwoz.data.load import MultiwozData, load_multiwoz
from coalm_oumi.benchmarks.multiwoz.scorer.delexicalise import DELEXICALISER
from coalm_oumi.benchmarks.multiwoz.scorer.predicted_turn import (
    predicted_turn,
    turn_object,
)
from coalm_oumi.benchmarks.multiwoz.scorer.predictions import read_predictions
from coalm_oumi.benchmarks.multiwoz.scorer.score import score
from coalm_oumi.benchmarks.registry import BenchmarkCases
from coalm_oumi.benchmarks.results import Scores
from coalm_oumi.errors import OptionError, expected_one_of

WITH_STATES_22 = "test:2.2"
"""The test part, with the gold states of 2.2 where predictions have no states."""
SPLITS = ("test", WITH_STATES_22)


def load_cases(data: Path | None, split: str) -> BenchmarkCases:
    """Loads the 999 dialogues; the one that papers drop is scored where it is predicted.

    Args:
        data: A folder or file (`load.load_multiwoz`); None for the source's own place.
        split: `test`, or `test:2.2` (`WITH_STATES_22`).

    Raises:
        CoalmError: The data is missing or malformed; there is no such split.
    """
    if split not in SPLITS:
        raise OptionError(expected_one_of(split, SPLITS), field="split")
    loaded = load_multiwoz(data=data, on_missing="error")
    if split == WITH_STATES_22:
        loaded = replace(loaded, states_22=load_gold_states_22(on_missing="error"))
    return BenchmarkCases(
        ids=loaded.test_ids,
        score=partial(score_turns, loaded),
        origin=loaded.origin,
        provenance={
            "benchmark": "multiwoz24",
            "protocol": "stored predictions",
            "data": loaded.origin,
            "data_sha256": loaded.digest,
            "split": split,
            "delexicaliser": DELEXICALISER,
        },
        reader=lambda path, ids: _read(loaded, path, ids),
    )


def _read(
    data: MultiwozData, path: Path, ids: tuple[str, ...]
) -> dict[str, list[Mapping[str, Any]] | None]:
    turns = {d.id: len(d.turns) for d in data.dialogues.values()}
    found = read_predictions(path, {key: turns[key] for key in ids}, known=turns)
    # With a limit only the dialogues within it are scored.
    whole = len(ids) == len(data.test_ids)
    return {
        key: None if predicted is None else [turn_object(turn) for turn in predicted]
        for key, predicted in found.items()
        if whole or key in ids
    }


def score_turns(data: MultiwozData, replies: Mapping[str, Any]) -> Scores:
    """Scores predictions in the form in which they are stored.

    Args:
        data: The benchmark's data.
        replies: By dialogue the objects of its turns; None for one not predicted.
    """
    return score(
        data,
        {
            key: None if turns is None else tuple(map(predicted_turn, turns))
            for key, turns in replies.items()
        },
    )
