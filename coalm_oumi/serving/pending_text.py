"""Text that grows at its end, and is taken from its start only once."""

from __future__ import annotations

import re

NOT_SPACE = re.compile(r"\S")
NOT_BLANK = re.compile(r"[^ \t]")


class PendingText:
    """Text that has come and is not done with.

    What is certain to belong to what is being read is held: out of the buffer, so that
    no step looks at it again, and kept until it is known what it is.

    Attributes:
        buffer: The text that came last.
        at: How far of it was taken.
        held: What is held, in pieces.
    """

    def __init__(self) -> None:
        self.buffer, self.at = "", 0
        self.held: list[str] = []

    def add(self, text: str) -> None:
        """Adds what has come."""
        self.buffer, self.at = self.buffer[self.at :] + text, 0

    def next(self, length: int = 1) -> str:
        """Returns so many of the next characters, or all if they are fewer."""
        return self.buffer[self.at : self.at + length]

    def hold(self, end: int) -> None:
        """Holds the text up to an offset in the buffer."""
        if end > self.at:
            self.held.append(self.buffer[self.at : end])
            self.at = end

    def hold_space(self, until: re.Pattern[str] = NOT_SPACE) -> bool:
        """Holds white space, and returns whether something follows."""
        found = until.search(self.buffer, self.at)
        self.hold(found.start() if found else len(self.buffer))
        return found is not None

    def unheld(self) -> str:
        """Returns what is held, which is held no longer."""
        held, self.held = self.held, []
        return "".join(held)

    def skip(self, length: int) -> None:
        """Drops what is held, and so many of the next characters."""
        self.at, self.held = self.at + length, []
