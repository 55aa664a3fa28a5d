"""Scores of the snips_dst benchmark. Knows no model and no Oumi.

- `intent_accuracy`: replies with the right intent.
- `slot_f1`: micro F1 over (slot, value) pairs, value for value exact, whatever the intent.
- `joint_goal_accuracy`: replies with the right intent and exactly the right slot values.
- `joint_goal_accuracy_normalized`: the same, with case and runs of white space ignored.
- `unparsable`: share of replies in which no state can be read; they are wrong in all
  other metrics.
- `repeated_slot`: share of replies that name a slot twice; the last value counts, as in
  the gold states.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coalm_oumi.benchmarks.snips_dst.reply import DialogueState, parse_state
from coalm_oumi.case_errors import CaseErrors
from coalm_oumi.evaluation.intervals import bootstrap, micro_f1
from coalm_oumi.evaluation.results import Metric, Metrics, Scores, share


@dataclass(frozen=True)
class GoldCase:
    """One utterance of the benchmark.

    Attributes:
        id: Its id in the benchmark.
        text: What the user says.
        state: The state to find.
        in_training: Whether the same utterance stands in the training part.
    """

    id: str
    text: str
    state: DialogueState
    in_training: bool = False


@dataclass(frozen=True)
class _Judged:
    case: GoldCase
    found: DialogueState | None
    reply: str

    @property
    def intent_right(self) -> bool:
        return self.found is not None and self.found.intent == self.case.state.intent

    @property
    def slot_counts(self) -> tuple[int, int, int]:
        """True positives, predicted pairs, gold pairs."""
        gold = set(self.case.state.slot_values.items())
        found = set(self.found.slot_values.items()) if self.found else set()
        return len(gold & found), len(found), len(gold)

    @property
    def state_right(self) -> bool:
        if self.found is None or not self.intent_right:
            return False
        return dict(self.found.slot_values) == dict(self.case.state.slot_values)

    @property
    def state_right_normalized(self) -> bool:
        if self.found is None:
            return False
        return _normalized(self.found) == _normalized(self.case.state)


def score(cases: Sequence[GoldCase], predictions: Mapping[str, str]) -> Scores:
    """Scores replies.

    Args:
        cases: The benchmark's cases.
        predictions: The reply to each of them, by id.

    Returns:
        Scores over all cases, by intent, and apart for utterances that also stand in the
        training part and for those that do not.

    Raises:
        KeyError: A case has no reply.
    """
    errors = CaseErrors()
    judged = [_guarded(case, predictions[case.id], errors) for case in cases]
    groups: dict[str, list[_Judged]] = {}
    for item in judged:
        seen = "also_in_training" if item.case.in_training else "not_in_training"
        for name in (f"intent={item.case.state.intent}", f"utterance={seen}"):
            groups.setdefault(name, []).append(item)
    return Scores(
        metrics=_metrics(judged),
        groups={name: _metrics(groups[name]) for name in sorted(groups)},
        cases=tuple(errors.marked(_report(item), item.reply) for item in judged),
        notes=errors.notes(),
    )


def _guarded(case: GoldCase, reply: str, errors: CaseErrors) -> _Judged:
    def judged() -> _Judged:
        item = _Judged(case, parse_state(reply), reply)
        _report(item)
        return item

    return errors.guard(case.id, judged, lambda: _Judged(case, None, reply))


def _metrics(judged: Sequence[_Judged]) -> Metrics:
    return {
        "intent_accuracy": share([item.intent_right for item in judged]),
        "slot_f1": _slot_f1(judged),
        "joint_goal_accuracy": share([item.state_right for item in judged]),
        "joint_goal_accuracy_normalized": share(
            [item.state_right_normalized for item in judged]
        ),
        "unparsable": share([item.found is None for item in judged]),
        "repeated_slot": share(
            [item.found is not None and item.found.repeats_a_slot for item in judged]
        ),
    }


def _slot_f1(judged: Sequence[_Judged]) -> Metric:
    import numpy as np

    counts = [item.slot_counts for item in judged]
    totals = np.asarray(counts, dtype=np.int64).reshape(-1, 3).sum(axis=0)
    value = float(micro_f1(totals[None])[0])
    return Metric(value, len(counts), bootstrap(counts, micro_f1))


def _normalized(state: DialogueState) -> tuple[str, dict[str, str]]:
    return _folded(state.intent), {
        _folded(slot): _folded(value) for slot, value in state.slot_values.items()
    }


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _report(item: _Judged) -> dict[str, Any]:
    return {
        "id": item.case.id,
        "utterance": item.case.text,
        "expected": _object(item.case.state),
        "found": _object(item.found) if item.found else None,
        "prediction": item.reply,
        "right": item.state_right,
        "error": _error(item),
        "scores": {
            "intent_accuracy": int(item.intent_right),
            "slot_f1": item.slot_counts,
            "joint_goal_accuracy": int(item.state_right),
            "joint_goal_accuracy_normalized": int(item.state_right_normalized),
            "unparsable": int(item.found is None),
        },
    }


def _error(item: _Judged) -> str | None:
    if item.found is None:
        return "unparsable"
    if not item.intent_right:
        return "wrong intent"
    found, gold = item.found.slot_values, item.case.state.slot_values
    if gold.keys() - found.keys():
        return "missing slot"
    if found.keys() - gold.keys():
        return "extra slot"
    return None if item.state_right else "wrong value"


def _object(state: DialogueState) -> dict[str, Any]:
    return {"domain": state.intent, "slot_values": dict(state.slot_values)}
