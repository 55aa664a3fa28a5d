"""The replies of a run as they come, so that none is asked and paid for twice.

The journal has a line for each dialogue that has ended. What came for the others stands
here, a line for each reply, and a run that is taken up hands it to them again::

    {"replies": 1}
    {"key": "5f0c...", "reply": {"text": "Action: ...", "cut_off": false, ...}}

The file belongs to the journal beside it: where that is begun anew, so is this.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from typing import IO, Any

from coalm_oumi.conductor.dialogue import Reply
from coalm_oumi.errors import CoalmError, DataFormatError

_HEADER = b'{"replies": 1}\n'


class PaidReplies:
    """The open file.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, file: IO[bytes], replies: dict[str, list[Reply]]):
        self.path = path
        self._file, self._lock = file, Lock()
        self._replies = replies
        self._given: Counter[str] = Counter()

    def has(self, key: str) -> bool:
        """Says whether there is a reply to a request that was not given yet."""
        return len(self._replies.get(key, ())) > self._given[key]

    def give(self, key: str) -> Reply:
        """Returns the next reply to a request; `has` said that there is one."""
        self._given[key] += 1
        return self._replies[key][self._given[key] - 1]

    def add(self, key: str, reply: Reply) -> None:
        """Adds a reply and hands it to the operating system.

        Raises:
            CoalmError: The file cannot be written to.
        """
        line = json.dumps({"key": key, "reply": asdict(reply)}).encode("ascii") + b"\n"
        with self._lock:
            try:
                self._file.write(line)
                self._file.flush()
            except OSError as error:
                raise CoalmError(
                    f"the file of paid replies cannot be written: {error.strerror}. What "
                    "stands in it is kept; run the same command again.",
                    path=self.path,
                ) from error
            self._replies.setdefault(key, []).append(reply)


def request_key(name: str, request: Any) -> str:
    """Returns what tells a request from all others of a run, in hexadecimal.

    Args:
        name: The dialogue's id, and which model is asked.
        request: The messages, as JSON values.
    """
    return hashlib.sha256(json.dumps([name, request]).encode("ascii")).hexdigest()


@contextmanager
def open_paid_replies(path: Path, *, anew: bool) -> Iterator[PaidReplies]:
    """Opens the file; a torn last line is removed.

    Args:
        path: The file; only one process may have it open, which the journal sees to.
        anew: Whether to begin it anew, whatever stands in it.

    Raises:
        CoalmError: It cannot be opened.
        DataFormatError: It is damaged before its last line.
    """
    try:
        file = path.open("w+b" if anew or not path.exists() else "r+b")
    except OSError as error:
        raise CoalmError(f"cannot be opened: {error.strerror}.", path=path) from error
    with file:
        data = file.read()
        good = data.rfind(b"\n") + 1
        file.truncate(good)
        file.seek(good)
        if not good:
            file.write(_HEADER)
            file.flush()
        yield PaidReplies(path, file, _read(path, data[:good]))


def _read(path: Path, data: bytes) -> dict[str, list[Reply]]:
    found: dict[str, list[Reply]] = {}
    for number, line in enumerate(data.split(b"\n")[1:-1], 2):
        try:
            value = json.loads(line.decode("ascii"))
            found.setdefault(value["key"], []).append(Reply(**value["reply"]))
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise DataFormatError(
                f"line {number} is damaged. Remove it; its reply is then asked for and "
                "paid again.",
                path=path,
            ) from error
    return found
