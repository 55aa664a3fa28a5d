"""Fixtures of the BFCL tests: small data, a real checker."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from coalm_oumi.benchmarks.bfcl.checker_process import Checker
from coalm_oumi.benchmarks.bfcl.load import BfclCase, load_bfcl
from tests.benchmarks.bfcl.small_cases import CASES, write_small_cases


@pytest.fixture(scope="session")
def checker(checker_python: Path) -> Iterator[Checker]:
    """Upstream's checker, with two processes."""
    with Checker(checker_python, workers=2) as made:
        yield made


@pytest.fixture(scope="session")
def full_bfcl() -> Path:
    """The interpreter of an environment with all of bfcl-eval."""
    named = os.environ.get("COALM_BFCL_FULL_PYTHON")
    if not named or not Path(named).with_name("bfcl").is_file():
        pytest.skip("COALM_BFCL_FULL_PYTHON names no environment with bfcl-eval")
    return Path(named)


@pytest.fixture(scope="session")
def small_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a few cases of our own."""
    return write_small_cases(tmp_path_factory.mktemp("bfcl-small"))


@pytest.fixture(scope="session")
def small_cases(small_data: Path) -> dict[str, BfclCase]:
    """These cases by id."""
    data = load_bfcl(categories=tuple(CASES), data=small_data)
    return {case.id: case for case in data.cases}
