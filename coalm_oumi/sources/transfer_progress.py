"""How a download goes, told on stderr: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from coalm_oumi.sources.catalogue import RemoteFile, Source


class TransferReport(Protocol):
    """Told how far a file has come."""

    def __call__(self, path: str, done: int, total: int | None) -> None:
        """Takes a file's path, its bytes so far and in all, if that is known."""
        ...


@contextmanager
def reporting(
    source: Source, files: list[RemoteFile], root: Path, progress: bool | None
) -> Iterator[TransferReport | None]:
    """Shows how a download goes, on stderr.

    Args:
        source: What is downloaded.
        files: Its files that are missing.
        root: Where they go.
        progress: As for `download_source`.

    Yields:
        What to tell of each file's progress; None if nothing is to be said.
    """
    if progress is False:
        yield None
        return
    sizes = {file.path: file.size for file in files}
    bar = _bar if progress or (progress is None and sys.stderr.isatty()) else None
    if bar is not None:
        try:
            import rich.progress  # noqa: F401
        except ImportError:
            bar = None
    if bar is not None:
        with bar(f"Downloading {source.name}", sizes) as report:
            yield report
        return
    came: dict[str, int] = {}

    def note(path: str, done: int, total: int | None) -> None:
        came[path] = done

    known = _megabytes(sum(s or 0 for s in sizes.values()))
    total = f", {known}" if None not in sizes.values() else ""
    began = time.monotonic()
    say(f"Downloading {source.name} ({len(files)} file(s){total}) to {root}")
    yield note
    took = time.monotonic() - began
    say(f"Downloaded {source.name}: {_megabytes(sum(came.values()))} in {took:.1f} s")


@contextmanager
def _bar(title: str, sizes: dict[str, int | None]) -> Iterator[TransferReport]:
    from rich import progress
    from rich.console import Console

    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.DownloadColumn(),
        progress.TransferSpeedColumn(),
        progress.TimeRemainingColumn(),
    )
    came: dict[str, int] = {}

    def whole() -> int | None:
        known = [size for size in sizes.values() if size is not None]
        return sum(known) if len(known) == len(sizes) else None

    with progress.Progress(*columns, console=Console(stderr=True)) as shown:
        task = shown.add_task(title, total=whole())

        def report(path: str, done: int, total: int | None) -> None:
            came[path] = done
            sizes[path] = total if sizes[path] is None else sizes[path]
            shown.update(task, completed=sum(came.values()), total=whole())

        yield report


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


def say(line: str) -> None:
    """Shows a line on stderr."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
