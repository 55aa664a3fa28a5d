"""Scoring multiwoz24: Inform, Success, joint goal accuracy, slot F1, and what went wrong.

All in per cent, with a 95 % interval; what they mean stands in this folder's README.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from coalm_oumi.benchmarks.multiwoz.scorer.case_report import case_report, slot_sums
from coalm_oumi.benchmarks.multiwoz.scorer.input_notes import input_notes
from coalm_oumi.benchmarks.multiwoz.scorer.judge import JudgedDialogue, judge
from coalm_oumi.benchmarks.multiwoz.scorer.predictions import Predictions
from coalm_oumi.benchmarks.multiwoz.scorer.problems import FAILED_CALLS, PROBLEMS
from coalm_oumi.benchmarks.multiwoz.scorer.state_tracking import ERROR_KINDS, Comparison
from coalm_oumi.case_errors import CaseErrors
from coalm_oumi.environments.multiwoz.data.domains import DOMAINS
from coalm_oumi.environments.multiwoz.data.load import MultiwozData
from coalm_oumi.environments.multiwoz.users.placeholders import requestables_in
from coalm_oumi.evaluation.intervals import bootstrap
from coalm_oumi.evaluation.results import Metric, Scores, share

if TYPE_CHECKING:
    import numpy as np

MOST_REQUESTABLES = 3
"""A reply with more kinds of requestables than this recites: of 7,372 gold replies one
does. Placeholders for everything in every reply would get a Success of 95."""

_MEANINGS = {"problem": PROBLEMS, "failed_call": FAILED_CALLS}


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
    errors = CaseErrors()
    judged = judge(data, predictions, errors=errors, then=case_report)
    metrics = {**_outcomes(judged), **_tracked(judged), **_replied(judged)}
    groups = {f"domain={domain}": _of_domain(judged, domain) for domain in DOMAINS}
    groups |= {**_problems(judged), **_failed_calls(judged)}
    return Scores(
        metrics=metrics,
        groups={name: group for name, group in groups.items() if group},
        cases=tuple(_marked(item, predictions, errors) for item in judged),
        notes=(
            *errors.notes(),
            *input_notes(judged, "2.2" if data.states_22 else "2.4"),
            *_explained(groups),
            *_judge_notes(judged),
        ),
    )


def _marked(
    item: JudgedDialogue, predictions: Predictions, errors: CaseErrors
) -> dict[str, Any]:
    turns = predictions[item.dialogue.id] or ()
    said = [turn.response for turn in turns]
    return errors.marked(case_report(item), said)


def _outcomes(judged: Sequence[JudgedDialogue]) -> dict[str, Metric]:
    if any(item.only_state for item in judged):
        return {}
    outcomes = [item.outcome for item in judged]
    predicted = [outcome for outcome in outcomes if outcome is not None]
    found = {
        "inform": share(o.informed for o in predicted),
        "success": share(o.succeeded for o in predicted),
        "inform_all": share(o is not None and o.informed for o in outcomes),
        "success_all": share(o is not None and o.succeeded for o in outcomes),
    }
    generated = [item for item in judged if item.booked is not None]
    if generated:
        wanted = [j for j in generated if j.booked]
        found["bookings_made"] = share(j.all_booked for j in wanted)
        found["goal_met"] = share(j.goal_met for j in generated)
        found["ended_by_user"] = share(
            bool(j.predicted) and j.predicted[-1].last for j in generated
        )
    return found | _by_judge(generated)


def _by_judge(generated: Sequence[JudgedDialogue]) -> dict[str, Metric]:
    """Returns what a judge found, over the dialogues of which it said something."""
    said = [item for item in generated if item.judge_met is not None]
    if not said:
        return {}
    return {
        "judge_goal_met": share(item.judge_met for item in said),
        "judge_agreement": share(item.judge_met == item.goal_met for item in said),
    }


def _judge_notes(judged: Sequence[JudgedDialogue]) -> Iterator[str]:
    asked = [item for item in judged if item.verdict is not None]
    if not asked:
        return
    pairs = Counter((item.goal_met, item.judge_met) for item in asked)
    alike = pairs[True, True] + pairs[False, False]
    said = sum(item.judge_met is not None for item in asked)
    yield (
        f"The judge agrees with the rules on {alike} of {said} dialogues: both find "
        f"{pairs[True, True]} goals met and {pairs[False, False]} not; "
        f"{pairs[False, True]} only the judge, {pairs[True, False]} only the rules."
    )
    if said < len(asked):
        yield (
            f"{len(asked) - said} replies of the judge could not be read; these "
            "dialogues have no verdict."
        )
    if len(asked) < len(judged):
        yield f"The judge was not reached for {len(judged) - len(asked)} dialogues."


def _tracked(judged: Sequence[JudgedDialogue]) -> dict[str, Metric]:
    if any(item.booked is not None for item in judged):
        return {}  # The gold states are of other dialogues.
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
    exact = [[turn.exact for turn in turns] for turns in dialogues]
    metrics["jga_exact"] = _over_turns(exact, Comparison.joint)
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
    turns = [turn for item in judged for turn in item.predicted]
    calls = [call for item in judged for call in item.calls]
    shares: dict[str, Metric] = {}
    if not any(turn.only_state for turn in turns):
        replies = [turn.response for item in judged for turn in item.scored]
        shares["replies_reciting"] = share(
            len(requestables_in(reply)) > MOST_REQUESTABLES for reply in replies
        )
        shares["replies_empty"] = share(not reply.strip() for reply in replies)
    if calls:
        shares["calls_failed"] = share(bool(call.failure) for call in calls)
    if calls or any(turn.problems for turn in turns):
        shares["turns_with_problem"] = share(bool(turn.problems) for turn in turns)
    return shares


def _problems(judged: Sequence[JudgedDialogue]) -> dict[str, dict[str, Metric]]:
    """Returns the share of turns with each problem that occurs."""
    turns = [set(turn.problems) for item in judged for turn in item.predicted]
    names = [name for name in PROBLEMS if any(name in found for found in turns)]
    return {
        f"problem={name}": {"turns": share(name in found for found in turns)}
        for name in names
    }


def _failed_calls(judged: Sequence[JudgedDialogue]) -> dict[str, dict[str, Metric]]:
    """Returns the share of calls that failed for each reason that occurs."""
    failures = [call.failure for item in judged for call in item.calls]
    kinds = [kind for kind in FAILED_CALLS if kind in failures]
    return {
        f"failed_call={kind}": {"calls": share(kind == found for found in failures)}
        for kind in kinds
    }


def _explained(groups: Mapping[str, Mapping[str, Metric]]) -> Iterator[str]:
    """Yields a sentence for each problem and each reason of failed calls."""
    for name, group in groups.items():
        kind, _, which = name.partition("=")
        for unit, metric in group.items() if kind in _MEANINGS else ():
            count = round(metric.value * metric.n / 100)
            meaning = _MEANINGS[kind][which]
            yield f"{count} of {metric.n} {unit}: {which} ({meaning})."


def _of_domain(judged: Sequence[JudgedDialogue], domain: str) -> dict[str, Metric]:
    concerned = [j for j in judged if j.dialogue.goal.get(domain)]
    if not concerned:
        return {}
    metrics: dict[str, Metric] = {}
    if not any(item.only_state for item in judged):
        outcomes = [j.outcome for j in concerned]
        metrics = {
            "inform": share(o is not None and o.inform[domain] for o in outcomes),
            "success": share(o is not None and o.success.get(domain) for o in outcomes),
        }
    booked = [j.booked[domain] for j in concerned if j.booked and domain in j.booked]
    if booked:
        metrics["bookings_made"] = share(booked)
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

    counts = [slot_sums(turns, domain) for turns in dialogues]
    totals = np.asarray(counts, dtype=np.int64).reshape(-1, 3).sum(axis=0)
    n = sum(map(len, dialogues))
    return Metric(float(of_sums(totals[None])[0]), n, bootstrap(counts, of_sums))


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
