"""The paper's results: tables 2 to 5 of arXiv 2502.08820, as printed, in per cent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coalm_oumi.benchmarks.results import Metric, Metrics


@dataclass(frozen=True)
class PaperColumn:
    """A column of a table.

    Attributes:
        title: Its head.
        metrics: Our metrics that are the same figure; the first one present counts.
        n: Over how many cases it is, None if a difference makes no sense.
    """

    title: str
    metrics: tuple[str, ...]
    n: int | None = None


@dataclass(frozen=True)
class PaperTable:
    """A table.

    Attributes:
        number: Its number in the paper.
        task: Our benchmark of the same name.
        columns: Its columns behind the model's name.
        rows: A model's values, None where the paper has none, by the model's name.
        note: What to know before comparing.
        decimals: Digits behind the point in the print.
        told: What is told of our rows beside the model, as named in their provenance.
    """

    number: int
    task: str
    columns: tuple[PaperColumn, ...]
    rows: Mapping[str, tuple[float | None, ...]]
    note: str
    decimals: int = 1
    told: tuple[str, ...] = ()

    def own(self, metrics: Metrics, column: PaperColumn) -> Metric | None:
        """Returns our figure for a column, if a result has it."""
        names = (name for name in column.metrics if name in metrics)
        return metrics.get(next(names, ""))


def comparable(
    column: PaperColumn, metric: Metric, provenance: Mapping[str, Any]
) -> bool:
    """Says whether our figure and the paper's are over the same cases, asked alike.

    Of a result that does not record its prompt that is not known.
    """
    if provenance.get("prompt") is None:
        return False
    return column.n is not None and metric.n == column.n


_MULTIWOZ = PaperTable(
    2,
    "multiwoz24",
    (
        PaperColumn("Success", ("success",)),
        PaperColumn("JGA", ("jga_lenient",)),
    ),
    {
        "CoALM-8B": (51.6, 30.4),
        "CoALM-70B": (69.4, 43.8),
        "CoALM-405B": (66.7, 38.8),
        "Llama-3.1-8B-Instruct": (19.9, 26.3),
        "Llama-3.3-70B-Instruct": (67.6, 40.8),
        "Hammer2.0-7B": (23.5, 21.7),
        "ToolACE": (18.0, 34.4),
        "Granite-20B": (10.7, 21.8),
        "CodeActAgent": (9.5, 20.2),
        "Mistral-7B": (31.2, 27.0),
        "FnCTOD": (44.4, 37.9),
        "NC-Latent-TOD": (68.3, 39.7),
        "GPT-3.5": (None, 13.5),
        "GPT-4o-mini": (69.9, 38.4),
        "GPT-4o": (75.5, 36.9),
    },
    "Which prompt the paper used, and whether its users were simulated, is not known: no "
    "difference is given. gold_history is most probably its protocol.",
    told=("protocol", "prompt"),
)

_API_BANK = PaperTable(
    3,
    "api_bank",
    tuple(
        PaperColumn(f"{title} L{level}", (f"l{level}_{name}",), n)
        for title, name in (
            ("Rouge-L", "rouge_l"),
            ("Rouge-1", "rouge_1"),
            ("Rouge-2", "rouge_2"),
            ("BLEU-4", "bleu_4"),
        )
        for level, n in ((1, 399), (2, 127))
    ),
    {
        "CoALM-8B": (92.8, 81.9, 94.1, 81.2, 91.9, 76.4, 89.4, 69.7),
        "CoALM-70B": (92.7, 83.2, 94.5, 82.7, 92.5, 78.9, 89.5, 72.4),
        "CoALM-405B": (93.4, 77.8, 94.5, 77.1, 92.4, 71.9, 90.3, 64.4),
        "Llama-3.1-8B-Instruct": (72.7, 75.2, 84.0, 81.4, 79.8, 76.3, 62.3, 65.1),
        "Qwen2.5-7B": (84.3, 73.9, 88.9, 78.5, 84.6, 71.2, 76.4, 64.2),
        "Hammer2.0-7B": (90.1, 74.0, 92.3, 74.1, 89.9, 68.5, 85.4, 58.4),
        "ToolACE": (81.5, 63.6, 88.8, 71.3, 85.0, 63.0, 76.1, 67.0),
        "Granite-20B": (60.3, 45.7, 64.7, 48.9, 59.5, 43.4, 43.8, 29.3),
        "FnCTOD-13B": (3.9, 3.3, 22.1, 23.4, 8.0, 9.2, 1.5, 1.1),
        "LDST": (8.3, 7.1, 12.8, 11.6, 2.7, 2.4, 6.2, 5.7),
    },
    "Overlap as text: a perfect model that leaves out the code fence has a Rouge-L of "
    "92.64 on level 1 and 91.64 on level 2. The paper's chat template and, for one row "
    "(CoALM-70B), one number of the print are not certain.",
)

_BFCL = PaperTable(
    4,
    "bfcl_v3",
    (
        PaperColumn("Overall", ("overall",)),
        PaperColumn("Non-live AST", ("non_live_ast",), 1150),
        PaperColumn("Non-live exec", ("non_live_exec",)),
        PaperColumn("Live", ("live",), 2251),
        PaperColumn("Multi-turn", ("multi_turn",), 800),
        PaperColumn("Relevance", ("relevance",), 18),
        PaperColumn("Irrelevance", ("irrelevance",), 1122),
    ),
    {
        "CoALM-8B": (54.11, 85.17, 78.61, 72.59, 7.00, 77.78, 83.00),
        "CoALM-70B": (60.49, 82.94, 81.36, 72.19, 26.25, 72.22, 85.36),
        "CoALM-405B": (63.34, 90.46, 84.75, 74.59, 28.25, 100.0, 72.26),
        "Mistral-7B": (38.35, 56.33, 63.77, 57.31, 0.25, 77.78, 41.84),
        "Llama-3.1-8B-Instruct": (49.84, 84.25, 79.75, 60.33, 10.25, 75.61, 47.92),
        "Llama-3.3-70B-Instruct": (51.36, 84.85, 90.05, 62.51, 7.25, 95.12, 48.33),
        "ToolACE": (52.55, 82.19, 86.98, 71.08, 0.88, 70.73, 87.29),
        "Hammer2.0-7B": (52.13, 86.94, 83.66, 71.17, 0.38, 95.12, 73.20),
        "Llama-3.1-405B-Instruct": (56.38, 89.71, 84.70, 70.77, 11.75, 88.89, 70.86),
        "GPT-4o-mini": (59.40, 86.52, 85.05, 73.26, 19.00, 78.05, 76.97),
        "GPT-4o": (59.83, 70.08, 60.79, 76.41, 34.62, 51.22, 87.34),
    },
    "The paper's Overall counts executable categories that can no longer be run. The "
    "public leaderboard never showed CoALM-70B's row: it has multi-turn 7.00 and an "
    "overall of about 54.4.",
    decimals=2,
)

TABLES: tuple[PaperTable, ...] = (_MULTIWOZ, _API_BANK, _BFCL)
"""Tables 2 to 4: one benchmark each."""

ABLATION_COLUMNS = (
    ("multiwoz24", PaperColumn("MultiWOZ Success", ("success",))),
    ("multiwoz24", PaperColumn("MultiWOZ JGA", ("jga_lenient",))),
    ("api_bank", PaperColumn("API-Bank L1", ("l1_rouge_l",), 399)),
    ("api_bank", PaperColumn("API-Bank L2", ("l2_rouge_l",), 127)),
    ("bfcl_v3", PaperColumn("BFCL overall", ("overall",))),
)
"""Table 5's columns, each with the benchmark it is of."""

ABLATION_ROWS: Mapping[str, tuple[float, ...]] = {
    "Llama-3.1-8B-Instruct": (19.9, 26.3, 72.7, 75.2, 49.8),
    "without LA": (46.0, 28.5, 45.5, 48.8, 35.4),
    "without TOD": (42.0, 19.4, 92.7, 78.9, 54.1),
    "without CRA": (50.0, 34.5, 91.3, 78.8, 56.6),
    "CoALM-8B, all": (51.6, 30.4, 92.8, 81.9, 53.7),
}
"""Table 5: the 8B model with one part of the data left out."""
