"""The package imports one way: the contracts of pyproject.toml hold, and can be broken."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECK = """
import sys
from importlinter.cli import lint_imports
sys.exit(lint_imports(cache_dir=None))
"""


def check_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Checks the contracts for the package that lies in a folder."""
    return subprocess.run(
        [sys.executable, "-c", CHECK],
        cwd=folder,
        env={"COLUMNS": "200"},
        text=True,
        capture_output=True,
        timeout=120,
    )


@pytest.fixture
def copied(repository: Path, tmp_path: Path) -> Path:
    """A copy of the package in which wrong imports can be planted."""
    shutil.copytree(
        repository / "coalm_oumi",
        tmp_path / "coalm_oumi",
        ignore=lambda folder, names: [
            name
            for name in names
            if not (name.endswith(".py") or Path(folder, name).is_dir())
        ],
    )
    shutil.copy(repository / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_hold(repository: Path) -> None:
    checked = check_imports(repository)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        (
            {"calls/planted.py": "import coalm_oumi.cli"},
            "coalm_oumi.calls is not allowed to import coalm_oumi.cli",
        ),
        (
            {"prompts/planted.py": "def late():\n    import coalm_oumi.calls.bracket"},
            "coalm_oumi.prompts is not allowed to import coalm_oumi.calls",
        ),
        (
            {
                "calls/one.py": "from coalm_oumi.calls import two",
                "calls/two.py": "from coalm_oumi.calls import one",
            },
            "No cycles are allowed in coalm_oumi.calls",
        ),
        ({"unlisted/__init__.py": ""}, "unlisted"),
    ],
    ids=["upwards", "inside a function", "a circle", "a room that no layer lists"],
)
def test_a_wrong_import_is_found(
    copied: Path, planted: dict[str, str], said: str
) -> None:
    for name, text in planted.items():
        path = copied / "coalm_oumi" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    checked = check_imports(copied)
    assert checked.returncode == 1, checked.stdout + checked.stderr
    assert said in checked.stdout
