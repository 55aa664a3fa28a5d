"""Reports on stored results: tables against the paper, comparisons, plots, one page.

Knows the results' schema (`evaluation/results.py`) and what a benchmark's object says of
the paper; how scores are made it does not know.
"""

from coalm_oumi.evaluation.report.build import build_report
from coalm_oumi.evaluation.report.stored import (
    StoredResult,
    read_results,
    without_results,
)

__all__ = ["StoredResult", "build_report", "read_results", "without_results"]
