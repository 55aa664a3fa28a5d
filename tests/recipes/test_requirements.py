"""Each requirement has a floor and a ceiling, and none is under the GPL's name."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

PROJECT = (Path(__file__).parents[2] / "pyproject.toml").read_text()


def requirements() -> list[Requirement]:
    lists = re.findall(
        r"^(?:dependencies|gpu|test|dev) = \[(.*?)^\]", PROJECT, re.M | re.S
    )
    assert len(lists) == 4
    texts = [text for found in lists for text in re.findall(r'"(.+)"', found)]
    return [Requirement(text) for text in texts if not text.startswith("coalm-oumi[")]


def test_floor_and_ceiling() -> None:
    without = [
        str(requirement)
        for requirement in requirements()
        if {">=", "<"} - {spec.operator for spec in requirement.specifier}
    ]
    assert without == []


def test_the_lock_file_lies_within_them(repository: Path) -> None:
    locked = dict(
        re.findall(
            r"^([\w.-]+)==([\w.]+)",
            (repository / "requirements.lock").read_text(),
            re.M,
        )
    )
    outside = [
        f"{requirement}: {locked.get(requirement.name)}"
        for requirement in requirements()
        if not requirement.specifier.contains(locked.get(requirement.name, "0"))
    ]
    assert outside == []


def test_they_are_those_that_last_resolved(repository: Path) -> None:
    digest = repository / ".ci/requirements_digest.py"
    if not digest.is_file():
        pytest.skip("a source archive brings no .ci")
    now = subprocess.run(
        [sys.executable, digest], capture_output=True, text=True, check=True
    )
    assert (repository / ".ci/resolved").read_text() == now.stdout, (
        "the requirements have changed: run `bash .ci/resolve`, which writes .ci/resolved"
    )
