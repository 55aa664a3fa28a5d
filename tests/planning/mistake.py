"""A mistake in a recipe, and what is to be said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Mistake:
    """A shipped recipe with something wrong, and what is to be said of it.

    Attributes:
        recipe: The recipe.
        changes: Its fields that are changed; None removes one.
        place: The field that the finding is to name.
        problem: Part of what is wrong.
        fix: Part of what helps.
        hardware: What it is to run on; None if nothing is said of it.
        global_batch: Samples that a step is to have.
        level: `error` or `warning`.
    """

    recipe: str
    changes: dict[str, Any]
    place: str
    problem: str
    fix: str
    hardware: str | None = "8xH100-80GB"
    global_batch: int | None = None
    level: str = "error"
