"""How a download goes, on stderr: plain lines, and a bar between them on a terminal.

For files of the Hugging Face Hub `huggingface_hub` draws the bar.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
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
    on_hub = any(file.url.startswith(HUB_SCHEME) for file in files)
    if progress is False:
        with _no_bar_of_the_hub() if on_hub else nullcontext():
            yield lambda path, done, total: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    came: dict[str, int] = {}
    sizes = {file.path: file.size for file in files}
    size = _sum(sizes)
    known = "" if size is None else f", {_megabytes(size)}"
    say(f"Downloading {source.name} ({len(files)} file(s){known}) to {root}")
    bar = Progress(
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=on_hub or not (progress or sys.stderr.isatty()),
    )
    task = bar.add_task("", total=size)

    def report(path: str, done: int, total: int | None) -> None:
        came[path], sizes[path] = done, sizes[path] or total
        bar.update(task, completed=sum(came.values()), total=_sum(sizes))

    began = time.monotonic()
    with bar:
        yield report
    took = time.monotonic() - began
    say(f"Downloaded {source.name}: {_megabytes(sum(came.values()))} in {took:.1f} s")


@contextmanager
def _no_bar_of_the_hub() -> Iterator[None]:
    from huggingface_hub.utils.tqdm import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )

    if are_progress_bars_disabled():
        yield
        return
    disable_progress_bars()
    try:
        yield
    finally:
        enable_progress_bars()


def _sum(sizes: dict[str, int | None]) -> int | None:
    known = [size for size in sizes.values() if size is not None]
    return sum(known) if len(known) == len(sizes) else None


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


def say(line: str) -> None:
    """Shows a line on stderr."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
