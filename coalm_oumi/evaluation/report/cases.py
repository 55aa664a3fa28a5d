"""The sections of a report in which cases are read: comparisons and worst cases."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Any

from coalm_oumi.evaluation.report.comparability import badge_of
from coalm_oumi.evaluation.report.compare import Comparison
from coalm_oumi.evaluation.report.dialogue_view import shown_dialogue
from coalm_oumi.evaluation.report.document import CaseShown, Section, Table
from coalm_oumi.evaluation.report.stored import StoredResult

_WORST = 25
_FLIPPED = 10
_LONGEST_TEXT = 4000


def comparison_section(found: Comparison) -> Section:
    """Returns how two results differ, with cases that flipped."""
    rows = tuple(
        (
            found.first.metric_name(one.name),
            f"{one.first:.1f}",
            f"{one.second:.1f}",
            f"{one.difference:+.1f}",
            "[{:+.1f}, {:+.1f}]".format(*one.interval),
            _p_value(one.p_value),
        )
        for one in found.metrics
    )
    heads = (f"#{found.first.label}", f"#{found.second.label}")
    columns = ("metric", *heads, "#difference", "#95 % interval", "#McNemar p")
    told = (
        f"{found.n} cases. {len(found.gained)} flipped to right, {len(found.lost)} to "
        "wrong. Intervals are of a paired bootstrap; p is McNemar's exact test.",
        *found.reservations,
    )
    flips = [*_flips(found, found.gained, "gained"), *_flips(found, found.lost, "lost")]
    return Section(
        f"{found.first.task}: {found.second.label} against {found.first.label}",
        told,
        (Table("Differences, case by case", columns, rows),) if rows else (),
        cases=tuple(flips),
        badge=badge_of((found.first, found.second)),
    )


def _p_value(value: float | None) -> str:
    if value is None:
        return "-"
    return "< 0.0001" if value < 0.0001 else f"{value:.4f}"


def _flips(found: Comparison, ids: Sequence[str], how: str) -> Iterable[CaseShown]:
    mine = {case["id"]: case for case in found.first.cases}
    theirs = {case["id"]: case for case in found.second.cases}
    for key in ids[:_FLIPPED]:
        first, second = mine[key], theirs[key]
        texts = _texts(first, ("request", "utterance", "expected"))
        for label, case in ((found.first.label, first), (found.second.label, second)):
            if case.get("turns"):  # A dialogue that went wrong.
                told = shown_dialogue(case).texts
                texts += (
                    (label, str(case.get("error") or "")),
                    *told,
                )
            elif "prediction" in case:
                texts += ((label, _shown(case["prediction"])),)
            else:
                texts += ((label, str(case.get("error") or "right")),)
        yield CaseShown(key, how, texts)


def worst_section(result: StoredResult) -> Section | None:
    """Returns cases that went wrong; None if none did."""
    wrong = [case for case in result.cases if not case.get("right", True)]
    if not wrong:
        return None
    wrong = _by_turns(sorted(wrong, key=_shares))
    names = ("request", "utterance", "expected", "prediction", "found")
    cases = tuple(
        CaseShown(case["id"], str(case.get("error") or ""), _texts(case, names))
        for case in wrong[:_WORST]
    )
    told = (
        f"{len(cases)} of {len(wrong)} wrong cases, those with the lowest scores first."
    )
    title = f"{result.task}: worst cases of {result.label}"
    return Section(title, (told,), cases=cases, badge=badge_of([result]))


def _by_turns(cases: Sequence[Any]) -> list[Any]:
    """Returns the cases with one of each kind of error after the other."""
    kinds: dict[str, list[Any]] = {}
    for case in cases:
        kinds.setdefault(str(case.get("error")), []).append(case)
    rounds = zip_longest(*kinds.values())
    return [case for each in rounds for case in each if case is not None]


def _shares(case: Any) -> float:
    """Returns the mean of a case's shares, to sort by."""
    scores = case.get("scores")
    if not isinstance(scores, dict):
        return 0.0
    shares = [
        v
        for k, v in scores.items()
        if isinstance(v, (int, float)) and k != "unparsable"
    ]
    return sum(shares) / len(shares) if shares else 0.0


def _texts(case: Any, names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, _shown(case[name])) for name in names if case.get(name) is not None
    )


def _shown(value: Any) -> str:
    """Returns a value of a case as text, its middle left out if it is very long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) <= _LONGEST_TEXT:
        return text
    half = _LONGEST_TEXT // 2
    return f"{text[:half]}\n[... {len(text) - 2 * half} characters ...]\n{text[-half:]}"
