"""Files that are there whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_UNFINISHED = ".unfinished-"
_CHUNK = 1 << 20


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Gives a name beside `path` to write to, and `path` its file once that is done.

    Args:
        path: The file to be; its folder is made.

    Raises:
        OSError: It cannot be written; the error names `path`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    own = path.with_name(f"{_UNFINISHED}{secrets.token_hex(4)}-{path.name}")
    try:
        yield own
        os.replace(own, path)
    except OSError as error:
        if error.errno is None or error.filename not in (None, str(own)):
            raise
        # Of a full disk Python does not say which file it was.
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        own.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Writes a text file in UTF-8, whole or not at all."""
    with written_whole(path) as own:
        own.write_bytes(text.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Writes a JSON file for people to read, whole or not at all."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def remove_unfinished(folder: Path) -> None:
    """Removes what a killed run was writing, in a folder and those below it."""
    for path in folder.rglob(f"{_UNFINISHED}*"):
        path.unlink(missing_ok=True)


def sha256(path: Path) -> str:
    """Returns the SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
