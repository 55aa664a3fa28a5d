"""Partial similarity of two texts, as MultiWOZ's scorers measure it.

    >>> partial_ratio("gonville", "gonville hotel")
    100
    >>> partial_ratio("cityrooms", "cityroomz")
    89

The reference scorers (mwzeval, multiwoz-helper) call `partial_ratio` of fuzzywuzzy 0.18
on top of Python's difflib. This is an implementation of that definition: the shorter text
is laid against the longer one at every common block that difflib finds, and the best
similarity of such a window counts. Other libraries define the windows otherwise, and
move published scores by up to 0.2.
"""

from __future__ import annotations

from collections import Counter
from difflib import SequenceMatcher
from functools import lru_cache

LONGEST = 1000
"""Texts longer than this, in characters, are like no value: they match nothing."""

# From this length on difflib ignores characters that are frequent in the longer text.
_AUTOJUNK = 200
# Above this share fuzzywuzzy calls a window equal.
_EQUAL = 0.995


def partial_ratio(one: str, other: str) -> int:
    """Returns how well the shorter text matches some part of the longer one.

    Args:
        one: A text.
        other: Another; of two equally long ones the first is laid against the second.

    Returns:
        0 to 100; 100 for a part of the longer text. An empty text is like none but
        itself.
    """
    if one == other:
        return 100
    if not one or not other:
        return 0
    short, long = (one, other) if len(one) <= len(other) else (other, one)
    best = 0.0
    for start, place, _ in SequenceMatcher(None, short, long).get_matching_blocks():
        begin = max(place - start, 0)
        window = long[begin : begin + len(short)]
        ratio = SequenceMatcher(None, short, window).ratio()
        if ratio > _EQUAL:
            return 100
        best = max(best, ratio)
    return round(100 * best)


@lru_cache(maxsize=1 << 17)
def alike(one: str, other: str, least: int) -> bool:
    """Says whether `partial_ratio(one, other) >= least`, mostly without computing it.

    Args:
        one: A text; one of more than `LONGEST` characters is as unlike as can be.
        other: Another.
        least: The threshold, 0 to 100.
    """
    if one == other:
        return True
    if not one or not other or len(one) > LONGEST or len(other) > LONGEST:
        return least <= 0
    short, long = (one, other) if len(one) <= len(other) else (other, one)
    if len(long) < _AUTOJUNK and short in long:
        return True
    # No window shares more characters with the shorter text than both texts share, and
    # a window at the end of the longer text is at least that long.
    shared = (Counter(short) & Counter(long)).total()
    if round(200 * shared / (len(short) + shared)) < least:
        return False
    return partial_ratio(one, other) >= least
