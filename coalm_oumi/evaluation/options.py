"""The options that every benchmark has (`eval_kwargs` in a recipe)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from coalm_oumi.options import Options
from coalm_oumi.sources.locate import OnMissing


@dataclass(frozen=True, kw_only=True)
class BenchmarkOptions(Options):
    """The options that every benchmark has; a benchmark adds its own, with defaults.

    Attributes:
        data: A folder or file to test on instead of the source's own place.
        on_missing: What to do when the data is nowhere: `download`, `embedded`, `error`.
    """

    recipe_field: ClassVar[str] = "eval_kwargs"

    data: str | None = None
    on_missing: OnMissing = "download"
