"""How a download goes, on stderr: a bar on a terminal, plain lines elsewhere.

For files of the Hugging Face Hub `huggingface_hub` draws the bar.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from coalm_oumi.sources.source import HUB_SCHEME, RemoteFile, Source


class Report(Protocol):
    """Called with how far a file has come."""

    def __call__(self, path: str, done: int, total: int | None) -> None:
        """Takes a file's path, its bytes so far and in all, if that is known."""
        ...


@contextmanager
def reporting(
    source: Source, files: list[RemoteFile], root: Path, progress: bool | None
) -> Iterator[Report]:
    """Shows how a download goes, on stderr.

    Args:
        source: What is downloaded.
        files: Its files that are missing.
        root: Where they go.
        progress: As for `download_source`.

    Yields:
        What to call with each file's progress.
    """
    came: dict[str, int] = {}
    sizes = {file.path: file.size for file in files}

    def note(path: str, done: int, total: int | None) -> None:
        came[path] = done
        sizes[path] = total if sizes[path] is None else sizes[path]

    if progress is False:
        yield note
        return
    on_hub = any(file.url.startswith(HUB_SCHEME) for file in files)
    if not on_hub and (progress or sys.stderr.isatty()):
        with _bar(f"Downloading {source.name}", sizes, came, note) as report:
            yield report
        return
    total = _sum(sizes)
    size = "" if total is None else f", {_megabytes(total)}"
    began = time.monotonic()
    say(f"Downloading {source.name} ({len(files)} file(s){size}) to {root}")
    yield note
    took = time.monotonic() - began
    say(f"Downloaded {source.name}: {_megabytes(sum(came.values()))} in {took:.1f} s")


@contextmanager
def _bar(
    title: str, sizes: dict[str, int | None], came: dict[str, int], note: Report
) -> Iterator[Report]:
    from rich import progress
    from rich.console import Console

    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.DownloadColumn(),
        progress.TransferSpeedColumn(),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=_sum(sizes))

        def report(path: str, done: int, total: int | None) -> None:
            note(path, done, total)
            bar.update(task, completed=sum(came.values()), total=_sum(sizes))

        yield report


def _sum(sizes: dict[str, int | None]) -> int | None:
    known = [size for size in sizes.values() if size is not None]
    return sum(known) if len(known) == len(sizes) else None


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


def say(line: str) -> None:
    """Shows a line on stderr."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
