"""Floors: what a reply that is the same in every case reaches.

A score means little without it: on dialogues where most turns need no call, "System: ok"
has three next actions of four right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from coalm_oumi.evaluation.results import Floor, Metrics


def best_floors(
    scored: Mapping[str, Metrics], names: Iterable[str]
) -> dict[str, Floor]:
    """Returns the best that any of several constant replies reaches, by metric.

    Args:
        scored: What each reply scores, by the reply. Of equal ones the first counts.
        names: The metrics, of which more is better.
    """
    floors: dict[str, Floor] = {}
    for name in names:
        for reply, metrics in scored.items():
            if name not in metrics:
                continue
            value = metrics[name].value
            if name not in floors or value > floors[name].value:
                floors[name] = Floor(value, reply)
    return floors


def most_frequent(answers: Iterable[Any]) -> list[str]:
    """Returns the text that is the right answer most often; none if no answer is text."""
    counts = Counter(answer for answer in answers if isinstance(answer, str))
    return [text for text, _ in counts.most_common(1)]
