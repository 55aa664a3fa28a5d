"""One case that a scorer cannot judge ends no run: it is wrong, counted, and named.

    errors = CaseErrors()
    judged = [errors.guard(c.id, lambda: judge(c), lambda: no_reply(c)) for c in cases]
    notes = errors.notes()   # "1 of 24 cases made the scorer raise an error and counts ..."

The causes are mended where they are known; this is for those that are not. A user's error
(`CoalmError`), such as a missing package, is not the case's and ends the run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from coalm_oumi.errors import CoalmError, shorten

T = TypeVar("T")

SCORER_ERROR = "scorer error"
"""The kind of error of a case that could not be judged."""

_NAMED = 5


def guarded(judge: Callable[[], T], instead: Callable[[str], T]) -> T:
    """Judges a case, whatever a model has written.

    Args:
        judge: Judges it.
        instead: What is taken where that raises an exception, given the exception in one
            line. It must not say that the case is right.

    Raises:
        CoalmError: As `judge` does.
    """
    try:
        return judge()
    except CoalmError:
        raise
    except Exception as error:
        return instead(
            f"{type(error).__name__}: {shorten(str(error), 200)}".rstrip(": ")
        )


class CaseErrors:
    """The cases that a scorer could not judge.

    Attributes:
        found: The exception of each, in one line, by the case's id.
    """

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self._guarded = 0

    def guard(self, key: str, judge: Callable[[], T], instead: Callable[[], T]) -> T:
        """Judges a case; `instead` is taken where that raises an exception.

        Args:
            key: The case's id.
            judge: Judges it.
            instead: Makes what is worth nothing, such as a reply without a word.
        """
        self._guarded += 1

        def failed(told: str) -> T:
            self.found[key] = told
            return instead()

        return guarded(judge, failed)

    def marked(self, report: Mapping[str, Any], prediction: Any) -> dict[str, Any]:
        """Returns a case's report, with the exception if it could not be judged.

        Args:
            report: The report, with the case's `id`.
            prediction: What the model wrote.
        """
        told = self.found.get(report["id"])
        if told is None:
            return dict(report)
        wrong = {"right": False, "error": SCORER_ERROR, "exception": told}
        return {**report, "prediction": prediction, **wrong}

    def notes(self) -> tuple[str, ...]:
        """Returns a sentence that names the cases; none if all could be judged."""
        if not self.found:
            return ()
        n, named = len(self.found), list(self.found.items())[:_NAMED]
        listed = "; ".join(f"{key} ({told})" for key, told in named)
        more = f"; and {n - _NAMED} more" if n > _NAMED else ""
        verb = "counts" if n == 1 else "count"
        return (
            f"{n} of {self._guarded} cases made the scorer raise an error and {verb} as "
            f"wrong ({SCORER_ERROR}): {listed}{more}. Please report it.",
        )
