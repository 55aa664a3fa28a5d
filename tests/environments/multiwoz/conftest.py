"""Fixtures of the MultiWOZ tests: a small Cambridge of our own, real data, scores."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.environments.multiwoz import Databases, MultiwozData, load_multiwoz
from tests.environments.multiwoz.cambridge import databases, write_cambridge


@pytest.fixture(scope="session")
def cambridge_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_cambridge(tmp_path_factory.mktemp("data") / "multiwoz24")


@pytest.fixture(scope="session")
def cambridge(cambridge_folder: Path) -> MultiwozData:
    return load_multiwoz(data=cambridge_folder, on_missing="error")


@pytest.fixture(scope="session")
def small_databases() -> Databases:
    return databases()


@pytest.fixture(scope="session")
def real_folder(real_data: Path) -> Path:
    return real_data / "multiwoz24"


@pytest.fixture(scope="session")
def real_multiwoz(real_folder: Path) -> MultiwozData:
    return load_multiwoz(data=real_folder, on_missing="error")


@pytest.fixture(scope="session")
def golden_folder(real_data: Path) -> Path:
    folder = real_data.parent / "golden" / "multiwoz"
    if not folder.is_dir():
        pytest.skip(f"the expected scores are not at {folder}")
    return folder


@pytest.fixture(scope="session")
def golden(golden_folder: Path) -> Callable[[str], Any]:
    """Reads one of the files with expected scores."""

    def read(name: str) -> Any:
        return json.loads(gzip.decompress((golden_folder / name).read_bytes()))

    return read
