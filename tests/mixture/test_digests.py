"""The same seed gives the bytes that it always gave: builds, and datasets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.mixture.digests import (
    BUILDS,
    DATASETS,
    REAL_BUILD,
    REPOSITORY,
    build_digests,
    dataset_digests,
    mixture_dataset_digests,
)

EXPECTED = json.loads(Path(__file__).with_name("digests.json").read_text("utf-8"))


def comparable(digests: dict[str, str]) -> dict[str, str]:
    """Leaves out Parquet files, whose bytes depend on pyarrow, if it is another one."""
    own = f"pyarrow {pa.__version__}: "
    return {
        name: digest
        for name, digest in digests.items()
        if not name.startswith("pyarrow ") or name.startswith(own)
    }


def compare(found: dict[str, str], expected: dict[str, str]) -> None:
    """Holds digests against the expected ones, as far as pyarrow is the same."""
    if comparable(expected) == expected:
        assert found == expected
    else:
        assert {k: v for k, v in found.items() if k in expected} == comparable(expected)


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)  # the paths of one's own APIs stand in the manifest


@pytest.mark.parametrize("name", BUILDS)
def test_a_build_of_the_embedded_corpus(tmp_path: Path, name: str) -> None:
    compare(build_digests(*BUILDS[name], tmp_path), EXPECTED["builds"][name])


def test_the_number_of_processes_changes_no_byte() -> None:
    builds = EXPECTED["builds"]
    assert builds["seed 42"] == builds["seed 42, two processes"]


@pytest.mark.parametrize("name", DATASETS)
def test_a_dataset_of_the_embedded_corpus(name: str) -> None:
    kind, options = DATASETS[name]
    assert dataset_digests(kind, options) == EXPECTED["datasets"][name]


def test_the_dataset_of_a_build(tmp_path: Path) -> None:
    assert mixture_dataset_digests(tmp_path) == EXPECTED["datasets"]["it"]


@pytest.mark.slow
def test_a_build_of_the_real_sources(
    real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COALM_DATA_DIR", str(real_data))
    options: dict[str, Any] = REAL_BUILD
    compare(build_digests(options, 2, tmp_path), EXPECTED["real"])
