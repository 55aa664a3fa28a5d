"""Fixtures of the benchmarks' tests: the environment of BFCL's checker."""

from __future__ import annotations

from pathlib import Path

import pytest

from coalm_oumi.benchmarks.bfcl.environment import PYTHON_VARIABLE, ensure_environment
from coalm_oumi.errors import CoalmError


@pytest.fixture(scope="session")
def checker_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of the checker's environment, made once for all tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COALM_CACHE_DIR", str(tmp_path_factory.mktemp("bfcl-cache")))
        try:
            return ensure_environment(lambda line: None)
        except CoalmError as error:
            pytest.skip(f"no environment for bfcl-eval, nor {PYTHON_VARIABLE}: {error}")
