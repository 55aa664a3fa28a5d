"""BFCL V3, checked by upstream's own code in a process apart (README.md in this folder)."""

from coalm_oumi.benchmarks.bfcl.categories import CATEGORIES, NOT_RUN
from coalm_oumi.benchmarks.bfcl.load import BfclCase, BfclData, load_bfcl
from coalm_oumi.benchmarks.bfcl.run import BfclRun, prepare_run
from coalm_oumi.benchmarks.bfcl.score import score

__all__ = [
    "CATEGORIES",
    "NOT_RUN",
    "BfclCase",
    "BfclData",
    "BfclRun",
    "load_bfcl",
    "prepare_run",
    "score",
]
