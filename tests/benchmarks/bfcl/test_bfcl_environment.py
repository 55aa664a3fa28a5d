"""The checker's environment: made once, whole or not at all, or a message that helps."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from coalm_oumi.benchmarks.bfcl import environment
from coalm_oumi.benchmarks.bfcl.environment import (
    PYTHON_VARIABLE,
    REQUIREMENTS,
    ensure_environment,
    environment_folder,
    package_data,
)
from coalm_oumi.errors import CoalmError

# Notes how it is called; `venv` makes a folder with something like an interpreter.
UV = """#!{python}
import os, sys
active = os.environ.get("VIRTUAL_ENV")
open({log!r}, "a").write(" ".join(sys.argv[1:]) + f" VENV={{active}}\\n")
if {fails!r} in sys.argv:
    print("error: no such host", file=sys.stderr)
    sys.exit(2)
if sys.argv[1] == "venv":
    os.makedirs(os.path.join(sys.argv[-1], "bin"), exist_ok=True)
    open(os.path.join(sys.argv[-1], "bin", "python"), "w").close()
"""


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where calls of uv are noted; the cache is empty."""
    monkeypatch.delenv(PYTHON_VARIABLE, raising=False)
    monkeypatch.setenv("COALM_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: None)
    path = tmp_path / "log"
    path.write_text("")
    return path


def put_uv(log: Path, monkeypatch: pytest.MonkeyPatch, fails: str = "") -> None:
    folder = log.with_name("bin")
    folder.mkdir()
    uv = folder / "uv"
    uv.write_text(UV.format(python=sys.executable, log=str(log), fails=fails))
    uv.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_it_is_made_with_pinned_packages_and_told(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_uv(log, monkeypatch)
    monkeypatch.setenv("VIRTUAL_ENV", "/ours")
    said: list[str] = []

    python = ensure_environment(said.append)

    assert python == environment_folder() / "bin" / "python"
    made, installed = log.read_text().splitlines()
    assert made.startswith(f"venv --python {sys.executable} ")
    assert "--no-deps --require-hashes --only-binary :all:" in installed
    assert f"--requirement {REQUIREMENTS}" in installed
    assert installed.endswith("VENV=None")
    assert said[0].startswith("bfcl_v3: making the checker's own environment (18 MB)")
    assert said[-1] == "bfcl_v3: the environment is ready"


def test_it_is_made_only_once(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_uv(log, monkeypatch)
    ensure_environment(lambda line: None)
    ensure_environment(lambda line: None)

    assert len(log.read_text().splitlines()) == 2


def test_without_uv_the_message_says_how_to_get_it(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(log.parent))
    with pytest.raises(CoalmError, match=r"Run `pip install uv` and the same command"):
        ensure_environment(lambda line: None)


def test_a_failed_installation_leaves_nothing_and_says_what_uv_says(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_uv(log, monkeypatch, fails="pip")
    with pytest.raises(CoalmError) as caught:
        ensure_environment(lambda line: None)

    assert "uv says: error: no such host" in str(caught.value)
    assert PYTHON_VARIABLE in str(caught.value)
    left = [path.name for path in environment_folder().parent.iterdir()]
    assert [name for name in left if not name.endswith(".lock")] == []


def test_an_interpreter_made_by_other_means_is_taken(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PYTHON_VARIABLE, sys.executable)
    assert ensure_environment() == Path(sys.executable)

    monkeypatch.setenv(PYTHON_VARIABLE, "/no/python")
    with pytest.raises(CoalmError, match=f"/no/python: {PYTHON_VARIABLE} names it"):
        ensure_environment()


def test_every_package_is_pinned_with_digests() -> None:
    lines = REQUIREMENTS.read_text().splitlines()
    pinned = [line.split()[0] for line in lines if not line.startswith(" ")]

    assert pinned[0] == "bfcl-eval==2025.8.6.2"
    assert len(pinned) == 7  # tree-sitter for Python before and from 3.13
    assert all("==" in name for name in pinned)
    assert sum("--hash=sha256:" in line for line in lines) >= 12


def test_the_checkers_own_data_is_found_beside_it(checker_python: Path) -> None:
    assert (package_data(checker_python) / "BFCL_v3_simple.json").is_file()


def test_data_of_an_environment_without_it_is_an_error(tmp_path: Path) -> None:
    python = tmp_path / "bin" / "python"
    with pytest.raises(CoalmError, match="bfcl-eval is not installed"):
        package_data(python)
