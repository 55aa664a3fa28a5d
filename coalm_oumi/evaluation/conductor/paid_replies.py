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
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from typing import Any

from coalm_oumi.evaluation.conductor.dialogue import Reply
from coalm_oumi.evaluation.conductor.stored_numbers import is_count
from coalm_oumi.storage import LineFile, open_lines

LOST = "its reply is then asked for and paid again"
"""What becomes of a line with a reply that is removed."""
_HEADER = {"replies": 1}


class PaidReplies:
    """The open file.

    Attributes:
        path: The file.
    """

    def __init__(self, file: LineFile) -> None:
        self.path = file.path
        self._file, self._lock = file, Lock()
        self._replies: defaultdict[str, list[Reply]] = defaultdict(list)
        for key, reply in file.read(_kept, first=1, lost=LOST):
            self._replies[key].append(reply)
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
            CoalmError: The file cannot be written to; the reply is kept in memory.
        """
        with self._lock:
            self._replies[key].append(reply)
            self._file.write({"key": key, "reply": asdict(reply)})


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
    with open_lines(path, anew=anew) as file:
        if not file.lines:
            file.write(_HEADER)
        yield PaidReplies(file)


def _kept(found: Any) -> tuple[str, Reply]:
    """Returns a request's key and a reply to it; raises if the line is none of them."""
    key, reply = found["key"], Reply(**found["reply"])
    tokens = (reply.prompt_tokens, reply.completion_tokens)
    if not (
        isinstance(key, str)
        and isinstance(reply.text, str)
        and all(each is None or is_count(each) for each in tokens)
    ):
        raise ValueError("not a reply")
    return key, reply
