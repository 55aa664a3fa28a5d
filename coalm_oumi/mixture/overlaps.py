"""Train/test overlap: what a training sample shares with a benchmark's test items.

Texts are compared as words: lower case, letters and digits only. Two rules:

- *exact*: the words of the sample's user and of the test item are the same;
- *n-gram*: half or more (`SHARE`) of the test item's word 8-grams stand in the sample.

Either is an overlap, which `--drop-overlaps` leaves out. A lesser share is counted as
"touching" and kept. In dialogues, turns of fewer than 8 words are not compared at all:
"yes, that is all, thank you" is nobody's secret.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from coalm_oumi.mixture.benchmark_texts import BenchmarkTexts

N = 8
"""Words in an n-gram."""
SHARE = 0.5
"""Share of a test item's n-grams from which a sample that has them overlaps with it."""

_WORD = re.compile(r"[^\W_]+")
_CACHED = 50_000


@dataclass(frozen=True)
class Overlap:
    """A test item that a sample has words in common with.

    Attributes:
        benchmark: Name of the benchmark.
        item: The item's name in it.
        rule: `exact`, `n-gram` or `touching`.
        share: Share of the item's 8-grams that stand in the sample; 1 if exact.
        text: The test item's text.
    """

    benchmark: str
    item: str
    rule: str
    share: float
    text: str

    @property
    def counts(self) -> bool:
        """Whether this is an overlap, not a mere touch."""
        return self.rule != "touching"


def words(text: str) -> list[str]:
    """Returns the words of a text as they are compared."""
    return _WORD.findall(text.lower())


def n_grams(found: list[str]) -> set[str]:
    """Returns the word 8-grams of a text; none if it is shorter."""
    return {" ".join(found[i : i + N]) for i in range(len(found) - N + 1)}


class OverlapIndex:
    """The test items of all benchmarks, to be asked for each sample.

    Attributes:
        compared: How many different texts of each benchmark are compared.
    """

    def __init__(self, benchmarks: Iterable[BenchmarkTexts]) -> None:
        """Takes up the items; of several with the same words, the first."""
        self._items: list[tuple[str, str, str]] = []  # benchmark, item, text
        self._sizes: list[int] = []
        self._exact: dict[str, list[int]] = {}
        self._grams: dict[str, list[int]] = {}
        self.compared: dict[str, int] = {}
        for benchmark in benchmarks:
            seen: set[str] = set()
            for item, text in benchmark.texts:
                self._add(benchmark, item, text, seen)
            self.compared[benchmark.name] = len(seen)
        self.find = lru_cache(maxsize=_CACHED)(self._find)

    def _add(
        self, benchmark: BenchmarkTexts, item: str, text: str, seen: set[str]
    ) -> None:
        found = words(text)
        joined = " ".join(found)
        if not found or joined in seen or (benchmark.dialogue and len(found) < N):
            return
        seen.add(joined)
        number = len(self._items)
        self._items.append((benchmark.name, item, text))
        self._exact.setdefault(joined, []).append(number)
        grams = n_grams(found)
        self._sizes.append(len(grams))
        for gram in grams:
            self._grams.setdefault(gram, []).append(number)

    def _find(self, text: str) -> tuple[Overlap, ...]:
        """Returns the items that a sample's text overlaps with or touches.

        Args:
            text: What the sample's user says.
        """
        found = words(text)
        exact = self._exact.get(" ".join(found), [])
        shared = Counter(
            n for gram in n_grams(found) for n in self._grams.get(gram, ())
        )
        overlaps = [self._overlap(n, "exact", 1.0) for n in exact]
        for number, n in sorted(shared.items()):
            if number in exact:
                continue
            share = n / self._sizes[number]
            rule = "n-gram" if share >= SHARE else "touching"
            overlaps.append(self._overlap(number, rule, round(share, 4)))
        return tuple(overlaps)

    def _overlap(self, number: int, rule: str, share: float) -> Overlap:
        benchmark, item, text = self._items[number]
        return Overlap(benchmark, item, rule, share, text)
