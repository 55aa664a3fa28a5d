"""A file that grows line by line, each of them there whole or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from coalm_oumi.errors import CoalmError


class LineFile:
    """The open file.

    It has no buffer, which would be written once more when the file is closed, and then
    fail where nobody expects it.

    Attributes:
        path: The file.
        lines: The whole lines that it had when it was opened.
    """

    def __init__(self, path: Path, file: IO[bytes], lines: list[bytes]) -> None:
        self.path, self.lines = path, lines
        self._file = file

    def write(self, line: bytes) -> None:
        """Adds a line and hands it to the operating system.

        Args:
            line: The line, with its end.

        Raises:
            CoalmError: It cannot be written; nothing of it stays in the file then.
        """
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
