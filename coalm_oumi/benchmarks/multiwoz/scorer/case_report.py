"""What results say of each dialogue: what was right, what was missing, turn by turn.

A dialogue that went wrong has its turns, to be read in the report: what the user said, the
calls and what they gave, the reply and what the scorer found in it, and the state beside
the gold one. Long texts are cut; the predictions have them whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from coalm_oumi.benchmarks.multiwoz.scorer.judge import JudgedDialogue, predicted_states
from coalm_oumi.benchmarks.multiwoz.scorer.problems import FAILED_CALLS, PROBLEMS
from coalm_oumi.benchmarks.multiwoz.scorer.state_tracking import Comparison
from coalm_oumi.benchmarks.multiwoz.scorer.success import (
    TOTAL,
    DialogueOutcome,
    ScoredTurn,
)
from coalm_oumi.calls.strict_json import dumps
from coalm_oumi.environments.multiwoz.data.active_domains import State
from coalm_oumi.environments.multiwoz.predicted_turn import (
    PredictedTurn,
    StoredCall,
)
from coalm_oumi.environments.multiwoz.users.placeholders import requestables_in
from coalm_oumi.errors import shorten

_LONGEST_SAID = 1000
_LONGEST_RESULT = 300


def slot_sums(turns: Sequence[Comparison], domain: str | None = None) -> list[int]:
    """Returns the sums of slots that are right, predicted, and in the gold.

    Args:
        turns: The turns to add up.
        domain: Count this domain's slots only.
    """
    each = [turn.counts(domain) for turn in turns]
    return [
        sum(c.right for c in each),
        sum(c.predicted for c in each),
        sum(c.gold for c in each),
    ]


def case_report(item: JudgedDialogue) -> dict[str, Any]:
    """Returns what a report says of a dialogue; one that went wrong has its turns."""
    outcome = item.outcome
    report: dict[str, Any] = {
        "id": item.dialogue.id,
        "goal": " ".join(f"{s}." for s in item.dialogue.message),
        "right": outcome is not None and outcome.succeeded,
    }
    if outcome is None:
        return {**report, "error": "not predicted"}
    strict = [turn.strict for turn in item.tracking]
    states = [_wrong(i, c) for i, c in enumerate(strict) if not c.joint()]
    if item.only_state:
        report["right"] = not states
        report["error"] = "wrong state" if states else ""
        report["scores"] = _state_scores(strict)
    else:
        report["error"] = _error(outcome) or _booking_error(item)
        report["right"] = not report["error"]
        report["scores"] = _case_scores(item, outcome) | _state_scores(strict)
        report["inform"] = dict(outcome.inform)
        report["success"] = dict(outcome.success)
        report["not_given"] = {d: list(m) for d, m in outcome.missing.items() if m}
        if item.booked is not None:
            report["booked"] = dict(item.booked)
        if item.verdict is not None:
            report["judge"] = dict(item.verdict)
    report["state_errors"] = states
    if not report["right"]:
        report["turns"] = list(_turns(item))
    return report


def _error(outcome: DialogueOutcome) -> str:
    """Says in a few words why a dialogue did not succeed; empty if it did."""
    if outcome.succeeded:
        return ""
    wrong = [d for d, fits in outcome.inform.items() if not fits and d != TOTAL]
    if wrong:
        return f"no fitting offer: {', '.join(wrong)}"
    missing = {name for names in outcome.missing.values() for name in names}
    return f"not given: {', '.join(sorted(missing)).lower()}"


def _booking_error(item: JudgedDialogue) -> str:
    missing = [domain for domain, made in (item.booked or {}).items() if not made]
    return f"not booked as wanted: {', '.join(missing)}" if missing else ""


def _case_scores(item: JudgedDialogue, outcome: DialogueOutcome) -> dict[str, Any]:
    """Returns what the metrics over dialogues are made of."""
    scores = {
        "inform": float(outcome.informed),
        "success": float(outcome.succeeded),
    }
    return scores | ({} if item.booked is None else {"goal_met": float(item.goal_met)})


def _state_scores(strict: Sequence[Comparison]) -> dict[str, Any]:
    """Returns what the metrics over turns are made of; a share is written as an F1."""
    if not strict:
        return {}
    right = sum(compared.joint() for compared in strict)
    return {
        "jga_strict": [right, len(strict), len(strict)],
        "slot_f1_strict": slot_sums(strict),
    }


def _turns(item: JudgedDialogue) -> Iterator[dict[str, Any]]:
    """Yields what is to be read of each turn, predicted or not."""
    gold = item.dialogue.turns if item.booked is None else ()
    rows = zip_longest(
        gold, item.predicted, item.scored, predicted_states(item.predicted)
    )
    for gold_turn, predicted, scored, state in rows:
        record: dict[str, Any] = {}
        if predicted is not None:
            record = _predicted(predicted, scored, state)
        if gold_turn is not None:
            record.setdefault("user", gold_turn.user)
            record["expected_state"] = _nested(gold_turn.state)
            record["expected_response"] = gold_turn.system
        yield record


def _predicted(turn: PredictedTurn, scored: ScoredTurn, state: State) -> dict[str, Any]:
    record: dict[str, Any] = {} if turn.user is None else {"user": turn.user}
    record["calls"] = [_call_record(call) for call in turn.calls]
    if not turn.only_state:
        record["response"] = shorten(turn.response, _LONGEST_SAID)
        record["gives"] = sorted(requestables_in(scored.response))
        record["about"] = list(scored.active_domains)
    record["state"] = _nested(state)
    record["problems"] = [_explained(kind, PROBLEMS) for kind in turn.problems]
    return record


def _call_record(call: StoredCall) -> dict[str, str]:
    written = f"{shorten(call.name, 60)} {dumps(dict(call.arguments))}"
    result = dumps(call.result)
    if call.failure:
        result = f"failed: {_explained(call.failure, FAILED_CALLS)}"
    return {
        "call": shorten(written, _LONGEST_RESULT),
        "result": shorten(result, _LONGEST_RESULT),
    }


def _explained(kind: str, meanings: Mapping[str, str]) -> str:
    return f"{kind} ({meanings[kind]})" if kind in meanings else kind


def _nested(state: State) -> dict[str, dict[str, str]]:
    return {
        domain: {slot: shorten(value, 60) for slot, value in slots.items()}
        for domain, slots in state.items()
    }


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
