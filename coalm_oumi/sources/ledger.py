"""A ledger of every row that was read: kept, repaired or rejected, and why.

Nothing is dropped or changed silently. A reader counts each row, and writes a line for
each one that it repaired or rejected, with the reason. What is kept as it is, although
it is odd, may be noted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Action = Literal["repaired", "rejected", "noted"]


@dataclass(frozen=True)
class LedgerEntry:
    """What was done to one row.

    Attributes:
        record_id: The row's name in its source.
        action: `repaired` (kept, changed), `rejected` (left out) or `noted` (kept).
        reason: A short phrase, the same for all rows of its kind.
        detail: What is particular to this row; may be empty.
    """

    record_id: str
    action: Action
    reason: str
    detail: str = ""


def rejection(record_id: str, reason: str, detail: str) -> str:
    """Returns a rejected row and why it was, in words."""
    return ": ".join(filter(None, (record_id, reason, detail.rstrip("."))))


@dataclass
class Ledger:
    """Counts and entries of one pass over a source.

    Attributes:
        source: What was read.
        read: Rows read.
        entries: One entry per repair, rejection or note, in reading order.
    """

    source: str
    read: int = 0
    entries: list[LedgerEntry] = field(default_factory=list)

    def repaired(self, record_id: str, reason: str, detail: str = "") -> None:
        """Notes that a row was kept with a change."""
        self.entries.append(LedgerEntry(record_id, "repaired", reason, detail))

    def rejected(self, record_id: str, reason: str, detail: str = "") -> None:
        """Notes that a row was left out."""
        self.entries.append(LedgerEntry(record_id, "rejected", reason, detail))

    def noted(self, record_id: str, reason: str, detail: str = "") -> None:
        """Notes something odd about a row that was kept as it is."""
        self.entries.append(LedgerEntry(record_id, "noted", reason, detail))

    @property
    def kept(self) -> int:
        """Rows that were read and not rejected."""
        return self.read - sum(e.action == "rejected" for e in self.entries)

    def counts(self) -> dict[tuple[Action, str], int]:
        """Returns how many entries there are of each action and reason."""
        return dict(Counter((e.action, e.reason) for e in self.entries))

    def first_rejection(self) -> str:
        """Returns the first rejected row and why it was, in words; empty for none."""
        found = (e for e in self.entries if e.action == "rejected")
        return next((rejection(e.record_id, e.reason, e.detail) for e in found), "")

    def lines(self) -> Iterator[str]:
        """Yields the ledger's summary, one plain line per kind of event."""
        yield f"{self.source}: {self.read} rows read, {self.kept} kept"
        for (action, reason), n in sorted(self.counts().items()):
            yield f"{self.source}: {n} {action}: {reason}"
