"""Numbers read back from a run's files, which anyone may have changed."""

from __future__ import annotations

from typing import Any, TypeGuard

_LARGEST = 1e15


def is_count(value: Any) -> TypeGuard[int]:
    """Says whether a value is a whole number that something can be counted by."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole and 0 <= value < _LARGEST


def is_amount(value: Any) -> TypeGuard[float]:
    """Says whether a value is a number that can be added up: finite, 0 or more."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and 0 <= value < _LARGEST
