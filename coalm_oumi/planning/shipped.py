"""The recipes and configurations that travel in the wheel, and what their headers say.

A header, in the form that every recipe has::

    # CoALM 8B: Llama 3.1 8B Instruct, the paper's training.
    #
    # Requirements:
    #   - Hardware: 8xH100-80GB
    #   - Global batch: 8
    #   - Memory: 25 GiB per GPU (computed by `coalm check`)
    #   - Time: 8 h (the paper's run)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from coalm_oumi.errors import CoalmError, OptionError, expected_one_of

_ROOT = Path(__file__).resolve().parent.parent
_SUFFIXES = (".yaml", ".sh", ".py", ".md", ".jsonl")


@dataclass(frozen=True)
class Header:
    """What a recipe's header says; empty where it says nothing.

    Attributes:
        title: Its first line.
        hardware: Such as `8xH100-80GB`.
        memory: Memory of each GPU, and how that is known.
        time: How long it takes, and how that is known.
        global_batch: Samples that a training step is to have; None for any.
    """

    title: str
    hardware: str
    memory: str
    time: str
    global_batch: int | None = None


def read_header(text: str) -> Header:
    """Returns what the comment at the top of a recipe says."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("#").strip())
    found = {
        key: next(
            (m[1] for m in map(re.compile(rf"- {key}: (.+)").match, lines) if m), ""
        )
        for key in ("Hardware", "Memory", "Time", "Global batch")
    }
    title = next((x for x in lines if x and not x.startswith("!/usr/bin/env")), "")
    number = re.match(r"[1-9]\d*", found["Global batch"])
    return Header(
        title,
        found["Hardware"],
        found["Memory"],
        found["Time"],
        int(number[0]) if number else None,
    )


def shipped_files() -> dict[str, Path]:
    """Returns every recipe and configuration: `recipes/8b_train.yaml` and where it lies.

    Raises:
        CoalmError: They are missing, from a broken installation.
    """
    # In a wheel they lie inside the package, in a checkout beside it.
    for root in (_ROOT / "shipped", _ROOT.parent):
        if (root / "recipes").is_dir():
            break
    else:
        raise CoalmError(
            "the recipes are missing from the installation. Install it again: pip "
            "install --force-reinstall --no-deps coalm-oumi",
            path=_ROOT / "shipped",
        )
    return {
        path.relative_to(root).as_posix(): path
        for folder in ("recipes", "configs")
        for path in sorted((root / folder).rglob("*"))
        if path.suffix in _SUFFIXES
    }


def find_shipped(name: str) -> tuple[str, Path]:
    """Returns the full name of a shipped file, and where it lies.

    Args:
        name: Such as `8b_train`, `8b_train.yaml` or `configs/jobs/8b_gcp_job.yaml`.

    Raises:
        OptionError: There is none, or there are several.
    """
    files = shipped_files()
    found = [full for full in files if name in _ways_to_say(full)]
    if len(found) == 1:
        return found[0], files[found[0]]
    if found:
        raise OptionError(f"'{name}' is ambiguous: {', '.join(found)}.", field="NAME")
    names = [
        Path(full).stem
        for full in files
        if full.startswith("recipes/") and full.endswith(".yaml")
    ]
    raise OptionError(expected_one_of(name, names), field="NAME")


def _ways_to_say(full: str) -> tuple[str, ...]:
    path = Path(full)
    return full, path.name, path.stem, full.removesuffix(path.suffix)
