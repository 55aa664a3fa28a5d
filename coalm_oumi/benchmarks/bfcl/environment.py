"""The environment in which bfcl-eval runs, apart from ours: made on first use.

bfcl-eval pins numpy and much else to releases that Oumi cannot live with, and wants the
client library of every vendor. Its checkers need five small packages; these, at fixed
versions with fixed digests (`checker/requirements.txt`), are all that is installed: 18 MB
in the cache folder, in a second or two.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from coalm_oumi.errors import CoalmError, shorten
from coalm_oumi.storage import cache_dir

PYTHON_VARIABLE = "COALM_BFCL_PYTHON"
"""Names the interpreter of an environment that was made by other means."""

CHECKER_FOLDER = Path(__file__).with_name("checker")
REQUIREMENTS = CHECKER_FOLDER / "requirements.txt"

# There are wheels of tree-sitter, as `requirements.txt` pins it, for these.
_PYTHONS = ((3, 10), (3, 13))
_PYTHON_OTHERWISE = "3.12"
_LONGEST_STEP = 900.0

Say = Callable[[str], None]


class NoCheckerError(CoalmError):
    """The checker's environment is not there and cannot be made."""


def _on_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def ensure_environment(say: Say = _on_stderr) -> Path:
    """Returns the environment's interpreter, making the environment if need be.

    Args:
        say: Is told what takes time, a line at a time.

    Raises:
        NoCheckerError: It cannot be made: no uv, no package index, no room.
    """
    own = os.environ.get(PYTHON_VARIABLE)
    if own:
        if not Path(own).is_file():
            raise NoCheckerError(
                f"{PYTHON_VARIABLE} names it, but it is not there. Correct the variable "
                "or unset it.",
                path=own,
            )
        return Path(own)
    _refuse_windows()
    folder = environment_folder()
    if not (folder / "bin" / "python").exists():
        _make_once(folder, say)
    return folder / "bin" / "python"


def environment_folder() -> Path:
    """Returns where the environment is, or will be: another one for other packages."""
    pinned = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    return cache_dir() / "bfcl" / f"environment-{pinned}-py{_python_wanted()[1]}"


def package_data(python: Path) -> Path:
    """Returns the folder with the data that the installed bfcl-eval brings.

    Args:
        python: The environment's interpreter.

    Raises:
        CoalmError: bfcl-eval is not installed there.
    """
    found = sorted(python.parent.parent.glob("lib/python3.*/site-packages/bfcl_eval"))
    if not found:
        raise CoalmError(
            "bfcl-eval is not installed beside this interpreter. Unset "
            f"{PYTHON_VARIABLE}, or install bfcl-eval==2025.8.6.2 there.",
            path=python,
        )
    return found[0] / "data"


def _refuse_windows() -> None:
    if os.name != "posix":
        raise NoCheckerError(
            "bfcl_v3 runs upstream's checker in processes whose time and memory are "
            "limited, which needs Linux or macOS. Use WSL."
        )


def _python_wanted() -> tuple[str, str]:
    """Returns what to tell uv, and the version: this interpreter's, if it will do."""
    ours = sys.version_info[:2]
    if _PYTHONS[0] <= ours <= _PYTHONS[1]:
        return sys.executable, f"{ours[0]}.{ours[1]}"
    return _PYTHON_OTHERWISE, _PYTHON_OTHERWISE


def _make_once(folder: Path, say: Say) -> None:
    from filelock import FileLock

    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f".{folder.name}.lock"), timeout=_LONGEST_STEP):
            if not (folder / "bin" / "python").exists():
                _make(folder, say)
    except OSError as error:
        raise NoCheckerError(
            f"the environment of the BFCL checker cannot be made here: {error}. Set "
            "COALM_CACHE_DIR to a folder that can be written to.",
            path=folder,
        ) from error


def _make(folder: Path, say: Say) -> None:
    uv = _uv()
    say(f"bfcl_v3: making the checker's own environment (18 MB) in {folder}")
    unfinished = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        _run([*uv, "venv", "--python", _python_wanted()[0], str(unfinished)])
        say("bfcl_v3: installing bfcl-eval==2025.8.6.2 and five packages")
        _run(
            [
                *(
                    *uv,
                    "pip",
                    "install",
                    "--python",
                    str(unfinished / "bin" / "python"),
                ),
                *("--no-deps", "--require-hashes", "--only-binary", ":all:"),
                *("--requirement", str(REQUIREMENTS)),
            ]
        )
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    say("bfcl_v3: the environment is ready")


def _uv() -> list[str]:
    if importlib.util.find_spec("uv") is not None:
        return [sys.executable, "-m", "uv"]
    found = shutil.which("uv")
    if found is not None:
        return [found]
    raise NoCheckerError(
        "bfcl_v3 needs uv to make the checker's own environment, and it is not "
        "installed. Run `pip install uv` and the same command again."
    )


def _run(command: Sequence[str]) -> None:
    # An active environment of ours must not be taken for the one to install into.
    environment = {k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"}
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_LONGEST_STEP,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoCheckerError(
            f"the environment of the BFCL checker cannot be made: {shorten(error, 300)}"
        ) from error
    if done.returncode:
        raise NoCheckerError(
            "the environment of the BFCL checker cannot be made; uv says: "
            f"{shorten(done.stderr.strip(), 500)} It needs a package index (see uv's "
            "UV_INDEX_URL), once. On a machine without one, install "
            f"{REQUIREMENTS} by other means and set {PYTHON_VARIABLE} to that "
            "environment's interpreter."
        )
