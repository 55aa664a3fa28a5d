"""Names of metrics as people read them: `slot_f1` is "slot F1"."""

from __future__ import annotations

_WORDS = {"f1": "F1", "ast": "AST", "api": "API", "bleu": "BLEU", "rouge": "Rouge"}


def readable(name: str) -> str:
    """Returns a metric's name in words; a benchmark may say better (`metric_names`).

    >>> readable("joint_goal_accuracy")
    'joint goal accuracy'
    """
    return " ".join(_WORDS.get(word, word) for word in name.split("_"))
