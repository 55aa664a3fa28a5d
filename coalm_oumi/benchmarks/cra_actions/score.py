"""Scores of the cra_actions benchmark. Knows no model and no Oumi.

Over the turns whose gold action is a call:

- `name_accuracy`: the right function is called.
- `arguments_accuracy`: the right function with exactly the right arguments in any order:
  the same JSON values (`calls.json_equality`).
- `arguments_accuracy_normalized`: the same, all compared as text, with case and runs of
  white space ignored.
- `argument_f1`: micro F1 over (argument, value) pairs, exact; a call of another function
  has none of them right.

Over all turns, where a call that cannot be read is still a decision to call:

- `decision_accuracy`: a function is called where the gold action is a call, and the user
  is answered where it is not.
- `call_precision`, `call_recall`, `call_f1`: the same for calls alone.
- `next_action_accuracy`: the decision is right, and so is the call with its arguments.
- `unparsable`: share of replies that are neither a response nor a call that can be read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from coalm_oumi.benchmarks.cra_actions.judge import GoldCase, JudgedTurn
from coalm_oumi.benchmarks.cra_actions.reply import Reply, parse_reply
from coalm_oumi.case_errors import CaseErrors
from coalm_oumi.evaluation.intervals import Interval, bootstrap, wilson
from coalm_oumi.evaluation.results import Metric, Metrics, Scores

if TYPE_CHECKING:
    import numpy as np


def score(cases: Sequence[GoldCase], predictions: Mapping[str, str]) -> Scores:
    """Scores replies.

    Args:
        cases: The benchmark's cases.
        predictions: The reply to each of them, by id.

    Returns:
        Scores over all cases, by service, and apart for services that also stand in the
        training part and for those that do not, where that is known. A metric over
        gold calls is left out of a group that has none.

    Raises:
        KeyError: A case has no reply.
    """
    errors = CaseErrors()
    judged = [_guarded(case, predictions[case.id], errors) for case in cases]
    groups: dict[str, list[JudgedTurn]] = {}
    for turn in judged:
        groups.setdefault(f"service={turn.case.service}", []).append(turn)
        if turn.case.in_training is not None:
            known = "seen" if turn.case.in_training else "unseen"
            groups.setdefault(f"services={known}", []).append(turn)
    # The two groups of services first: "services=" would sort behind "service=".
    names = sorted(groups, key=lambda name: (not name.startswith("services="), name))
    return Scores(
        metrics=_metrics(judged),
        groups={name: _metrics(groups[name]) for name in names},
        cases=tuple(errors.marked(turn.report(), turn.text) for turn in judged),
        notes=errors.notes(),
    )


def _guarded(case: GoldCase, text: str, errors: CaseErrors) -> JudgedTurn:
    def judged() -> JudgedTurn:
        turn = JudgedTurn(case, parse_reply(text), text)
        turn.report()
        return turn

    return errors.guard(case.id, judged, lambda: JudgedTurn(case, Reply(None), text))


def _metrics(judged: Sequence[JudgedTurn]) -> Metrics:
    due = [turn for turn in judged if turn.case.call is not None]
    made = [turn for turn in judged if turn.calls]
    metrics: dict[str, Metric] = {}
    if due:
        metrics["name_accuracy"] = _share(due, lambda t: t.name_right)
        metrics["arguments_accuracy"] = _share(due, lambda t: t.call_right)
        metrics["arguments_accuracy_normalized"] = _share(
            due, lambda t: t.call_right_normalized
        )
    if any(turn.case.call and turn.case.call.arguments for turn in due):
        metrics["argument_f1"] = _f1(due, lambda t: t.argument_counts)
    metrics["decision_accuracy"] = _share(judged, lambda t: t.decision_right)
    metrics["call_precision"] = _share(made, lambda t: t.decision_right)
    if due:
        metrics["call_recall"] = _share(due, lambda t: t.decision_right)
        metrics["call_f1"] = _f1(judged, lambda t: t.decision_counts)
    metrics["next_action_accuracy"] = _share(judged, lambda t: t.action_right)
    metrics["unparsable"] = _share(judged, lambda t: not t.reply.is_readable)
    return metrics


def _share(turns: Sequence[JudgedTurn], holds: Callable[[JudgedTurn], bool]) -> Metric:
    """Returns a share with the wider of two intervals.

    Turns of a dialogue are alike, so that Wilson's interval, which takes them for
    independent, may be too narrow; resampled dialogues give none at 0 and 100 %.
    """
    hits, n = sum(map(holds, turns)), len(turns)
    first = wilson(hits, n)
    if hits in (0, n):
        return Metric(100.0 if hits else 0.0, n, first)
    second = bootstrap(_by_dialogue(turns, lambda t: (int(holds(t)), 1)), _ratio)
    ends = Interval(min(first.low, second.low), max(first.high, second.high))
    return Metric(100 * hits / n, n, ends)


def _f1(
    turns: Sequence[JudgedTurn], counts: Callable[[JudgedTurn], tuple[int, int, int]]
) -> Metric:
    """Returns micro F1 over counts of what is right, found and expected."""
    import numpy as np

    rows = _by_dialogue(turns, counts)
    value = float(_micro_f1(np.sum(rows, axis=0)[None])[0])
    return Metric(value, len(turns), bootstrap(rows, _micro_f1))


def _by_dialogue(
    turns: Sequence[JudgedTurn], counts: Callable[[JudgedTurn], tuple[int, ...]]
) -> list[tuple[int, ...]]:
    """Sums counts over the turns of each dialogue, so that dialogues are resampled."""
    sums: dict[str, tuple[int, ...]] = {}
    for turn in turns:
        new, key = counts(turn), turn.case.dialogue
        old = sums.get(key, (0,) * len(new))
        sums[key] = tuple(a + b for a, b in zip(old, new, strict=True))
    return list(sums.values())


def _ratio(sums: np.ndarray) -> np.ndarray:
    """Maps sums of (hits, turns) to shares in per cent."""
    import numpy as np

    return 100 * sums[:, 0] / np.maximum(sums[:, 1], 1)


def _micro_f1(sums: np.ndarray) -> np.ndarray:
    """Maps sums of (right, found, expected) to F1 in per cent."""
    import numpy as np

    both = sums[:, 1] + sums[:, 2]
    return 100 * 2 * sums[:, 0] / np.maximum(both, 1)
