"""Scores of the api_bank benchmark. Knows no model and no Oumi.

As published (the columns of CoALM's Table 3, in per cent, a plain mean over rows):

- `rouge_l`, `rouge_1`, `rouge_2`, `bleu_4`: overlap with the label *as text*. A constant
  answer gets two thirds; a perfect one without the code fence 92.6 on level 1.

What tells whether the call is right:

- `rouge_l_normalized` ...: the same four, code fences taken off reply and label.
- `exact_call_match`: replies that are exactly one call, the right one, values compared as
  text and as JSON values: `3`, `"3"` and `3.0` are the same, and so are two objects with
  the same members in another order.
- `api_f1`: micro F1 over the names of calls. A reply that cannot be read counts as one
  call found, and wrong.
- `param_f1`: micro F1 over the (name, value) pairs of arguments, right only in a call of
  the right name. Unlike upstream's, calls without arguments do not lift it above 100.
- `api_f1_hammer`, `param_f1_hammer`: the same two by upstream's own definition
  (`hammer_counts`), which can pass 100.
- `unparsable`: replies that are not a list of calls.

Each over all rows, and with `l1_` and `l2_` before it over those of one level.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from coalm_oumi.benchmarks.api_bank.hammer_counts import (
    Counts,
    api_counts,
    param_counts,
)
from coalm_oumi.benchmarks.api_bank.load import ApiBankCase
from coalm_oumi.benchmarks.api_bank.reply import (
    error_kind,
    given,
    parse_calls,
    same_argument,
)
from coalm_oumi.benchmarks.api_bank.text_overlap import LONGEST, Overlap, overlap
from coalm_oumi.calls import FunctionCall, unfenced
from coalm_oumi.case_errors import CaseErrors
from coalm_oumi.evaluation.intervals import (
    bootstrap,
    bootstrap_means,
    micro_f1,
)
from coalm_oumi.evaluation.results import Metric, Metrics, Scores, share

_OVERLAPS = Overlap._fields


@dataclass(frozen=True)
class _Judged:
    case: ApiBankCase
    reply: str

    @cached_property
    def calls(self) -> tuple[FunctionCall, ...] | None:
        return parse_calls(self.reply)

    @cached_property
    def error(self) -> str | None:
        return error_kind(self.calls, self.case.call)

    @cached_property
    def overlaps(self) -> tuple[float, ...]:
        reply, label = self.reply, self.case.label
        bare = overlap(unfenced(reply[:LONGEST]), unfenced(label))
        return (*overlap(reply, label), *bare)

    @cached_property
    def api_counts(self) -> Counts:
        """Right names, names found, names expected."""
        if self.calls is None:
            return 0, 1, 1
        right = any(call.name == self.case.call.name for call in self.calls)
        return int(right), len(self.calls), 1

    @cached_property
    def param_counts(self) -> Counts:
        """Right pairs, pairs found, pairs expected."""
        gold = given(self.case.call.arguments)
        right = found = 0
        for call in self.calls or ():
            own = given(call.arguments)
            found += len(own)
            if call.name == self.case.call.name:
                shared = own.keys() & gold.keys()
                same = sum(same_argument(own[name], gold[name]) for name in shared)
                right = max(right, same)
        return right, found, len(gold)

    def scores(self) -> dict[str, Any]:
        names = (*_OVERLAPS, *(f"{name}_normalized" for name in _OVERLAPS))
        return {
            **{k: v / 100 for k, v in zip(names, self.overlaps, strict=True)},
            "exact_call_match": int(self.error is None),
            "api_f1": self.api_counts,
            "param_f1": self.param_counts,
            "api_f1_hammer": api_counts(self.calls, self.case.call),
            "param_f1_hammer": param_counts(self.calls, self.case.call),
            "unparsable": int(self.calls is None),
        }


def score(cases: Sequence[ApiBankCase], predictions: Mapping[str, str]) -> Scores:
    """Scores replies.

    Args:
        cases: The benchmark's cases.
        predictions: The reply to each of them, by id.

    Returns:
        Scores over all cases and by level; by API those that tell whether it is right.

    Raises:
        KeyError: A case has no reply.
    """
    errors = CaseErrors()
    judged = [_guarded(case, predictions[case.id], errors) for case in cases]
    metrics = dict(_metrics(judged))
    for level in sorted({case.level for case in cases}):
        own = [item for item in judged if item.case.level == level]
        metrics |= {f"l{level}_{name}": m for name, m in _metrics(own).items()}
    apis: dict[str, list[_Judged]] = {}
    for item in judged:
        apis.setdefault(f"api={item.case.call.name}", []).append(item)
    return Scores(
        metrics=metrics,
        groups={name: _call_metrics(apis[name]) for name in sorted(apis)},
        cases=tuple(
            errors.marked(_report(item), predictions[item.case.id]) for item in judged
        ),
        notes=(*_notes(judged), *errors.notes()),
    )


def _guarded(case: ApiBankCase, reply: str, errors: CaseErrors) -> _Judged:
    def judged() -> _Judged:
        item = _Judged(case, reply)
        _report(item)
        return item

    return errors.guard(case.id, judged, lambda: _Judged(case, ""))


def _metrics(judged: Sequence[_Judged]) -> Metrics:
    if not judged:
        return {}
    n, rows = len(judged), [item.overlaps for item in judged]
    means = [sum(column) / n for column in zip(*rows, strict=True)]
    names = (*_OVERLAPS, *(f"{name}_normalized" for name in _OVERLAPS))
    of_text = {
        name: Metric(mean, n, interval)
        for name, mean, interval in zip(
            names, means, bootstrap_means(rows), strict=True
        )
    }
    return {**of_text, **_call_metrics(judged)}


def _call_metrics(judged: Sequence[_Judged]) -> Metrics:
    found = {
        "exact_call_match": share([item.error is None for item in judged]),
        "api_f1": _f1([item.api_counts for item in judged]),
        "param_f1": _f1([item.param_counts for item in judged]),
        "api_f1_hammer": _f1([api_counts(i.calls, i.case.call) for i in judged]),
        "param_f1_hammer": _f1([param_counts(i.calls, i.case.call) for i in judged]),
        "unparsable": share([item.calls is None for item in judged]),
    }
    if not any(sum(item.param_counts) for item in judged):
        del found["param_f1"], found["param_f1_hammer"]  # an API without parameters
    return found


def _f1(counts: Sequence[Counts]) -> Metric:
    right, found, expected = (sum(column) for column in zip(*counts, strict=True))
    value = 100 * 2 * right / max(found + expected, 1)
    return Metric(value, len(counts), bootstrap(counts, micro_f1))


def _notes(judged: Sequence[_Judged]) -> tuple[str, ...]:
    cut = sum(len(item.reply) > LONGEST for item in judged)
    if not cut:
        return ()
    return (
        f"{cut} replies are longer than {LONGEST} characters; Rouge and BLEU are of their "
        "first part.",
    )


def _report(item: _Judged) -> dict[str, Any]:
    return {
        "id": item.case.id,
        "group": f"api={item.case.call.name}",
        "request": _last_turn(item.case.prompt),
        "expected": item.case.label,
        "prediction": item.reply,
        "right": item.error is None,
        "error": item.error,
        "found": _names(item.calls),
        "scores": item.scores(),
    }


def _last_turn(prompt: str) -> str:
    """Returns the end of the dialogue: the last two turns before the call."""
    dialogue = prompt.partition("[BEGIN OF QUERY]\n")[2].partition("\n[END OF QUERY]")[
        0
    ]
    lines = [line for line in dialogue.splitlines() if line.strip()]
    return "\n".join(lines[:-1][-2:])


def _names(calls: Sequence[FunctionCall] | None) -> str | None:
    if calls is None:
        return None
    return ", ".join(dict.fromkeys(Counter(call.name for call in calls)))
