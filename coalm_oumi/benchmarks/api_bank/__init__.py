"""API-Bank, levels 1 and 2, as CoALM was scored on it (README.md in this folder)."""

from coalm_oumi.benchmarks.api_bank.load import ApiBankCase, ApiBankData, load_api_bank
from coalm_oumi.benchmarks.api_bank.reply import parse_calls
from coalm_oumi.benchmarks.api_bank.score import score

__all__ = [
    "ApiBankCase",
    "ApiBankData",
    "load_api_bank",
    "parse_calls",
    "score",
]
