"""Dialogues between several models: each request goes to the one that it names.

A simulated user is a second model. Half of the dialogues wait for it at any time, so that
models behind servers are asked at once; those in this process take turns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from coalm_oumi.evaluation.conductor.dialogue import Ask, Failure, Reply


class SeveralAsk:
    """Puts each request of a wave to the model that its `to` names.

    Args:
        asks: The models by name; the empty name is the one that is evaluated.
    """

    def __init__(self, asks: Mapping[str, Ask]) -> None:
        self._asks = dict(asks)
        self.fails_together = any(ask.fails_together for ask in asks.values())

    @property
    def prompt_tokens_computed(self) -> int | None:
        """How many tokens of prompts the models computed; None if one does not say."""
        counts = [
            getattr(a, "prompt_tokens_computed", None) for a in self._asks.values()
        ]
        known = [count for count in counts if count is not None]
        return sum(known) if len(known) == len(counts) else None

    def __call__(self, wave: Sequence[tuple[str, Any]]) -> Sequence[Reply | Failure]:
        """Returns what became of each request, in order."""
        parts: dict[str, list[int]] = {}
        for place, (_, request) in enumerate(wave):
            parts.setdefault(getattr(request, "to", ""), []).append(place)

        def asked(name: str) -> Sequence[Reply | Failure]:
            return self._asks[name]([wave[place] for place in parts[name]])

        if self.fails_together or len(parts) < 2:
            came = [asked(name) for name in parts]
        else:
            with ThreadPoolExecutor(len(parts)) as threads:
                came = list(threads.map(asked, parts))
        settled: dict[int, Reply | Failure] = {}
        for places, replies in zip(parts.values(), came, strict=True):
            settled.update(zip(places, replies, strict=True))
        return [settled[place] for place in range(len(wave))]
