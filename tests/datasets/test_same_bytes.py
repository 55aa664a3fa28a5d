"""The same seed gives the same bytes, in every Python."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.datasets.same_bytes import digests

# Changes only with the format of the samples, and then with a note in the changelog.
EXPECTED = {
    "function_calling": (
        "a3778823f70a03e846bb364aed4fa161d19f2c2572d232ec82cdade14697239f"
    ),
    "state_tracking": (
        "54b05cd308a9bd3ba8869c1bb27483fedf2e350fa0ed6e8e3cb5d3e5d5ebde63"
    ),
    "toolace": "366917a145dfac3575f9f40a3044930982a47069521dbd11e749e083743353d4",
}


def interpreter(version: str) -> str | None:
    """Finds a Python: this one, pyenv's (its shims may lead nowhere), or PATH's."""
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for python in sorted(root.glob(f"versions/{version}.*/bin/python{version}")):
        return str(python)
    found = shutil.which(f"python{version}")
    return None if found and "shims" in Path(found).parts else found


def test_seed_42_gives_the_bytes_it_always_gave() -> None:
    assert digests() == EXPECTED


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_another_python_and_another_hash_seed_give_the_same(
    repository: Path, version: str
) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"there is no Python {version} on this machine")
    script = repository / "tests" / "datasets" / "same_bytes.py"
    env = os.environ | {"PYTHONPATH": str(repository), "PYTHONHASHSEED": "7"}
    printed = subprocess.run(
        [python, script], env=env, check=False, capture_output=True, text=True
    )
    assert printed.stderr == ""
    assert json.loads(printed.stdout) == EXPECTED
