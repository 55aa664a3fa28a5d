"""Whether Oumi knows this package, and if not, why and what to do.

Oumi reads its plug-ins from the file that OUMI_EXTRA_DEPS_FILE names. `diagnose` says
in which of the possible states that variable is, `ask_registry` asks Oumi itself, which
has the last word.
"""

from __future__ import annotations

import os
import site
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from coalm_oumi.errors import shorten

VARIABLE = "OUMI_EXTRA_DEPS_FILE"
PLUGIN_LINE = "coalm_oumi_plugin.py"
"""The line that a list of plug-ins needs; `coalm_oumi_plugin.txt` consists of it."""

_PTH = "coalm_oumi.pth"
_LIST = "coalm_oumi_plugin.txt"
_SENTINEL = "coalm/snips_dst"
_REINSTALL = (
    "Install the package again: `pip install --force-reinstall --no-deps coalm-oumi`."
)


@dataclass(frozen=True)
class Setting:
    """The state of the variable.

    Attributes:
        names_us: Whether the list of plug-ins that it names has our line.
        reason: What was found, in a sentence.
        advice: What to do, in a sentence; empty if there is nothing to do.
    """

    names_us: bool
    reason: str
    advice: str = ""


@dataclass(frozen=True)
class Registered:
    """What Oumi's registry says.

    Attributes:
        names: What this package has registered, sorted.
        error: Why the registry could not be asked, in a line; empty if it could.
    """

    names: tuple[str, ...] = ()
    error: str = ""

    @property
    def active(self) -> bool:
        """Whether the plug-in is active."""
        return _SENTINEL in self.names


def diagnose(
    environ: Mapping[str, str] | None = None,
    folders: Sequence[str | Path] | None = None,
    *,
    without_site: bool | None = None,
) -> Setting:
    """Says in which state OUMI_EXTRA_DEPS_FILE is.

    Args:
        environ: The environment; this process's when not given.
        folders: Where packages are installed; this interpreter's when not given.
        without_site: Whether Python runs with -S; as it does when not given.
    """
    environ = os.environ if environ is None else environ
    folders = _site_folders() if folders is None else [Path(f) for f in folders]
    if without_site is None:
        without_site = bool(sys.flags.no_site)
    value = environ.get(VARIABLE)
    if value is None:
        return _unset(folders, without_site)
    if not value:
        return Setting(
            False,
            f"{VARIABLE} is set, but empty.",
            f"Unset it: the package sets it itself when Python starts ({_PTH}).",
        )
    return _set_to(Path(value), folders)


def _set_to(path: Path, folders: Sequence[Path]) -> Setting:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        return Setting(
            False,
            f"{VARIABLE} names a file that cannot be read: {path} ({error.strerror}).",
            f"Correct the variable, or unset it: the package sets it itself ({_PTH}).",
        )
    ours = any(path == folder / _LIST for folder in folders)
    who = f"by this package's {_PTH}" if ours else "by you"
    lines = (line.strip() for line in text.splitlines())
    entries = [line for line in lines if line and not line.startswith("#")]
    # Oumi imports each entry by its stem, so that the folder does not matter.
    if any(Path(entry).stem == Path(PLUGIN_LINE).stem for entry in entries):
        return Setting(
            True, f"{VARIABLE} is set {who}, and the list names the plug-in: {path}"
        )
    return Setting(
        False,
        f"{VARIABLE} is set {who}, to a list that does not name the plug-in: {path}",
        f"Add this line to that file: {PLUGIN_LINE}" if not ours else _REINSTALL,
    )


def _unset(folders: Sequence[Path], without_site: bool) -> Setting:
    if without_site:
        return Setting(
            False,
            f"{VARIABLE} is not set: Python runs with -S and reads no .pth file.",
            f"Run Python without -S, or set {VARIABLE} to {_packaged_list()}",
        )
    with_pth = [folder for folder in folders if (folder / _PTH).is_file()]
    if not with_pth:
        return Setting(
            False,
            f"{VARIABLE} is not set, and {_PTH}, which sets it when Python starts, is "
            "in none of this interpreter's package folders.",
            "Install the package into this environment: `pip install coalm-oumi`, or "
            "`pip install -e .` in a checkout.",
        )
    needed = (_LIST, PLUGIN_LINE)
    for folder in with_pth:
        lacking = [name for name in needed if not (folder / name).is_file()]
        if lacking:
            return Setting(
                False,
                f"{VARIABLE} is not set: {_PTH} is in {folder}, but "
                f"{' and '.join(lacking)}, which it needs, {_is(lacking)} missing.",
                _REINSTALL,
            )
    return Setting(
        False,
        f"{VARIABLE} is not set, although {_PTH} is in {with_pth[0]}: something has "
        "unset it since Python started, or the file was altered.",
        f"Start a new shell, and look for what unsets it. {_REINSTALL}",
    )


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _packaged_list() -> Path:
    return Path(__file__).resolve().parent / _LIST


def _site_folders() -> list[Path]:
    """Returns the folders whose .pth files this interpreter reads."""
    folders = [*site.getsitepackages(), site.getusersitepackages()]
    return [Path(folder) for folder in dict.fromkeys(folders)]


def ask_registry() -> Registered:
    """Asks Oumi what this package has registered; imports Oumi and its plug-ins."""
    try:
        # Any failure of any plug-in or of Oumi itself ends here, whatever its kind.
        from oumi.core.registry import REGISTRY, RegistryType
        from oumi.utils.logging import logger

        level = logger.level
        logger.setLevel("CRITICAL")
        try:
            found = {
                **REGISTRY.get_all(RegistryType.DATASET),
                **REGISTRY.get_all(RegistryType.EVALUATION_FUNCTION),
                **REGISTRY.get_all(RegistryType.REWARD_FUNCTION),
            }
        finally:
            logger.setLevel(level)
    except Exception as error:
        return Registered(error=_one_line(error))
    own = (
        name
        for name, value in found.items()
        if str(getattr(value, "__module__", "")).startswith("coalm_oumi.")
    )
    return Registered(names=tuple(sorted(own)))


def _one_line(error: BaseException) -> str:
    """Returns an error with the error at its root, which is what went wrong."""
    root = error
    while (below := root.__cause__ or root.__context__) is not None:
        root = below
    told = f"{type(error).__name__}: {error}"
    if root is not error:
        told += f" (because of {type(root).__name__}: {root})"
    return shorten(told, 400)
