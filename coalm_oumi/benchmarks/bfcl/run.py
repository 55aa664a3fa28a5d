"""A run of the benchmark: its cases, the checker they are judged by, and what both are."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coalm_oumi.benchmarks.bfcl.categories import MULTI_TURN
from coalm_oumi.benchmarks.bfcl.checker_process import Checker
from coalm_oumi.benchmarks.bfcl.environment import ensure_environment, package_data
from coalm_oumi.benchmarks.bfcl.load import BfclData, load_bfcl
from coalm_oumi.benchmarks.bfcl.score import score, scores_of
from coalm_oumi.benchmarks.bfcl.simulators import Simulators, find_simulators
from coalm_oumi.benchmarks.bfcl.verdicts import without_calls
from coalm_oumi.evaluation.results import Scores
from coalm_oumi.sources.locate import OnMissing

PROTOCOL = (
    "BFCL V3 without executable categories; calls as text, checked and executed by "
    "bfcl-eval 2025.8.6.2"
)

CHECKERS_DATA = "checker"
"""Stands for the data that bfcl-eval itself brings, in place of a folder."""

_MOST_WORKERS = 4
_SECONDS_BETWEEN_LINES = 10.0


@dataclass(frozen=True)
class BfclRun:
    """Cases and their checker.

    Attributes:
        data: The cases.
        checker: Upstream's checker.
        simulators: The simulated APIs that multi-turn cases are played on.
        versions: What the checker says of itself.
        per_category: How many cases of each category there are at most, if not all.
    """

    data: BfclData
    checker: Checker
    simulators: Simulators
    versions: Mapping[str, Any]
    per_category: int | None = None

    def provenance(self) -> dict[str, Any]:
        """Returns what makes the scores again, but for the replies."""
        return {
            "benchmark": "bfcl_v3",
            "protocol": PROTOCOL,
            "data": self.data.origin,
            "data_sha256": self.data.digest,
            "simulated_apis": self.simulators.name,
            "checker": dict(self.versions),
        }

    def score(
        self,
        predictions: Mapping[str, Any],
        *,
        executable: Mapping[str, float] | None = None,
    ) -> Scores:
        """Scores predictions, and lets the checker's processes go.

        Args:
            predictions: By case id; cases without one are left out.
            executable: As for `score.score`.

        Raises:
            CoalmError: The checker is out of order.
        """
        cases = [case for case in self.data.cases if case.id in predictions]
        told = (self.simulators.note, self._part())
        notes = [note for note in told if note]
        try:
            return score(
                cases,
                predictions,
                self.checker,
                executable=executable,
                withheld=MULTI_TURN if self.simulators.note else (),
                notes=notes,
                tell=_told_now_and_then(len(cases)),
            )
        finally:
            self.checker.close()

    def score_without_calls(self, predictions: Mapping[str, Any], reply: str) -> Scores:
        """Scores a reply that calls nothing in the place of each prediction.

        The checker is not asked: such a reply is right where no function fits, and
        nowhere else.
        """
        cases = [case for case in self.data.cases if case.id in predictions]
        replies = {case.id: reply for case in cases}
        withheld = MULTI_TURN if self.simulators.note else ()
        return scores_of(cases, replies, without_calls(cases), {}, withheld)

    def _part(self) -> str:
        if self.per_category is None:
            return ""
        return f"only the first {self.per_category} of each category were scored."


def prepare_run(
    categories: Sequence[str],
    data: str | Path | None,
    *,
    on_missing: OnMissing = "error",
    per_category: int | None = None,
) -> BfclRun:
    """Loads cases and starts the checker, making its environment if need be.

    Args:
        categories: Which.
        data: A folder, `checker` for the data of the checker's package, or nothing for
            the place where the source is found.
        on_missing: What to do when that is nowhere.
        per_category: How many cases of each category to take from its start.

    Raises:
        CoalmError: The data is missing or malformed; the environment cannot be made.
    """
    if data is not None and str(data) == CHECKERS_DATA:
        data = package_data(ensure_environment())
    loaded = load_bfcl(
        categories=categories,
        data=data,
        on_missing=on_missing,
        per_category=per_category,
    )
    python = ensure_environment()
    simulators = find_simulators(loaded)
    workers = min(_MOST_WORKERS, os.cpu_count() or 1)
    checker = Checker(python, simulators=simulators.folder, workers=workers)
    return BfclRun(loaded, checker, simulators, checker.versions(), per_category)


def _told_now_and_then(total: int) -> Callable[[int], None]:
    said = time.monotonic()

    def tell(done: int) -> None:
        nonlocal said
        now = time.monotonic()
        if now - said >= _SECONDS_BETWEEN_LINES:
            said = now
            print(f"bfcl_v3: {done} of {total} checked", file=sys.stderr, flush=True)

    return tell
