"""Fixtures of the multiwoz24 tests: those of the town."""

from __future__ import annotations

from tests.environments.multiwoz.conftest import (
    cambridge,
    cambridge_folder,
    golden,
    golden_folder,
    real_folder,
    real_multiwoz,
    small_databases,
)

__all__ = [
    "cambridge",
    "cambridge_folder",
    "golden",
    "golden_folder",
    "real_folder",
    "real_multiwoz",
    "small_databases",
]
