"""How a library's function is replaced by its corrected form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])
_MARK = "corrections_by_coalm"


def correct(
    owner: Any,
    name: str,
    correction: Callable[[Callable[..., Any]], Callable[..., Any]],
) -> None:
    """Replaces a function by its corrected form, once for each correction.

    A release that has no such function goes another way, and is left as it is.

    Args:
        owner: The module or class that has the function.
        name: The function's name there.
        correction: Makes the corrected function of the library's own.
    """
    original = getattr(owner, name, None)
    made: frozenset[Any] = getattr(original, _MARK, frozenset())
    if original is not None and correction not in made:
        corrected = correction(original)
        setattr(corrected, _MARK, made | {correction})
        setattr(owner, name, corrected)
