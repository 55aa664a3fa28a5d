"""Scores of the bfcl_v3 benchmark: verdicts, totals, failures by kind.

Metrics are `aggregate`'s totals, `accuracy`, the plain share of right cases, and
`accuracy_multiline`, the same if lists of calls may stand on several lines. Groups are the
categories (`category=simple`) and the kinds of failures (`error=wrong value`, with the
share of the cases that fail so).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from coalm_oumi.benchmarks.bfcl.aggregate import (
    EXECUTABLE_SIZES,
    Accuracy,
    totals,
)
from coalm_oumi.benchmarks.bfcl.categories import CATEGORIES, EXECUTABLE, NOT_RUN
from coalm_oumi.benchmarks.bfcl.checker_process import Checker
from coalm_oumi.benchmarks.bfcl.load import BfclCase
from coalm_oumi.benchmarks.bfcl.verdicts import (
    BEYOND_LIMITS,
    CODE_GIVEN,
    NOT_CHECKABLE,
    Verdict,
    judge,
)
from coalm_oumi.case_errors import SCORER_ERROR
from coalm_oumi.errors import OptionError, shorten
from coalm_oumi.evaluation.intervals import wilson
from coalm_oumi.evaluation.results import Metric, Metrics, Scores

_LONGEST = 2000


def score(
    cases: Sequence[BfclCase],
    predictions: Mapping[str, Any],
    checker: Checker,
    *,
    executable: Mapping[str, float] | None = None,
    withheld: Collection[str] = (),
    notes: Sequence[str] = (),
    tell: Callable[[int], None] | None = None,
) -> Scores:
    """Scores predictions.

    Args:
        cases: The benchmark's cases.
        predictions: Text, or for multi-turn a list of turns, each a list of texts, by
            the case's id.
        checker: Upstream's checker.
        executable: Accuracies of the categories that can no longer be run, in per cent,
            if they are known from elsewhere.
        withheld: Categories whose verdicts are not all fair: no total is made of them.
        notes: What else the reader of the scores has to know.
        tell: Is told how many of the checks are done.

    Raises:
        CoalmError: The checker is out of order.
        KeyError: A case has no prediction.
    """
    verdicts = judge(cases, predictions, checker, tell)
    return scores_of(cases, predictions, verdicts, executable or {}, withheld, notes)


def scores_of(
    cases: Sequence[BfclCase],
    predictions: Mapping[str, Any],
    verdicts: Sequence[Verdict],
    executable: Mapping[str, float],
    withheld: Collection[str] = (),
    notes: Sequence[str] = (),
) -> Scores:
    """Returns the scores that verdicts amount to; arguments as for `score`."""
    check_executable(executable)
    judged = list(zip(cases, verdicts, strict=True))
    by_category = {
        name: found
        for name in CATEGORIES
        if (found := [verdict for case, verdict in judged if case.category == name])
    }
    accuracies = {
        name: Accuracy(sum(v.right for v in found) / len(found), len(found))
        for name, found in by_category.items()
        if name not in withheld
    }
    for name, percent in executable.items():
        accuracies[name] = Accuracy(percent / 100, EXECUTABLE_SIZES[name])
    found = totals(accuracies)
    groups: dict[str, Metrics] = {
        f"category={name}": _shares(found) for name, found in by_category.items()
    }
    kinds = Counter(verdict.kind for verdict in verdicts if verdict.kind is not None)
    for kind, n in kinds.most_common():
        groups[f"error={kind}"] = {"share_of_cases": _share(n, len(cases))}
    return Scores(
        metrics={**found.metrics, **_shares(verdicts)},
        groups=groups,
        cases=tuple(
            _report(case, predictions[case.id], verdict) for case, verdict in judged
        ),
        notes=(*notes, *_notes(judged, found.lacking, executable)),
    )


def check_executable(executable: Mapping[str, float]) -> None:
    """Refuses accuracies of executable categories that cannot be used.

    Raises:
        OptionError: A category is none of those, one is missing, or a number is not in
            per cent.
    """
    if not executable:
        return
    if set(executable) != set(EXECUTABLE):
        raise OptionError(
            f"expected the accuracies of {', '.join(EXECUTABLE)}, found "
            f"{shorten(', '.join(map(str, executable)))}. A total needs all five.",
            field="executable_scores",
        )
    for name, percent in executable.items():
        number = isinstance(percent, (int, float)) and not isinstance(percent, bool)
        if not number or not 0 <= percent <= 100:
            raise OptionError(
                f"expected per cent, 0 to 100, found {shorten(repr(percent))}.",
                field=f"executable_scores.{name}",
            )


def _shares(verdicts: Sequence[Verdict]) -> Metrics:
    right = sum(verdict.right for verdict in verdicts)
    right_over_lines = sum(verdict.right_over_lines for verdict in verdicts)
    return {
        "accuracy": _share(right, len(verdicts)),
        "accuracy_multiline": _share(right_over_lines, len(verdicts)),
    }


def _share(hits: int, n: int) -> Metric:
    return Metric(100 * hits / n if n else 0.0, n, wilson(hits, n))


def _notes(
    judged: Sequence[tuple[BfclCase, Verdict]],
    lacking: Mapping[str, tuple[str, ...]],
    executable: Mapping[str, float],
) -> list[str]:
    notes = []
    if not executable:
        notes.append(
            f"not run: {', '.join(NOT_RUN)}, since {NOT_RUN[EXECUTABLE[0]]}. The totals "
            "are without them, as upstream's are since then."
        )
    run = {case.category for case, _ in judged}
    missing = [name for name in CATEGORIES if name not in run]
    if missing:
        notes.append(
            f"not run: {', '.join(missing)}; so there is no figure for "
            f"{', '.join(lacking)}."
        )
    for kind, what in (
        (BEYOND_LIMITS, "used up the checker's time or memory, or ended its process"),
        (CODE_GIVEN, "gave code, which is not run, as an argument"),
        (NOT_CHECKABLE, "made upstream's checker raise an error"),
        (SCORER_ERROR, "made the scorer raise an error"),
    ):
        named = [case.id for case, verdict in judged if verdict.kind == kind]
        if named:
            more = f" and {len(named) - 5} more" if len(named) > 5 else ""
            who, verb = ("reply", "counts") if len(named) == 1 else ("replies", "count")
            notes.append(
                f"{len(named)} {who} {what} and {verb} as wrong: "
                f"{', '.join(named[:5])}{more}."
            )
    return notes


def _report(case: BfclCase, prediction: Any, verdict: Verdict) -> dict[str, Any]:
    report = {
        "id": case.id,
        "group": f"category={case.category}",
        "request": _told(_request(case)),
        "expected": _told(_expected(case)),
        "prediction": _told(prediction),
        "right": verdict.right,
        "error": verdict.kind,
        "scores": {
            "accuracy": int(verdict.right),
            "accuracy_multiline": int(verdict.right_over_lines),
        },
    }
    if not verdict.right:
        report["detail"] = _told(verdict.detail)
        report["found"] = verdict.found
    return report


def _request(case: BfclCase) -> str:
    said = [m["content"] for turn in case.turns for m in turn if m["role"] == "user"]
    return "\n".join(said)


def _expected(case: BfclCase) -> Any:
    if case.answer is not None:
        return case.answer
    return "no call" if "irrelevance" in case.category else "a call"


def _told(value: Any) -> str:
    """Returns a value as text of a length that can be shown; the whole is stored apart."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
