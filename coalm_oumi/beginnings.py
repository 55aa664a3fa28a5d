"""What two lists of tokens begin with in common."""

from __future__ import annotations

from collections.abc import Sequence


def common_length(one: Sequence[int], other: Sequence[int]) -> int:
    """Returns how many tokens two lists begin with in common."""
    n = min(len(one), len(other))
    if one[:n] == other[:n]:
        return n
    low = 0
    while n - low > 1:
        middle = (low + n) // 2
        low, n = (middle, n) if one[:middle] == other[:middle] else (low, middle)
    return low
