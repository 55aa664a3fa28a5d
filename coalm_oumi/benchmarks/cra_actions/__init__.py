"""Next actions on held-out SGD dialogues (README.md in this folder)."""

from coalm_oumi.benchmarks.cra_actions.judge import GoldCase
from coalm_oumi.benchmarks.cra_actions.load import CraActionsData, load_cra_actions
from coalm_oumi.benchmarks.cra_actions.prompt import action_prompts
from coalm_oumi.benchmarks.cra_actions.reply import Reply, parse_reply
from coalm_oumi.benchmarks.cra_actions.score import score

__all__ = [
    "CraActionsData",
    "GoldCase",
    "Reply",
    "action_prompts",
    "load_cra_actions",
    "parse_reply",
    "score",
]
