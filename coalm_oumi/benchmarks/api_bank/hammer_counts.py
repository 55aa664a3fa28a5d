"""API and parameter F1 as MadeAgents/Hammer's `evaluation/evaluate.py` defines them.

They stand beside ours so that numbers can be set beside published ones. The definition:

- Arguments are pairs of a name and the value's Python text; an empty text is none.
- A reply that is no list of calls is one API predicted, and wrong.
- Every predicted call of the gold's name is right, however often it is repeated: recall,
  and with it F1, can pass 100.
- Parameters are right in calls of the gold's name. A call without arguments where the gold
  has none counts as one right parameter, but in neither of the sums that it is divided by:
  the gold answers themselves have 100.66 (level 1) and 100.40 (level 2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from coalm_oumi.calls import FunctionCall

Counts = tuple[int, int, int]
"""What is right, found, and expected."""


def api_counts(calls: Sequence[FunctionCall] | None, gold: FunctionCall) -> Counts:
    """Counts names of calls.

    Args:
        calls: The calls of a reply; None if it is no list of calls.
        gold: The right call.
    """
    if calls is None:
        return 0, 1, 1
    return sum(call.name == gold.name for call in calls), len(calls), 1


def param_counts(calls: Sequence[FunctionCall] | None, gold: FunctionCall) -> Counts:
    """Counts parameters with their values."""
    wanted = _pairs(gold.arguments)
    right = found = 0
    for call in calls or ():
        pairs = _pairs(call.arguments)
        found += pairs.total()
        if call.name == gold.name:
            right += (pairs & wanted).total() if pairs or wanted else 1
    return right, found, wanted.total()


def _pairs(arguments: Mapping[str, Any]) -> Counter[tuple[str, str]]:
    texts = {name: value_text(value) for name, value in arguments.items()}
    return Counter((name, text) for name, text in texts.items() if text)


def value_text(value: Any) -> str:
    """Returns an argument's value as Python writes it."""
    try:
        return str(value)
    except (RecursionError, ValueError):  # hostile nesting, or thousands of digits
        return "(not a value)"
