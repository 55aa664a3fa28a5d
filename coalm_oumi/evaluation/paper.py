"""What the paper (arXiv 2502.08820) printed on a benchmark: its rows of tables 2 to 5."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from coalm_oumi.evaluation.results import Metric, Metrics

ABLATION_MODELS = (
    "Llama-3.1-8B-Instruct",
    "without LA",
    "without TOD",
    "without CRA",
    "CoALM-8B, all",
)
"""The rows of table 5: the 8B model with one part of the data left out."""


@dataclass(frozen=True)
class PaperColumn:
    """A column of a table.

    Attributes:
        title: Its head.
        metrics: Our metrics that are the same figure; the first one present counts.
        n: Over how many cases it is, None if a difference makes no sense.
        ablation: In table 5, its values for `ABLATION_MODELS`.
    """

    title: str
    metrics: tuple[str, ...]
    n: int | None = None
    ablation: tuple[float, ...] = ()

    def own(self, metrics: Metrics) -> Metric | None:
        """Returns our figure, if a result has it."""
        return metrics.get(next((m for m in self.metrics if m in metrics), ""))

    def not_the_same_cases(self, metric: Metric) -> str:
        """Says why a figure of ours is not compared with it; nothing if it may be."""
        if self.n is None or self.n == metric.n:
            return ""
        of = "of" if metric.n < self.n else "cases, the paper's figure is over"
        return f"not compared: {metric.n:,} {of} {self.n:,} cases"


@dataclass(frozen=True)
class PaperTable:
    """The paper's table of one benchmark, as printed, in per cent.

    Attributes:
        number: Its number in the paper.
        columns: Its columns behind the model's name.
        rows: A model's values, None where the paper has none, by the model's name.
        note: What to know before comparing.
        protocol: How the `protocol` of results begins that its figures are of.
        told: What is told of our rows beside the model, as named in their provenance.
        other_prompts: How the names of prompts end that its figures are not of.
        ablation: The columns of table 5 that are of this benchmark.
    """

    number: int
    columns: tuple[PaperColumn, ...]
    rows: Mapping[str, tuple[float | None, ...]]
    note: str
    protocol: str
    told: tuple[str, ...] = ()
    other_prompts: tuple[str, ...] = ()
    ablation: tuple[PaperColumn, ...] = ()
