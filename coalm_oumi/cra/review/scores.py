"""The files that reviewers save.

One (an invented one)::

    {"format": "coalm-review-1", "review": "0f3c2a9d51b7e684", "title": "own-cra",
     "reviewer": "Ada", "dialogues": 100,
     "scores": {"own/tyre-1": {"score": 1},
                "own/tyre-2": {"score": 0, "class": "argument_type",
                               "feedback": "turn 2: days is a text"}}}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coalm_oumi.cra.check.defect import ErrorClass
from coalm_oumi.cra.review.page import FORMAT
from coalm_oumi.errors import DataFormatError, expected_one_of, shorten
from coalm_oumi.sources.rows import read_json


@dataclass(frozen=True)
class Score:
    """What a reviewer says of a dialogue.

    Attributes:
        error: The class of its error; None if it is correct.
        feedback: What is wrong; empty if it is correct.
    """

    error: ErrorClass | None = None
    feedback: str = ""


@dataclass(frozen=True)
class Review:
    """A reviewer's scores.

    Attributes:
        review: What was reviewed: the same dialogues have the same.
        title: Its title.
        reviewer: Who reviewed.
        dialogues: How many dialogues there were.
        scores: The scores by dialogue.
        unusable: What is wrong with scores that are not counted, a line each.
    """

    review: str
    title: str
    reviewer: str
    dialogues: int
    scores: Mapping[str, Score]
    unusable: tuple[str, ...] = ()


def read_reviews(paths: Iterable[Path]) -> list[Review]:
    """Reads saved files.

    Raises:
        DataNotFoundError: A file is not there.
        DataFormatError: A file is malformed; or two are of one reviewer and one review.
    """
    found: dict[tuple[str, str], Path] = {}
    reviews = []
    for path in paths:
        review = read_review(path)
        key = (review.review, review.reviewer.casefold())
        if key in found:
            raise DataFormatError(
                f"{review.reviewer} has reviewed the same in {found[key]}. Name the "
                "latest file of each reviewer only.",
                path=path,
            )
        found[key] = path
        reviews.append(review)
    return reviews


def read_review(path: Path) -> Review:
    """Reads a saved file.

    Raises:
        DataNotFoundError: It is not there.
        DataFormatError: It is malformed, or has scores of which none can be counted.
    """
    found = read_json(path)
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise DataFormatError(
            f"expected a review as the page saves it, with the format '{FORMAT}'.",
            path=path,
        )
    texts = {}
    for name in ("review", "title", "reviewer"):
        texts[name] = found.get(name)
        if not isinstance(texts[name], str) or not texts[name].strip():
            raise _error(path, name, "text that is not empty", texts[name])
    count, scores = found.get("dialogues"), found.get("scores")
    if not isinstance(scores, dict):
        raise _error(path, "scores", "an object", scores)
    if type(count) is not int or count < len(scores):
        raise _error(path, "dialogues", f"a number from {len(scores)}", count)
    read: dict[str, Score] = {}
    problems: list[DataFormatError] = []
    for name, score in scores.items():
        try:
            read[name] = _score(path, name, score)
        except DataFormatError as error:
            problems.append(error)
    if problems and not read:
        raise problems[0]
    return Review(
        texts["review"],
        texts["title"],
        texts["reviewer"].strip(),
        count,
        read,
        tuple(map(str, problems)),
    )


def _score(path: Path, name: str, entry: Any) -> Score:
    field = f"scores.{shorten(name, 60)}"
    score = entry.get("score") if isinstance(entry, dict) else None
    if type(score) is not int or score not in (0, 1):
        raise _error(path, field, "a score of 1 (correct) or 0 (error)", score)
    if score == 1:
        return Score()
    kinds = tuple(kind.value for kind in ErrorClass)
    if entry.get("class") not in kinds:
        raise DataFormatError(
            f"the class {expected_one_of(entry.get('class'), kinds)}",
            path=path,
            field=field,
        )
    feedback = entry.get("feedback")
    if not isinstance(feedback, str) or not feedback.strip():
        raise _error(path, field, "feedback for an error", feedback)
    return Score(ErrorClass(entry["class"]), feedback.strip())


def _error(path: Path, field: str, expected: str, found: object) -> DataFormatError:
    return DataFormatError(
        f"expected {expected}, found {shorten(repr(found), 40)}.",
        path=path,
        field=field,
    )
