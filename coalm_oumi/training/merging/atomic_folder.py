"""A folder that is written whole or not at all, by one process at a time."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coalm_oumi.errors import CoalmError

_LOCK, _CONTENT = "lock", "content"


@contextmanager
def written_atomically(output: Path) -> Iterator[Path]:
    """Gives a folder beside the output, which takes its place if all goes well.

    What a process that was killed has left beside it is removed.

    Args:
        output: The folder; must not be there yet, or be empty.

    Raises:
        CoalmError: Another process is writing it, or it cannot be written.
    """
    from filelock import FileLock, Timeout

    work = output.absolute().with_name(f".{output.name}.unfinished")
    try:
        work.mkdir(parents=True, exist_ok=True)
        with FileLock(work / _LOCK, timeout=0):
            yield from _written(output, work)
    except Timeout as error:
        raise CoalmError(
            "another process is writing it. Wait for it, or choose another folder.",
            path=output,
        ) from error
    except OSError as error:
        raise CoalmError(
            f"it cannot be written: {error.strerror or error}. Nothing was left there; "
            "choose another folder, or make room.",
            path=output,
        ) from error


def _written(output: Path, work: Path) -> Iterator[Path]:
    content = work / _CONTENT
    shutil.rmtree(content, ignore_errors=True)
    content.mkdir()
    try:
        yield content
        if output.exists():
            # Fails unless it is empty, so that nothing is written over.
            output.rmdir()
        content.rename(output)
    finally:
        shutil.rmtree(work, ignore_errors=True)
