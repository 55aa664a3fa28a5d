"""The file of paid replies: a line of JSON for each, written the moment it is here.

Two lines, a reply that can be used and one that was cut off::

    {"key": "5f0c...", "id": "1_00000", "text": "User: ...", "finish": "stop",
     "read": 1240, "cached": 0, "written": 410, "estimated": false, "attempt": "9b2f"}
    {"key": "77aa...", "id": "1_00001", "text": "User: ...", "finish": "length", ...}

A process killed while writing leaves a torn last line, which the next run removes.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from coalm_oumi.evaluation.conductor.paid_replies import LOST
from coalm_oumi.evaluation.conductor.stored_numbers import is_count
from coalm_oumi.storage import LineFile, open_lines

_USABLE = frozenset({"stop", ""})


@dataclass(frozen=True)
class PaidReply:
    """A reply that has been paid for.

    Attributes:
        key: What was asked; see `request_key`.
        id: The dialogue.
        text: What the model wrote.
        finish: Why it ended, in OpenAI's words; empty if the engine does not say.
        read: Tokens read.
        cached: How many of them came from the provider's cache.
        written: Tokens written.
        estimated: Whether the tokens are estimated, as the engine does not tell them.
        attempt: Tells two replies to one request apart.
    """

    key: str
    id: str
    text: str
    finish: str
    read: int
    cached: int
    written: int
    estimated: bool
    attempt: str

    @property
    def usable(self) -> bool:
        """Whether it came to its own end."""
        return self.finish in _USABLE


class PaidReplies:
    """The open file.

    Attributes:
        usable: The first reply to each request that can be used, by its key.
        unusable: How many replies to each request cannot, by its key.
        read: Tokens read, over all replies.
        cached: How many of them came from a cache.
        written: Tokens written, over all replies.
        estimated: Replies whose tokens are estimated.
        count: Replies.
    """

    def __init__(self, file: LineFile) -> None:
        self.path = file.path
        self.usable: dict[str, PaidReply] = {}
        self.unusable: Counter[str] = Counter()
        self.read = self.cached = self.written = self.estimated = self.count = 0
        self._finishes: dict[str, str] = {}
        self._file, self._lock = file, Lock()
        self._seen: set[str] = set()
        for reply in file.read(_reply, lost=LOST):
            self._count(reply)

    def add(self, reply: PaidReply) -> None:
        """Adds a reply and hands it to the operating system; once for each attempt.

        Raises:
            CoalmError: The file cannot be written to.
        """
        with self._lock:
            if reply.attempt in self._seen:
                return
            # Counted first: it is paid for, be the disk full or not.
            self._count(reply)
            self._file.write(asdict(reply))

    def finish(self, key: str) -> str:
        """Returns how the last reply to a request ended that cannot be used."""
        return self._finishes.get(key, "")

    def _count(self, reply: PaidReply) -> None:
        self._seen.add(reply.attempt)
        self.count += 1
        self.read += reply.read
        self.cached += reply.cached
        self.written += reply.written
        self.estimated += reply.estimated
        if reply.usable:
            self.usable.setdefault(reply.key, reply)
        else:
            self.unusable[reply.key] += 1
            self._finishes[reply.key] = reply.finish


@contextmanager
def open_paid_replies(path: Path) -> Iterator[PaidReplies]:
    """Opens the file, or begins one; a torn last line is removed.

    Only one process may have it open; the run's journal, opened before, sees to that.

    Raises:
        CoalmError: It cannot be opened.
        DataFormatError: It is damaged before its last line.
    """
    with open_lines(path) as file:
        yield PaidReplies(file)


def request_key(run: str, name: str, prompt: str) -> str:
    """Returns what tells a request from all others, in hexadecimal.

    Args:
        run: What of the run decides the reply: model, sampling, ...
        name: The dialogue's id, as two dialogues with one prompt get a reply each.
        prompt: The prompt.
    """
    hasher = hashlib.sha256()
    for part in (run, name, prompt):
        data = part.encode("utf-8", "surrogatepass")
        hasher.update(len(data).to_bytes(8, "big") + data)
    return hasher.hexdigest()


def _reply(found: Any) -> PaidReply:
    """Returns a reply; raises if the values are not of the kinds that one has."""
    reply = PaidReply(**found)
    texts = (reply.key, reply.id, reply.text, reply.finish, reply.attempt)
    if not (
        all(isinstance(text, str) for text in texts)
        and all(map(is_count, (reply.read, reply.cached, reply.written)))
        and isinstance(reply.estimated, bool)
    ):
        raise ValueError("not a reply")
    return reply
