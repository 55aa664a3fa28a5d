"""SNIPS as single-turn dialogue state tracking (README.md in this folder)."""

from coalm_oumi.benchmarks.snips_dst.load import load_snips_dst
from coalm_oumi.benchmarks.snips_dst.reply import DialogueState, parse_state
from coalm_oumi.benchmarks.snips_dst.score import GoldCase, score

__all__ = [
    "DialogueState",
    "GoldCase",
    "load_snips_dst",
    "parse_state",
    "score",
]
