"""95 % intervals for scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np

_Z95 = 1.959963984540054
_RESAMPLES = 2000


class Interval(NamedTuple):
    """The ends of a 95 % interval, in per cent."""

    low: float
    high: float


def standard_error(interval: Interval) -> float:
    """Returns the standard error that a 95 % interval amounts to, in per cent.

    Half its width over 1.96: for a bootstrap's interval close to the deviation of the
    resampled scores, for Wilson's to sqrt(p (1 - p) / n), but not 0 where all cases or
    none succeeded. Like the interval it knows of cases that are not independent.
    """
    return (interval.high - interval.low) / (2 * _Z95)


def wilson(successes: int, n: int) -> Interval:
    """Returns Wilson's score interval for a share (Wilson 1927).

    Args:
        successes: How many of the cases succeeded.
        n: How many cases there were; 0 gives 0 to 100.
    """
    if n == 0:
        return Interval(0.0, 100.0)
    share = successes / n
    spread = _Z95 * sqrt(share * (1 - share) / n + _Z95**2 / (4 * n * n))
    centre = share + _Z95**2 / (2 * n)
    scale = 1 + _Z95**2 / n
    low, high = (centre - spread) / scale, (centre + spread) / scale
    return Interval(100 * max(0.0, low), 100 * min(1.0, high))


def bootstrap(
    counts: Sequence[Sequence[int]],
    score: Callable[[np.ndarray], np.ndarray],
    *,
    seed: int = 0,
) -> Interval:
    """Returns the percentile bootstrap's interval for a score over sums of counts.

    Args:
        counts: One row of counts per case, such as (true positives, predicted, gold).
        score: Maps summed counts of shape (resamples, columns) to scores in per cent.
        seed: Fixes the resamples.
    """
    import numpy as np

    cases = np.asarray(counts, dtype=np.int64)
    if len(cases) == 0:
        return Interval(0.0, 100.0)
    # Whole numbers, which floats hold exactly: only these are multiplied fast.
    sums = _times_picked(len(cases), seed) @ cases.astype(np.float64)
    scores = score(sums.astype(np.int64))
    low, high = np.percentile(scores, [2.5, 97.5])
    return Interval(float(low), float(high))


@lru_cache(maxsize=2)
def _times_picked(n: int, seed: int) -> np.ndarray:
    """Returns how often each resample has each case; of shape (resamples, n)."""
    import numpy as np

    picks = np.random.default_rng(seed).integers(0, n, size=(_RESAMPLES, n))
    picks += n * np.arange(_RESAMPLES)[:, None]
    times = np.bincount(picks.ravel(), minlength=_RESAMPLES * n)
    return times.reshape(_RESAMPLES, n).astype(np.float64)


def bootstrap_means(cases: Sequence[Sequence[float]]) -> list[Interval]:
    """Returns the percentile bootstrap's interval for the mean of each column.

    Args:
        cases: One row of numbers per case. The columns share the resamples, so that
            their intervals cost little more than one.
    """
    import numpy as np

    values = np.asarray(cases, dtype=np.float64)
    if values.ndim != 2 or not len(values):
        raise ValueError("expected at least one case")
    means = resamples(len(values)) @ values / len(values)
    low, high = np.percentile(means, [2.5, 97.5], axis=0)
    return [Interval(float(a), float(b)) for a, b in zip(low, high, strict=True)]


@lru_cache(maxsize=1)
def resamples(n: int) -> np.ndarray:
    """Returns how often each bootstrap resample has each case; of shape (2000, n).

    The same for every metric of the same cases: a comparison is then a paired one.

    Args:
        n: How many cases there are.
    """
    import numpy as np

    rng = np.random.default_rng(0)
    return rng.multinomial(n, np.full(n, 1 / n), size=_RESAMPLES).astype(np.float64)


def micro_f1(sums: np.ndarray) -> np.ndarray:
    """Maps sums of (true positives, found, expected) to F1 in per cent.

    Args:
        sums: Of shape (resamples, 3). Where nothing is found or expected, F1 is 0.
    """
    import numpy as np

    both = sums[:, 1] + sums[:, 2]
    return 100 * 2 * sums[:, 0] / np.maximum(both, 1)
