"""Fixtures for downloads: a local server, and an environment that may download."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

from tests.sources.http_server import Server, running_server


@pytest.fixture
def online(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Switches downloads on, with no token and no proxy."""
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "HF_ENDPOINT", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    # Read from the environment once, when the library is imported.
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no"))


@pytest.fixture
def server(online: None) -> Iterator[Server]:
    """A server on 127.0.0.1; downloads are switched on."""
    with running_server() as running:
        yield running
