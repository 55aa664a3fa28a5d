"""Scoring multiwoz24: Inform, Success, joint goal accuracy, slot F1, and what went wrong.

All in per cent, with a 95 % interval; what they mean stands in this folder's README.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from coalm_oumi.benchmarks.intervals import bootstrap, wilson
from coalm_oumi.benchmarks.multiwoz.domains import DOMAINS
from coalm_oumi.benchmarks.multiwoz.judge import JudgedDialogue, judge
from coalm_oumi.benchmarks.multiwoz.load import MultiwozData
from coalm_oumi.benchmarks.multiwoz.placeholders import requestables_in
from coalm_oumi.benchmarks.multiwoz.predictions import Predictions
from coalm_oumi.benchmarks.multiwoz.state_tracking import ERROR_KINDS, Comparison
from coalm_oumi.benchmarks.multiwoz.success import TOTAL, DialogueOutcome
from coalm_oumi.benchmarks.results import Metric, Scores

if TYPE_CHECKING:
    import numpy as np

MOST_REQUESTABLES = 3
"""A reply with more kinds of requestables than this recites: of 7,372 gold replies one
does. Placeholders for everything in every reply would get a Success of 95."""


def score(data: MultiwozData, predictions: Predictions) -> Scores:
    """Scores predictions.

    Args:
        data: The benchmark's data.
        predictions: The predicted turns of every dialogue to score, by id; None for one
            that was not predicted.

    Returns:
        Scores over all dialogues and by domain; one case per dialogue, which is right
        when it succeeded.

    Raises:
        KeyError: A dialogue is not in the data.
    """
    judged = judge(data, predictions)
    metrics = {**_outcomes(judged), **_tracked(judged), **_replied(judged)}
    groups = {f"domain={domain}": _of_domain(judged, domain) for domain in DOMAINS}
    return Scores(
        metrics=metrics,
        groups={name: group for name, group in groups.items() if group},
        cases=tuple(_report(item) for item in judged),
    )


def _outcomes(judged: Sequence[JudgedDialogue]) -> dict[str, Metric]:
    outcomes = [item.outcome for item in judged]
    predicted = [outcome for outcome in outcomes if outcome is not None]
    return {
        "inform": _share(o.informed for o in predicted),
        "success": _share(o.succeeded for o in predicted),
        "inform_all": _share(o is not None and o.informed for o in outcomes),
        "success_all": _share(o is not None and o.succeeded for o in outcomes),
    }


def _tracked(judged: Sequence[JudgedDialogue]) -> dict[str, Metric]:
    scored = [item.tracking for item in judged if item.dialogue.in_999]
    dialogues = [turns for turns in scored if turns]
    if not dialogues:
        return {}
    metrics: dict[str, Metric] = {}
    for rule in ("strict", "lenient"):
        compared: list[list[Comparison]] = [
            [getattr(turn, rule) for turn in turns] for turns in dialogues
        ]
        predicted = [[c for c in turns if c.found is not None] for turns in compared]
        metrics[f"jga_{rule}"] = _over_turns(compared, Comparison.joint)
        metrics[f"jga_{rule}_upstream"] = _over_turns(predicted, Comparison.joint)
        metrics[f"slot_f1_{rule}"] = _slots(compared, _f1)
        metrics[f"slot_f1_{rule}_upstream"] = _slots(predicted, _f1)
    strict = [[turn.strict for turn in turns] for turns in dialogues]
    metrics["slot_precision_strict"] = _slots(strict, _precision)
    metrics["slot_recall_strict"] = _slots(strict, _recall)
    for kind in ERROR_KINDS:
        metrics[f"turns_{kind}"] = _over_turns(
            strict, lambda compared, kind=kind: kind in compared.errors
        )
    metrics["turns_not_predicted"] = _over_turns(strict, lambda c: c.found is None)
    return metrics


def _replied(judged: Sequence[JudgedDialogue]) -> dict[str, Metric]:
    replies = [turn.response for item in judged for turn in item.scored]
    calls = [call for item in judged for call in item.calls]
    shares = {
        "replies_reciting": _share(
            len(requestables_in(reply)) > MOST_REQUESTABLES for reply in replies
        ),
        "replies_empty": _share(not reply.strip() for reply in replies),
    }
    if calls:
        shares["calls_failed"] = _share(bool(call.failure) for call in calls)
    return shares


def _of_domain(judged: Sequence[JudgedDialogue], domain: str) -> dict[str, Metric]:
    outcomes = [j.outcome for j in judged if j.dialogue.goal.get(domain)]
    if not outcomes:
        return {}
    metrics = {
        "inform": _share(o is not None and o.inform[domain] for o in outcomes),
        "success": _share(o is not None and o.success.get(domain) for o in outcomes),
    }
    dialogues = [
        [
            turn
            for turn in item.tracking
            if any(d == domain for d, _ in turn.strict.gold)
        ]
        for item in judged
        if item.dialogue.in_999
    ]
    if any(dialogues):
        strict = [[t.strict for t in turns] for turns in dialogues if turns]
        lenient = [[t.lenient for t in turns] for turns in dialogues if turns]
        metrics["jga_strict"] = _over_turns(strict, lambda c: c.joint(domain))
        metrics["jga_lenient"] = _over_turns(lenient, lambda c: c.joint(domain))
        metrics["slot_f1_strict"] = _slots(strict, _f1, domain)
    return metrics


def _share(flags: Iterable[bool | None]) -> Metric:
    found = [bool(flag) for flag in flags]
    n, hits = len(found), sum(found)
    return Metric(100 * hits / n if n else 0.0, n, wilson(hits, n))


def _over_turns(
    dialogues: Sequence[Sequence[Comparison]], holds: Callable[[Comparison], bool]
) -> Metric:
    """Returns a share of turns; its interval resamples dialogues, not turns."""
    counts = [(sum(map(holds, turns)), len(turns)) for turns in dialogues]
    hits, n = sum(hit for hit, _ in counts), sum(size for _, size in counts)
    value = 100 * hits / n if n else 0.0
    return Metric(value, n, bootstrap(counts, _ratio))


def _ratio(sums: np.ndarray) -> np.ndarray:
    import numpy as np

    return 100 * sums[:, 0] / np.maximum(sums[:, 1], 1)


def _slots(
    dialogues: Sequence[Sequence[Comparison]],
    of_sums: Callable[[np.ndarray], np.ndarray],
    domain: str | None = None,
) -> Metric:
    """Returns a score over counts of slots; its interval resamples dialogues."""
    import numpy as np

    counts = [_sums(turns, domain) for turns in dialogues]
    totals = np.asarray(counts, dtype=np.int64).reshape(-1, 3).sum(axis=0)
    n = sum(map(len, dialogues))
    return Metric(float(of_sums(totals[None])[0]), n, bootstrap(counts, of_sums))


def _sums(turns: Sequence[Comparison], domain: str | None = None) -> list[int]:
    """Returns the sums of slots that are right, predicted, and in the gold."""
    each = [turn.counts(domain) for turn in turns]
    return [
        sum(c.right for c in each),
        sum(c.predicted for c in each),
        sum(c.gold for c in each),
    ]


def _f1(sums: np.ndarray) -> np.ndarray:
    """Maps sums of (right, predicted, gold) to F1 in per cent."""
    import numpy as np

    return 100 * 2 * sums[:, 0] / np.maximum(sums[:, 1] + sums[:, 2], 1)


def _precision(sums: np.ndarray) -> np.ndarray:
    import numpy as np

    return 100 * sums[:, 0] / np.maximum(sums[:, 1], 1)


def _recall(sums: np.ndarray) -> np.ndarray:
    import numpy as np

    return 100 * sums[:, 0] / np.maximum(sums[:, 2], 1)


def _report(item: JudgedDialogue) -> dict[str, Any]:
    outcome = item.outcome
    report: dict[str, Any] = {
        "id": item.dialogue.id,
        "goal": " ".join(f"{s}." for s in item.dialogue.message),
        "right": outcome is not None and outcome.succeeded,
    }
    if outcome is None:
        return {**report, "error": "not predicted"}
    strict = [turn.strict for turn in item.tracking]
    return {
        **report,
        "error": _error(outcome),
        "scores": _case_scores(outcome, strict),
        "inform": dict(outcome.inform),
        "success": dict(outcome.success),
        "not_given": {d: list(m) for d, m in outcome.missing.items() if m},
        "state_errors": [_wrong(i, c) for i, c in enumerate(strict) if not c.joint()],
    }


def _error(outcome: DialogueOutcome) -> str:
    """Says in a few words why a dialogue did not succeed; empty if it did."""
    if outcome.succeeded:
        return ""
    wrong = [d for d, fits in outcome.inform.items() if not fits and d != TOTAL]
    if wrong:
        return f"no fitting offer: {', '.join(wrong)}"
    missing = {name for names in outcome.missing.values() for name in names}
    return f"not given: {', '.join(sorted(missing)).lower()}"


def _case_scores(
    outcome: DialogueOutcome, strict: Sequence[Comparison]
) -> dict[str, Any]:
    """Returns what the metrics are made of; a share of turns is written as an F1."""
    scores: dict[str, Any] = {
        "inform": float(outcome.informed),
        "success": float(outcome.succeeded),
    }
    if strict:
        right = sum(compared.joint() for compared in strict)
        scores["jga_strict"] = [right, len(strict), len(strict)]
        scores["slot_f1_strict"] = _sums(strict)
    return scores


def _wrong(number: int, turn: Comparison) -> dict[str, Any]:
    if turn.found is None:
        return {"turn": number, "not_predicted": True}
    errors: dict[str, Any] = {"turn": number}
    for kind, slots in turn.errors.items():
        errors[kind] = {
            "-".join(slot): {
                "expected": turn.gold.get(slot),
                "found": turn.found.get(slot),
            }
            for slot in slots
        }
    return errors
