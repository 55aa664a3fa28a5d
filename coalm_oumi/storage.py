"""Files of the package's own: the cache, files written whole, files that grow by lines.

A file is there whole or not at all, a line in a journal likewise, whenever the process
that writes them is killed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar

from coalm_oumi.errors import CoalmError, DataFormatError, shorten

T = TypeVar("T")

_UNFINISHED = ".unfinished-"
_CHUNK = 1 << 20


def cache_dir() -> Path:
    """Returns the folder that downloads go to; it need not exist yet.

    It is $COALM_CACHE_DIR, else `coalm-oumi` in $XDG_CACHE_HOME, else in `~/.cache`.
    """
    own = os.environ.get("COALM_CACHE_DIR")
    if own:
        return Path(own).expanduser()
    # The XDG base directory specification: a relative path there is to be ignored.
    shared = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(shared) if os.path.isabs(shared) else Path.home() / ".cache"
    return base / "coalm-oumi"


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Gives a name beside `path` to write to, and `path` its file once that is done.

    Args:
        path: The file to be; its folder is made.

    Raises:
        CoalmError: It cannot be written.
    """
    own = path.with_name(f"{_UNFINISHED}{os.urandom(4).hex()}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield own
        os.replace(own, path)
    except OSError as error:
        # Of a full disk Python does not say which file it was.
        names = (None, str(own), *map(str, path.parents))
        if error.errno is None or error.filename not in names:
            raise
        raise CoalmError(
            f"it cannot be written: {error.strerror}. Choose another place, or make room.",
            path=path,
        ) from error
    finally:
        with contextlib.suppress(OSError):
            own.unlink()


def write_text(path: Path, text: str) -> None:
    """Writes a text file in UTF-8, whole or not at all.

    Raises:
        CoalmError: It cannot be written.
    """
    with atomic_file(path) as own:
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


class LineFile:
    """An open file of lines, each a JSON value, such as a journal.

    It has no buffer, which would be written once more when the file is closed, and then
    fail where nobody expects it.

    Attributes:
        path: The file.
        lines: The whole lines that it had when it was opened.
    """

    def __init__(self, path: Path, file: IO[bytes], lines: list[bytes]) -> None:
        self.path, self.lines = path, lines
        self._file = file

    def read(
        self, take: Callable[[Any], T], *, first: int = 0, lost: str
    ) -> Iterator[T]:
        """Yields what the lines held when the file was opened.

        Args:
            take: Turns a JSON value into what it stands for; raises a `ValueError`,
                `TypeError` or `KeyError` at a value that stands for nothing.
            first: The first line to read, counted from 0.
            lost: What becomes of what the line said, if it is removed.

        Raises:
            DataFormatError: A line is damaged.
        """
        for number, line in enumerate(self.lines[first:], first + 1):
            try:
                value = take(json.loads(line.decode("ascii")))
            except (ValueError, TypeError, KeyError, RecursionError) as error:
                raise DataFormatError(
                    f"line {number} is damaged: "
                    f"'{shorten(line.decode(errors='replace'), 60)}'. Remove it; {lost}.",
                    path=self.path,
                ) from error
            yield value

    def write(self, value: Any) -> None:
        """Adds a line and hands it to the operating system.

        Args:
            value: What the line says, as JSON has it.

        Raises:
            CoalmError: It cannot be written; nothing of it stays in the file then.
        """
        # ASCII, so that half of a surrogate pair in a reply can be written too.
        line = json.dumps(value).encode("ascii") + b"\n"
        place, left = self._file.tell(), memoryview(line)
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            with contextlib.suppress(OSError):
                self._file.truncate(place)
                self._file.seek(place)
            raise CoalmError(
                f"cannot be written: {error.strerror}. What stands in it is kept; run "
                "the same command again when that is mended.",
                path=self.path,
            ) from error


@contextmanager
def open_lines(path: Path, *, anew: bool = False) -> Iterator[LineFile]:
    """Opens a file of lines, or begins one; a torn last line is removed.

    Args:
        path: The file.
        anew: Whether to begin it anew, whatever stands in it.

    Raises:
        CoalmError: It cannot be opened.
    """
    with contextlib.ExitStack() as stack:
        try:
            mode = "w+b" if anew or not path.exists() else "r+b"
            file = stack.enter_context(path.open(mode, buffering=0))
            data = file.read()
            good = data.rfind(b"\n") + 1
            file.truncate(good)
            file.seek(good)
        except OSError as error:
            raise CoalmError(
                f"cannot be opened: {error.strerror}. Choose another output_dir.",
                path=path,
            ) from error
        yield LineFile(path, file, data[:good].split(b"\n")[:-1])
