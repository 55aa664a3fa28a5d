"""Oumi for tests that call its functions, without what it leaves behind."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest


@pytest.fixture
def oumi_quietly(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Registers our plug-in, and gives logging and environment back as they were."""
    import oumi.train  # noqa: F401

    import coalm_oumi.plugin  # noqa: F401

    kept = dict(os.environ)
    loggers = [logging.getLogger(name) for name in ("oumi", "oumi.telemetry")]
    handlers = [(logger.level, logger.handlers[:]) for logger in loggers]
    yield
    os.environ.clear()
    os.environ.update(kept)
    for logger, (level, kept_handlers) in zip(loggers, handlers, strict=True):
        logger.setLevel(level)
        logger.handlers[:] = kept_handlers
