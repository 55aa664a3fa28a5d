"""Two results on the same cases, compared case by case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

from coalm_oumi.evaluation.intervals import Interval, micro_f1, resamples
from coalm_oumi.evaluation.report.comparability import differences, why_not_compared
from coalm_oumi.evaluation.report.stored import StoredResult


@dataclass(frozen=True)
class MetricDifference:
    """How a metric differs, over the cases that both have.

    Attributes:
        name: The metric.
        first: The first result's value, in per cent.
        second: The second's.
        interval: The 95 % interval of second minus first, from a paired bootstrap.
        p_value: McNemar's exact test for a share of right cases; None for others.
    """

    name: str
    first: float
    second: float
    interval: Interval
    p_value: float | None

    @property
    def difference(self) -> float:
        """Second minus first, in points."""
        return self.second - self.first


@dataclass(frozen=True)
class Comparison:
    """Two results of one benchmark.

    Attributes:
        first: The one compared with.
        second: The other one.
        n: How many cases both have.
        metrics: The metrics that can be compared.
        gained: Ids of cases that only the second has right.
        lost: Ids of cases that only the first has right.
        reservations: What speaks against comparing them, as sentences.
    """

    first: StoredResult
    second: StoredResult
    n: int
    metrics: tuple[MetricDifference, ...]
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    reservations: tuple[str, ...]


def compare(first: StoredResult, second: StoredResult) -> Comparison | None:
    """Compares two results.

    Args:
        first: What to compare with.
        second: What to compare.

    Returns:
        The comparison; None if they share no case, or are not of the same benchmark,
        data and protocol (`why_not_compared`).
    """
    if why_not_compared(first, second):
        return None
    mine = {case["id"]: case for case in first.cases}
    theirs = {case["id"]: case for case in second.cases}
    ids = [key for key in mine if key in theirs]
    if not ids:
        return None
    pairs = [(mine[key], theirs[key]) for key in ids]
    # A dialogue that was not predicted is wrong, but has no scores.
    scored = [(a, b) for a, b in pairs if _numeric(a) and _numeric(b)]
    names = _numeric(scored[0][0]) & _numeric(scored[0][1]) if scored else set()
    return Comparison(
        first=first,
        second=second,
        n=len(ids),
        metrics=tuple(
            found
            for name in first.metrics
            if name in names and (found := _difference(name, scored)) is not None
        ),
        gained=tuple(
            a["id"] for a, b in pairs if not a.get("right") and b.get("right")
        ),
        lost=tuple(a["id"] for a, b in pairs if a.get("right") and not b.get("right")),
        reservations=_reservations(first, second, len(ids), len(scored)),
    )


def mcnemar(gained: int, lost: int) -> float:
    """Returns the two-sided p-value of McNemar's exact test.

    Args:
        gained: Cases that only the second has right.
        lost: Cases that only the first has right.
    """
    n = gained + lost
    tail = sum(comb(n, k) for k in range(min(gained, lost) + 1))
    return min(1.0, 2 * tail / 2**n)


def _numeric(case: Mapping[str, Any]) -> set[str]:
    scores = case.get("scores")
    return set(scores) if isinstance(scores, dict) else set()


def _difference(
    name: str, pairs: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]
) -> MetricDifference | None:
    import numpy as np

    sides = [
        _columns([pair[side].get("scores", {}) for pair in pairs], name)
        for side in (0, 1)
    ]
    if sides[0] is None or sides[1] is None:
        return None
    n = len(pairs)
    weights = resamples(n)
    values, resampled = [], []
    for side in sides:
        values.append(float(_value(side.sum(axis=0)[None], n)[0]))
        resampled.append(_value(weights @ side, n))
    low, high = np.percentile(resampled[1] - resampled[0], [2.5, 97.5])
    p_value = None
    if sides[0].shape[1] == 1 and _is_share(sides[0]) and _is_share(sides[1]):
        changed = (sides[1] - sides[0])[:, 0]
        p_value = mcnemar(int((changed > 0).sum()), int((changed < 0).sum()))
    return MetricDifference(
        name, values[0], values[1], Interval(float(low), float(high)), p_value
    )


def _columns(scores: Sequence[Mapping[str, Any]], name: str) -> Any:
    """Returns an array of one column (a share) or three (counts); None if mixed."""
    import numpy as np

    rows = [score.get(name) for score in scores]
    rows = [row if isinstance(row, list) else [row] for row in rows]
    if len({len(row) for row in rows}) != 1 or len(rows[0]) not in (1, 3):
        return None
    if not all(isinstance(x, (int, float)) for row in rows for x in row):
        return None
    return np.asarray(rows, dtype=np.float64)


def _value(sums: Any, n: int) -> Any:
    return micro_f1(sums) if sums.shape[1] == 3 else 100 * sums[:, 0] / n


def _is_share(column: Any) -> bool:
    import numpy as np

    return bool(np.isin(column, (0.0, 1.0)).all())


def _reservations(
    first: StoredResult, second: StoredResult, shared: int, scored: int
) -> tuple[str, ...]:
    told = list(differences(first, second))
    if shared < max(len(first.cases), len(second.cases)):
        told.append(
            f"Compared on the {shared} cases that both have, of {len(first.cases)} and "
            f"{len(second.cases)}."
        )
    if scored < shared:
        told.append(
            f"{shared - scored} of the cases have no scores in one of them; the "
            "differences are over the others."
        )
    return tuple(told)
