"""The files that are installed beside the package, as Python and Oumi treat them."""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
from pathlib import Path

import pytest

ACTIVATION = Path(__file__).parents[2] / "coalm_oumi" / "activation"
FILES = ("coalm_oumi.pth", "coalm_oumi_plugin.txt", "coalm_oumi_plugin.py")


@pytest.fixture
def site_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in FILES:
        shutil.copy(ACTIVATION / name, tmp_path)
    monkeypatch.delenv("OUMI_EXTRA_DEPS_FILE", raising=False)
    return tmp_path


def variable_after_start(folder: Path) -> str | None:
    site.addsitedir(str(folder))
    return os.environ.get("OUMI_EXTRA_DEPS_FILE")


def test_sets_the_variable(site_folder: Path) -> None:
    expected = str(site_folder / "coalm_oumi_plugin.txt")
    assert variable_after_start(site_folder) == expected


def test_leaves_a_user_s_own_in_charge(
    site_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUMI_EXTRA_DEPS_FILE", "/home/me/plugins.txt")
    assert variable_after_start(site_folder) == "/home/me/plugins.txt"


@pytest.mark.parametrize("removed", FILES[1:])
def test_half_removed_does_nothing(
    site_folder: Path, removed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (site_folder / removed).unlink()
    assert variable_after_start(site_folder) is None
    assert capsys.readouterr().err == ""


def test_imports_nothing_at_start(site_folder: Path) -> None:
    code = (
        "import sys; before = set(sys.modules); import site;"
        f"site.addsitedir({str(site_folder)!r});"
        "print(sorted(set(sys.modules) - before - {'site', '_sitebuiltins'}))"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == "[]"


def test_is_one_line_that_python_runs() -> None:
    lines = (ACTIVATION / "coalm_oumi.pth").read_text().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("import ")


def test_every_file_is_in_the_wheel(repository: Path) -> None:
    project = (repository / "pyproject.toml").read_text()
    for name in FILES:
        assert f'"coalm_oumi/activation/{name}" = "{name}"' in project


def test_types_are_told_to_type_checkers(repository: Path) -> None:
    # PEP 561; hatchling puts every file of the package that git does not ignore into the
    # wheel.
    assert (repository / "coalm_oumi/py.typed").read_bytes() == b""
    project = (repository / "pyproject.toml").read_text()
    assert 'packages = ["coalm_oumi"]' in project
