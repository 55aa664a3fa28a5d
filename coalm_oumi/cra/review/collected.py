"""The outcome of a review as one JSON object."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from coalm_oumi.cra.review.rates import (
    Rate,
    agreements,
    disagreements,
    rates,
    together,
)
from coalm_oumi.cra.review.scores import Review, Score

TOGETHER = "together"
"""What stands for all reviewers of the same dialogues."""


def collected(reviews: Sequence[Review]) -> dict[str, Any]:
    """Returns rates per reviewer and together, agreement, and every error's feedback.

    Args:
        reviews: Reviews of the same dialogues; at least one.
    """
    scored = [_scored(review.reviewer, review.scores.values()) for review in reviews]
    if len(reviews) > 1:
        scored.append(_scored(TOGETHER, together(reviews).values()))
    return {
        "review": reviews[0].review,
        "title": reviews[0].title,
        "dialogues": reviews[0].dialogues,
        "scored": scored,
        "agreement": [
            {
                "reviewers": list(pair.reviewers),
                "of": pair.of,
                "n": pair.n,
                "agreed": pair.agreed,
                "kappa": pair.kappa,
                "interval": list(pair.interval) if pair.interval else None,
            }
            for pair in agreements(reviews)
        ],
        "errors": [
            {
                "dialogue": name,
                "by": review.reviewer,
                "class": score.error.value,
                "title": score.error.words,
                "feedback": score.feedback,
            }
            for review in reviews
            for name, score in review.scores.items()
            if score.error is not None
        ],
        "unusable": [line for review in reviews for line in review.unusable],
        "disagreements": {
            name: {who: _told(score) for who, score in scores.items()}
            for name, scores in disagreements(reviews).items()
        },
    }


def _scored(who: str, scores: Iterable[Score]) -> dict[str, Any]:
    found = rates(scores)
    return {"by": who, "scored": found[0].n, "rates": [_rate(rate) for rate in found]}


def _rate(rate: Rate) -> dict[str, Any]:
    return {
        "class": rate.kind.value if rate.kind else "any",
        "title": rate.kind.words if rate.kind else "Any error",
        "errors": rate.errors,
        "n": rate.n,
        "percent": rate.share,
        "interval": list(rate.interval),
    }


def _told(score: Score) -> str:
    return "correct" if score.error is None else score.error.words
