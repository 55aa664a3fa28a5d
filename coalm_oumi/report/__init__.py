"""Reports on stored results: tables against the paper, comparisons, plots, one page.

Knows the results' schema (`evaluation/results.py`) and the paper's numbers; how scores
are made it does not know.
"""

from coalm_oumi.report.build import build_report
from coalm_oumi.report.stored import StoredResult, read_results, without_results

__all__ = ["StoredResult", "build_report", "read_results", "without_results"]
