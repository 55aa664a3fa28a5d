"""Rates of errors per class, and how well reviewers agree.

The rate of a class is the share of the scored dialogues with an error of that class, with
Wilson's interval. Agreement is Cohen's kappa (Cohen 1960) over the dialogues that both
reviewers scored: of correct and error, and of correct and the four classes. Its interval
is the percentile bootstrap's over dialogues; below about 50 dialogues, or with few errors,
it is wide, and says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from coalm_oumi.cra.check.defect import ErrorClass
from coalm_oumi.cra.review.scores import Review, Score
from coalm_oumi.evaluation.intervals import Interval, wilson

_RESAMPLES = 2000


@dataclass(frozen=True)
class Rate:
    """A share of dialogues.

    Attributes:
        kind: The class; None for an error of any class.
        errors: Dialogues with such an error.
        n: Dialogues scored.
    """

    kind: ErrorClass | None
    errors: int
    n: int

    @property
    def share(self) -> float:
        """The share in per cent; 0 if nothing was scored."""
        return 100 * self.errors / self.n if self.n else 0.0

    @property
    def interval(self) -> Interval:
        """Wilson's 95 % interval, in per cent."""
        return wilson(self.errors, self.n)


def rates(scores: Iterable[Score]) -> list[Rate]:
    """Returns the rate of errors, then that of each class."""
    found = list(scores)
    kinds = Counter(score.error for score in found)
    n = len(found)
    return [
        Rate(None, n - kinds[None], n),
        *(Rate(kind, kinds[kind], n) for kind in ErrorClass),
    ]


def together(reviews: Sequence[Review]) -> dict[str, Score]:
    """Returns one score for each dialogue that anybody scored.

    Where reviewers differ it is an error if at least half of them say so, of the class
    that most of these name (the first in the paper's order, if several).

    Args:
        reviews: Reviews of the same dialogues.
    """
    by_dialogue: dict[str, list[Score]] = {}
    for review in reviews:
        for name, score in review.scores.items():
            by_dialogue.setdefault(name, []).append(score)
    found = {}
    for name, scores in by_dialogue.items():
        errors = [score for score in scores if score.error is not None]
        if 2 * len(errors) < len(scores) or not errors:
            found[name] = Score()
            continue
        kinds = Counter(score.error for score in errors)
        kind = max(ErrorClass, key=lambda one: kinds[one])
        feedback = [score.feedback for score in errors]
        found[name] = Score(kind, " / ".join(feedback))
    return found


@dataclass(frozen=True)
class Agreement:
    """How well two reviewers agree.

    Attributes:
        reviewers: The two.
        of: What is compared: `correct or error`, or `correct or class of error`.
        n: Dialogues that both scored.
        agreed: Dialogues that both scored alike.
        kappa: Cohen's kappa; None if it is not defined, as both gave all the same score.
        interval: Its 95 % interval; None if kappa is.
    """

    reviewers: tuple[str, str]
    of: str
    n: int
    agreed: int
    kappa: float | None
    interval: Interval | None


def agreements(reviews: Sequence[Review]) -> Iterator[Agreement]:
    """Yields the agreement of each pair of reviewers of the same dialogues.

    Args:
        reviews: Reviews of the same dialogues.
    """
    for one, other in combinations(reviews, 2):
        both = [name for name in one.scores if name in other.scores]
        if not both:
            continue
        for of, label in (
            ("correct or error", _binary),
            ("correct or class of error", _class),
        ):
            pairs = [(label(one.scores[n]), label(other.scores[n])) for n in both]
            value, interval = kappa(pairs)
            yield Agreement(
                (one.reviewer, other.reviewer),
                of,
                len(pairs),
                sum(a == b for a, b in pairs),
                value,
                interval,
            )


def disagreements(reviews: Sequence[Review]) -> dict[str, Mapping[str, Score]]:
    """Returns the dialogues that not all reviewers scored alike, with their scores."""
    found = {}
    for name in dict.fromkeys(name for review in reviews for name in review.scores):
        scores = {r.reviewer: r.scores[name] for r in reviews if name in r.scores}
        if len({score.error for score in scores.values()}) > 1:
            found[name] = scores
    return found


def kappa(
    pairs: Sequence[tuple[str, str]], *, seed: int = 0
) -> tuple[float | None, Interval | None]:
    """Returns Cohen's kappa with its interval.

    Args:
        pairs: What the two said of each case; at least one.
        seed: Fixes the resamples.

    Returns:
        Both are None if all labels are the same one, so that chance alone agrees.
    """
    import numpy as np

    labels = sorted({label for pair in pairs for label in pair})
    if len(labels) == 1:
        return None, None
    size = len(labels)
    table = np.zeros((size, size))
    for one, other in pairs:
        table[labels.index(one), labels.index(other)] += 1
    n = len(pairs)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(n, table.ravel() / n, size=_RESAMPLES)
    tables = np.concatenate([table[None], drawn.reshape(-1, size, size)]) / n
    observed = np.trace(tables, axis1=1, axis2=2)
    chance = (tables.sum(axis=1) * tables.sum(axis=2)).sum(axis=1)
    # A resample of one label alone agrees wholly.
    alone = chance > 1 - 1e-12
    rest = np.where(alone, 1.0, 1 - chance)
    values = np.where(alone, 1.0, (observed - chance) / rest)
    low, high = np.percentile(values[1:], [2.5, 97.5])
    return float(values[0]), Interval(float(low), float(high))


def _binary(score: Score) -> str:
    return "correct" if score.error is None else "error"


def _class(score: Score) -> str:
    return "correct" if score.error is None else score.error.value
