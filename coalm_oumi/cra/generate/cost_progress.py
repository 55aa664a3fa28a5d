"""Progress of a generation run: rate, time left, and what it has cost so far."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from coalm_oumi.progress import Progress


class CostProgress:
    """Shows each reply as it comes, and its price, on another progress display.

    Attributes:
        retries: How often the engine has put a request again.
    """

    def __init__(
        self,
        display: Progress,
        total: int,
        done: Callable[[], int],
        spent: Callable[[], float | None],
        tokens: Callable[[], int],
    ) -> None:
        """Takes what to show on, and where the numbers come from.

        Args:
            display: Shows it.
            total: How many dialogues there are.
            done: Returns how many of them have their reply.
            spent: Returns dollars; None without prices.
            tokens: Returns tokens read and written.
        """
        self._display, self._total = display, total
        self._done, self._spent, self._tokens = done, spent, tokens
        self._note, self._ended, self._lock = "", False, Lock()
        self.retries = 0

    def arrived(self) -> None:
        """A reply has come."""
        self.update(0, self._note)

    def update(self, done: int, note: str = "") -> None:
        """Shows where the run is; the conductor's own count is behind by a wave."""
        with self._lock:
            done = max(done, self._done())
            if self._ended:
                return
            self._ended, self._note = done >= self._total, note
            spent = self._spent()
            cost = f"{self._tokens():,} tokens" if spent is None else f"${spent:.4f}"
            retries = f"{self.retries} retries by the engine" if self.retries else ""
            self._display.update(done, ", ".join(filter(None, (cost, retries, note))))

    def say(self, line: str) -> None:
        """Shows a line that stays."""
        self._display.say(line)

    @contextmanager
    def counting_retries(self) -> Iterator[None]:
        """Counts the engine's retries instead of letting it write a line for each."""
        logger = logging.getLogger("oumi")

        def count(record: logging.LogRecord) -> bool:
            if not str(record.msg).startswith("Retrying request"):
                return True
            self.retries += 1
            return False

        logger.addFilter(count)
        try:
            yield
        finally:
            logger.removeFilter(count)
