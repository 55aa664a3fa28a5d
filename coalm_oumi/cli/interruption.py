"""What ends a command from outside: Ctrl-C (SIGINT), and SIGTERM, which does the same."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

EXIT_INTERRUPTED = 130
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptible() -> Iterator[None]:
    """Lets the first of these signals raise KeyboardInterrupt, and a second end at once.

    A signal that the process was started to ignore, and signals outside of the main
    thread, are left as they are.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        number: handler
        for number in _SIGNALS
        if (handler := signal.getsignal(number)) is not signal.SIG_IGN
    }

    def first(signum: int, frame: Any) -> None:
        del signum, frame
        for number in before:
            signal.signal(number, _end_at_once)
        raise KeyboardInterrupt

    for number in before:
        signal.signal(number, first)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)


def _end_at_once(signum: int, frame: Any) -> None:
    del signum, frame
    os._exit(EXIT_INTERRUPTED)
