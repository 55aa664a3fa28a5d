"""A pytest plugin that prints the test modules it finds, and imports none of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest


class UnreadModule(pytest.Module):
    """A test module that is found and not imported."""

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """Returns no tests."""
        return []


def pytest_pycollect_makemodule(
    module_path: Path, parent: pytest.Collector
) -> pytest.Module:
    print(f"found {module_path.resolve()}")
    return UnreadModule.from_parent(parent, path=module_path)
