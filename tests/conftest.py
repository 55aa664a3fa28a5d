"""Fixtures shared by all tests, and the environment they run in: offline, unobserved."""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with the real sources, named by COALM_TEST_DATA_DIR."""
    folder = os.environ.get("COALM_TEST_DATA_DIR")
    if not folder or not Path(folder).is_dir():
        pytest.skip("COALM_TEST_DATA_DIR names no folder with the real sources")
    return Path(folder)


@pytest.fixture(autouse=True)
def _own_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Keeps each test away from the user's data folder, cache and tokens."""
    cache = tmp_path_factory.getbasetemp() / "cache"
    monkeypatch.setenv("COALM_CACHE_DIR", str(cache))
    for name in ("COALM_DATA_DIR", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
