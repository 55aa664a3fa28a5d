"""What an interruption (Ctrl-C) does while requests are under way.

The first one lets the requests that a server is at work on come to their end, as they are
paid for, and puts no others: those that wait for their turn, or to be put again, are
given up. A second one ends the process at once. Whatever has come is stored by then.
Without a request under way an interruption is Python's usual one.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

EXIT_INTERRUPTED = 130


class PendingRequests(Protocol):
    """Requests to a server, some of which it is at work on."""

    def count(self) -> int:
        """Returns how many requests the server is at work on."""
        ...

    def end_others(self) -> None:
        """Gives up those that it is not at work on; called in a signal handler."""
        ...


class Stop:
    """Whether a run is to stop, and what it still waits for.

    Attributes:
        requested: Whether it is to stop as soon as the requests under way have ended.
    """

    def __init__(self) -> None:
        self.requested = False
        self._watched: list[PendingRequests] = []
        self._asking = 0

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Marks the block as one whose requests an interruption waits for.

        Who has such a block calls `check` behind it, when what has come is stored.
        """
        self._asking += 1
        try:
            yield
        finally:
            self._asking -= 1

    @contextmanager
    def idle(self) -> Iterator[None]:
        """Marks a block within those of `asking` in which nothing is under way."""
        before, self._asking = self._asking, 0
        try:
            yield
        finally:
            self._asking = before

    def check(self) -> None:
        """Ends the run if that has been asked for.

        Raises:
            KeyboardInterrupt: It is to stop.
        """
        if self.requested:
            raise KeyboardInterrupt

    def watch(self, requests: PendingRequests) -> None:
        """Takes requests that an interruption is to end."""
        if requests not in self._watched:
            self._watched.append(requests)

    def interrupted(self, signum: int, frame: Any) -> None:
        """Handles the signal."""
        del signum, frame
        if self.requested:
            _write("ended\n")
            os._exit(EXIT_INTERRUPTED)
        if not self._asking:
            raise KeyboardInterrupt
        self.requested = True
        n = sum(requests.count() for requests in self._watched)
        told = (
            f"{n} replies that are paid for" if n != 1 else "1 reply that is paid for"
        )
        _write(f"stopping: waiting for {told if n else 'the engine'}; ")
        _write("press again to end now\n")
        for requests in self._watched:
            requests.end_others()


_current = Stop()


def current_stop() -> Stop:
    """Returns the stop of the run that this process is at."""
    return _current


@contextmanager
def stopping_at_interrupt() -> Iterator[Stop]:
    """Handles interruptions for the length of the block.

    Within another such block, in a thread, or where a program has a handler of its own,
    nothing changes.
    """
    global _current
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield _current
        return
    _current = stop = Stop()
    signal.signal(signal.SIGINT, stop.interrupted)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _current = Stop()


def _write(text: str) -> None:
    # Not by `sys.stderr`, which the signal may have come into the middle of.
    try:
        os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, text.encode())
    except (OSError, ValueError):
        return
