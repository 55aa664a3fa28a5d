"""BFCL V3's totals out of its categories' accuracies, as the leaderboard has them.

Every total is a weighted mean of categories, so that its interval follows from theirs
(bfcl 8bf675c, `eval_runner_helper.py`)::

    simple AST    = mean(simple, java, javascript)
    non-live AST  = mean(simple AST, multiple, parallel, parallel_multiple)
    non-live      = mean(simple AST, multiple, parallel, parallel_multiple, irrelevance)
    live          = mean over all cases of its six categories
    multi-turn    = mean(base, miss_func, miss_param, long_context)
    overall       = mean(non-live, live, multi-turn)

Until 2025-04-09 the executable categories stood in non-live, and so in overall: those are
`non_live_with_executable` and `overall_with_executable` here. Upstream counts a category
that was not run as 0; here a total that lacks one is left out, and what it lacks is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

from coalm_oumi.benchmarks.bfcl.categories import (
    EXECUTABLE,
    IRRELEVANCE,
    LIVE,
    LIVE_AST,
    MULTI_TURN,
    RELEVANCE,
)
from coalm_oumi.evaluation.intervals import Interval, wilson
from coalm_oumi.evaluation.results import Metric

_Weights = dict[str, float]

EXECUTABLE_SIZES = {
    "exec_simple": 100,
    "exec_multiple": 50,
    "exec_parallel": 50,
    "exec_parallel_multiple": 40,
    "rest": 70,
}
"""How many cases the categories had that can no longer be run."""


@dataclass(frozen=True)
class Accuracy:
    """How many of a category's cases are right.

    Attributes:
        share: From 0 to 1.
        n: How many cases there are.
    """

    share: float
    n: int


@dataclass(frozen=True)
class Totals:
    """The totals.

    Attributes:
        metrics: Those whose categories were all run, by name.
        lacking: The categories that each other total lacks, by its name.
    """

    metrics: dict[str, Metric]
    lacking: dict[str, tuple[str, ...]]


def totals(accuracies: Mapping[str, Accuracy]) -> Totals:
    """Returns the totals of categories.

    Args:
        accuracies: By category; the executable ones may be among them.
    """
    metrics: dict[str, Metric] = {}
    lacking: dict[str, tuple[str, ...]] = {}
    executed = any(name in accuracies for name in EXECUTABLE)
    sizes = {name: found.n for name, found in accuracies.items()}
    for name, weights in _all_weights(sizes).items():
        if not executed and any(part in EXECUTABLE for part in weights):
            continue
        missing = tuple(part for part in weights if part not in accuracies)
        if missing:
            lacking[name] = missing
        else:
            metrics[name] = _weighted(accuracies, weights)
    return Totals(metrics, lacking)


def _all_weights(sizes: Mapping[str, int]) -> dict[str, _Weights]:
    """Returns each total's weights by category."""
    simple = _mean("simple", "java", "javascript")
    ast = (simple, *map(_mean, ("multiple", "parallel", "parallel_multiple")))
    executable = (
        _mean("exec_simple", "rest"),
        *map(_mean, ("exec_multiple", "exec_parallel", "exec_parallel_multiple")),
    )
    irrelevance = _mean("irrelevance")
    non_live = _mean_of(*ast, irrelevance)
    with_executable = _mean_of(*ast, *executable, irrelevance)
    live, multi_turn = _pooled(LIVE, sizes), _mean(*MULTI_TURN)
    return {
        "overall": _mean_of(non_live, live, multi_turn),
        "overall_with_executable": _mean_of(with_executable, live, multi_turn),
        "non_live": non_live,
        "non_live_with_executable": with_executable,
        "non_live_ast": _mean_of(*ast),
        "non_live_exec": _mean_of(*executable),
        "non_live_simple_ast": simple,
        "live": live,
        "live_ast": _pooled(LIVE_AST, sizes),
        "multi_turn": multi_turn,
        "relevance": _mean(*RELEVANCE),
        "irrelevance": _mean(*IRRELEVANCE),
    }


def _mean(*categories: str) -> _Weights:
    return dict.fromkeys(categories, 1 / len(categories))


def _mean_of(*parts: _Weights) -> _Weights:
    weights: _Weights = {}
    for part in parts:
        for name, weight in part.items():
            weights[name] = weights.get(name, 0.0) + weight / len(parts)
    return weights


def _pooled(categories: tuple[str, ...], sizes: Mapping[str, int]) -> _Weights:
    whole = sum(sizes.get(name, 0) for name in categories) or 1
    return {name: sizes.get(name, 0) / whole for name in categories}


def _weighted(accuracies: Mapping[str, Accuracy], weights: _Weights) -> Metric:
    """Returns a weighted mean with its interval.

    The interval is made of the categories' Wilson intervals by MOVER (Zou and Donner
    2008): unlike the bootstrap's it has a width where all cases, or none, are right.
    """
    value = below = above = 0.0
    for name, weight in weights.items():
        found = accuracies[name]
        low, high = wilson(round(found.share * found.n), found.n)
        value += weight * 100 * found.share
        below += (weight * max(0.0, 100 * found.share - low)) ** 2
        above += (weight * max(0.0, high - 100 * found.share)) ** 2
    interval = Interval(max(0.0, value - sqrt(below)), min(100.0, value + sqrt(above)))
    return Metric(value, sum(accuracies[name].n for name in weights), interval)
