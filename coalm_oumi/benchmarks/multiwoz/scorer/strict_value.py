"""Slot values as the strict match of joint goal accuracy compares them.

    >>> tracked_value("time", "9:00 pm > 20:00")
    '21:00|20:00'
    >>> same_value("20:00", "21:00|20:00")
    True

MultiWOZ 2.4 marks several values that hold as `a|b`, and "a, else b" as `a>b`: in both
one of them is enough.
"""

from __future__ import annotations

import re
from functools import lru_cache

from coalm_oumi.benchmarks.multiwoz.scorer.tracked_time import tracked_time
from coalm_oumi.environments.multiwoz.data.canonical import (
    BED_AND_BREAKFAST,
    SPELLED_SLOTS,
    TIMED_SLOTS,
    canonical_value,
    helper_value,
)
from coalm_oumi.environments.multiwoz.data.domains import ANY_VALUES, DONTCARE_VALUES

_BETWEEN = re.compile(r"\s*[|<>]\s*")


@lru_cache(maxsize=1 << 14)
def tracked_value(slot: str, value: str) -> str:
    """Returns a value in one spelling: in lower case, `dontcare` so, times as HH:MM.

    Args:
        slot: The slot's name (`domains.tracked_slot`).
        value: Its value, or several.

    Returns:
        The value; several are `a|b`, without those that say nothing.
    """
    each = _BETWEEN.split(" ".join(value.lower().split()))
    said = [one for one in each if one not in ANY_VALUES] or each[:1]
    return "|".join(dict.fromkeys(_spelled(slot, one) for one in said))


def _spelled(slot: str, value: str) -> str:
    if value in DONTCARE_VALUES:
        return "dontcare"
    if slot in TIMED_SLOTS:
        return tracked_time(value)
    if slot in SPELLED_SLOTS:
        return helper_value(slot, value).replace(BED_AND_BREAKFAST, "b and b")
    return canonical_value(slot, value)


@lru_cache(maxsize=1 << 16)
def same_value(found: str, gold: str) -> bool:
    """Says whether a value is the gold's by the strict rule.

    Args:
        found: The predicted value (`tracked_value`). If it is several, all of them have
            to be the gold's.
        gold: The gold's; `a|b` for one of several.
    """
    wanted = {_letters_and_digits(one) for one in gold.split("|")}
    return all(_letters_and_digits(one) in wanted for one in found.split("|"))


def _letters_and_digits(value: str) -> str:
    return "".join(filter(str.isalnum, value))
