"""Rates of errors per class, agreement, and the files they are counted from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.cra.check.defect import ErrorClass
from coalm_oumi.cra.review.collected import collected
from coalm_oumi.cra.review.rates import agreements, kappa, rates, together
from coalm_oumi.cra.review.scores import Review, Score, read_review, read_reviews
from coalm_oumi.errors import DataFormatError

TYPE = Score(ErrorClass.ARGUMENT_TYPE, "a text")
REASON = Score(ErrorClass.REASONING, "no sense")
GOOD = Score()


def review(reviewer: str, *scores: Score | None) -> Review:
    """A review; None stands for a dialogue without a score."""
    named = {f"d{n}": score for n, score in enumerate(scores) if score is not None}
    return Review("0" * 16, "Ferries", reviewer, len(scores), named)


def test_rates_are_shares_of_the_scored_dialogues_with_wilsons_interval() -> None:
    found = rates([TYPE, REASON, REASON, *[GOOD] * 97])
    assert [(rate.kind, rate.errors, rate.n) for rate in found] == [
        (None, 3, 100),
        (ErrorClass.UNDEFINED_FUNCTION, 0, 100),
        (ErrorClass.ARGUMENT_TYPE, 1, 100),
        (ErrorClass.ARGUMENT_HALLUCINATION, 0, 100),
        (ErrorClass.REASONING, 2, 100),
    ]
    assert found[0].share == 3
    assert found[0].interval == pytest.approx((1.025, 8.452), abs=0.001)
    # Nothing found in 100 is no proof of nothing.
    assert found[1].interval == pytest.approx((0, 3.699), abs=0.001)


def test_nothing_scored_says_nothing() -> None:
    assert (rates([])[0].share, rates([])[0].interval) == (0, (0, 100))


def pairs(both: int, one: int, other: int, neither: int) -> list[tuple[str, str]]:
    counts = {("x", "x"): both, ("x", ""): one, ("", "x"): other, ("", ""): neither}
    return [pair for pair, n in counts.items() for _ in range(n)]


@pytest.mark.parametrize(
    ("table", "value"),
    [
        ((20, 5, 10, 15), 0.4),
        ((10, 0, 0, 10), 1.0),
        ((0, 10, 10, 0), -1.0),
        ((25, 25, 25, 25), 0.0),
        # Both find few errors, and different ones: alike in 90 %, and yet no agreement.
        ((0, 5, 5, 90), -0.0526),
    ],
)
def test_kappa_is_what_goes_beyond_chance(
    table: tuple[int, int, int, int], value: float
) -> None:
    found, interval = kappa(pairs(*table))
    assert found == pytest.approx(value, abs=0.0001)
    assert interval is not None
    assert interval.low <= value + 0.001
    assert interval.high >= value - 0.001


def test_the_interval_of_kappa_covers_its_share_of_draws() -> None:
    import numpy as np

    rng = np.random.default_rng(1)
    cells = np.array([0.3, 0.1, 0.1, 0.5])
    chance = 0.4 * 0.4 + 0.6 * 0.6
    truth = (0.8 - chance) / (1 - chance)
    covered = 0
    for table in rng.multinomial(100, cells, size=200):
        _, interval = kappa(pairs(*map(int, table)))
        assert interval is not None
        covered += interval.low <= truth <= interval.high
    assert 180 <= covered <= 200


def test_kappa_of_one_score_only_is_not_defined() -> None:
    assert kappa([("correct", "correct")] * 5) == (None, None)


def test_agreement_is_over_the_dialogues_that_both_scored() -> None:
    one = review("Ada", GOOD, TYPE, TYPE, GOOD, None)
    other = review("Bo", GOOD, TYPE, REASON, None, TYPE)
    binary, by_class = agreements([one, other])
    assert (binary.reviewers, binary.n, binary.agreed) == (("Ada", "Bo"), 3, 3)
    assert binary.kappa == pytest.approx(1)
    assert (by_class.of, by_class.n, by_class.agreed) == (
        "correct or class of error",
        3,
        2,
    )
    assert by_class.kappa == pytest.approx(0.5)
    assert list(agreements([one, review("Cy", None, None)])) == []


def test_together_every_dialogue_counts_once() -> None:
    found = together(
        [
            review("Ada", GOOD, TYPE, TYPE, None, GOOD),
            review("Bo", GOOD, GOOD, REASON, REASON, None),
            review("Cy", TYPE, GOOD, REASON, None, None),
        ]
    )
    kinds = {name: score.error for name, score in found.items()}
    assert kinds == {
        "d0": None,
        "d1": None,
        "d2": ErrorClass.REASONING,
        "d4": None,
        "d3": ErrorClass.REASONING,
    }
    assert found["d2"].feedback == "a text / no sense / no sense"
    half = together([review("Ada", TYPE), review("Bo", GOOD)])
    assert half["d0"].error is ErrorClass.ARGUMENT_TYPE


def test_the_outcome_has_rates_agreement_feedback_and_differences() -> None:
    found = collected([review("Ada", GOOD, TYPE), review("Bo", GOOD, GOOD)])
    assert [(part["by"], part["rates"][0]["errors"]) for part in found["scored"]] == [
        ("Ada", 1),
        ("Bo", 0),
        ("together", 1),
    ]
    assert [pair["n"] for pair in found["agreement"]] == [2, 2]
    assert found["errors"] == [
        {
            "dialogue": "d1",
            "by": "Ada",
            "class": "argument_type",
            "title": "Incorrect argument type",
            "feedback": "a text",
        }
    ]
    assert found["disagreements"] == {
        "d1": {"Ada": "Incorrect argument type", "Bo": "correct"}
    }
    assert json.loads(json.dumps(found)) == found


SAVED: dict[str, Any] = {
    "format": "coalm-review-1",
    "review": "0f3c2a9d51b7e684",
    "title": "Ferries",
    "reviewer": "Ada",
    "dialogues": 3,
    "scores": {
        "a": {"score": 1},
        "b": {"score": 0, "class": "reasoning", "feedback": " why? "},
    },
}


def saved(folder: Path, name: str = "a.json", **changes: Any) -> Path:
    path = folder / name
    path.write_text(json.dumps({**SAVED, **changes}))
    return path


def test_a_saved_file_is_read(tmp_path: Path) -> None:
    found = read_review(saved(tmp_path))
    assert (found.reviewer, found.dialogues) == ("Ada", 3)
    assert found.scores == {"a": GOOD, "b": Score(ErrorClass.REASONING, "why?")}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"format": "x"}, "expected a review as the page saves it"),
        ({"reviewer": " "}, "field 'reviewer': expected text"),
        ({"dialogues": 1}, "field 'dialogues': expected a number from 2, found 1"),
        ({"dialogues": True}, "field 'dialogues': expected a number"),
        ({"scores": []}, "field 'scores': expected an object"),
        ({"scores": {"a": 1}}, "field 'scores.a': expected a score of 1"),
        ({"scores": {"a": {"score": True}}}, "field 'scores.a': expected a score of 1"),
        ({"scores": {"a": {"score": 2}}}, "field 'scores.a': expected a score of 1"),
        (
            {"scores": {"a": {"score": 0, "class": "reason", "feedback": "x"}}},
            "'reason' is unknown; did you mean 'reasoning'",
        ),
        (
            {"scores": {"a": {"score": 0, "class": "reasoning", "feedback": " "}}},
            "field 'scores.a': expected feedback for an error",
        ),
    ],
)
def test_a_file_that_cannot_be_counted_is_one_line(
    tmp_path: Path, changes: dict[str, Any], why: str
) -> None:
    path = saved(tmp_path, **changes)
    with pytest.raises(DataFormatError, match=why) as raised:
        read_review(path)
    assert str(raised.value).startswith(str(path))


@pytest.mark.parametrize(
    "broken",
    [None, 1, {}, {"score": 2}, {"score": 0}, {"score": 0, "class": "reason"}],
)
def test_a_broken_score_is_not_counted_and_named(tmp_path: Path, broken: Any) -> None:
    scores = {"a": broken, "b": {"score": 1}}
    found = read_review(saved(tmp_path, scores=scores))
    assert found.scores == {"b": GOOD}
    (told,) = found.unusable
    assert "field 'scores.a': " in told
    assert collected([found])["unusable"] == [told]


def test_two_files_of_one_reviewer_are_refused(tmp_path: Path) -> None:
    first, second = saved(tmp_path), saved(tmp_path, "b.json", reviewer="ada")
    with pytest.raises(DataFormatError, match="Name the latest file of each reviewer"):
        read_reviews([first, second])
    other = saved(tmp_path, "c.json", reviewer="Bo")
    assert [found.reviewer for found in read_reviews([first, other])] == ["Ada", "Bo"]
