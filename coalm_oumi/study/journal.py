"""The journal of a study: what became of each cell.

It has lines for the beginning and the end of each attempt::

    {"cell": "tuned_42: training", "digest": "5f0c...", "state": "begun"}
    {"cell": "tuned_42: training", "digest": "5f0c...", "state": "done", "seconds": 812.4}

A cell whose digest is another now (a recipe has changed) is not done. What it has left
is put aside, and found again when the recipe is as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from coalm_oumi.errors import CoalmError
from coalm_oumi.storage import LineFile, open_lines
from coalm_oumi.study.plan import Cell

JOURNAL_FILE = "study.jsonl"
ASIDE = "stale"
State = Literal["begun", "done", "stopped", "failed"]


@dataclass(frozen=True)
class Line:
    """What became of a cell.

    Attributes:
        cell: Its name.
        digest: Its digest.
        state: What became of it.
        seconds: How long the attempt took.
        why: Why it failed.
        found: What it has brought: metrics, tokens.
    """

    cell: str
    digest: str
    state: State
    seconds: float = 0.0
    why: str = ""
    found: dict[str, Any] = field(default_factory=dict)


class Journal:
    """An open journal.

    Attributes:
        lock: The open file that is locked, for the commands to inherit.
    """

    def __init__(self, file: LineFile, lock: int) -> None:
        self.lock = lock
        lost = "its cell is then run again"
        self._lines = list(file.read(lambda found: Line(**found), lost=lost))
        self._file = file

    def write(self, cell: Cell, state: State, **told: Any) -> None:
        """Adds a line."""
        line = Line(cell.name, cell.digest, state, **told)
        self._file.write(asdict(line))
        self._lines.append(line)

    def lines(self, cell: Cell) -> list[Line]:
        """Returns what there is of a cell as it is now, in order."""
        key = (cell.name, cell.digest)
        return [line for line in self._lines if (line.cell, line.digest) == key]

    def done(self, cell: Cell) -> Line | None:
        """Returns how the cell came to its end; None if it has not."""
        if not cell.folder.is_dir():
            return None
        return next((x for x in self.lines(cell) if x.state == "done"), None)

    def seconds(self, cell: Cell) -> float:
        """Returns how long all attempts at a cell have taken."""
        return sum(line.seconds for line in self.lines(cell))

    def digest_of(self, cells: Sequence[Cell]) -> str | None:
        """Returns the digest of what was last put into the folder of some cells."""
        names = {cell.name for cell in cells}
        own = [line.digest for line in self._lines if line.cell in names]
        return own[-1] if own else None


@contextmanager
def open_journal(folder: Path) -> Iterator[Journal]:
    """Opens the journal of a study.

    Args:
        folder: The study's folder; made if need be.

    Raises:
        CoalmError: Another study, or a command that a killed one has left behind, is at
            work in the folder; it cannot be written.
    """
    # Not `filelock`: the commands inherit this lock, and hold it as long as they run.
    import fcntl

    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = stack.enter_context((folder / f".{JOURNAL_FILE}.lock").open("ab"))
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CoalmError(
                "another `coalm study`, or a command that one has left behind, is at "
                "work here. Wait for its end, or choose another output.",
                path=folder,
            ) from None
        except OSError as error:
            raise CoalmError(
                f"it cannot be written to: {error.strerror}. Choose another output.",
                path=folder,
            ) from error
        file = stack.enter_context(open_lines(folder / JOURNAL_FILE))
        yield Journal(file, lock.fileno())


def put_aside_stale(
    cells: Sequence[Cell], journal: Journal, output: Path
) -> list[tuple[Cell, Path]]:
    """Puts folders aside that hold something else than their cells' now.

    One that was put aside before, and is what the cells are again, comes back.

    Returns:
        What was put aside: the first cell of each folder, and where it is now.
    """
    moved = []
    by_folder: dict[Path, list[Cell]] = {}
    for cell in cells:
        by_folder.setdefault(cell.folder, []).append(cell)
    for folder, own in by_folder.items():
        before = journal.digest_of(own)
        if folder.exists() and before != own[0].digest:
            aside = _aside(folder, before or "unknown", output)
            _move(folder, aside)
            moved.append((own[0], aside))
        if not folder.exists():
            _move(_aside(folder, own[0].digest, output), folder)
    return moved


def _aside(folder: Path, digest: str, output: Path) -> Path:
    return output / ASIDE / digest[:12] / folder.relative_to(output)


def _move(folder: Path, to: Path) -> None:
    if not folder.exists():
        return
    to.parent.mkdir(parents=True, exist_ok=True)
    number, free = 1, to
    while free.exists():
        number += 1
        free = to.with_name(f"{to.name}-{number}")
    folder.rename(free)
