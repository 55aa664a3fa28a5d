"""Files that commands write where the user says: whole, or not at all."""

from __future__ import annotations

from pathlib import Path

from coalm_oumi.errors import CoalmError


def write_file(path: Path, text: str) -> None:
    """Writes a file, with the folders that it needs.

    Args:
        path: Where to.
        text: What stands in it.

    Raises:
        CoalmError: It cannot be written.
    """
    from coalm_oumi.benchmarks.results import write_whole

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text)
    except OSError as error:
        raise CoalmError(
            f"it cannot be written: {error.strerror}. Choose another place.", path=path
        ) from error
