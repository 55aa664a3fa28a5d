"""The journal of a run: one line of JSON per finished dialogue.

The first line says which run it is, each other one how a dialogue ended::

    {"journal": 1, "run": {"task": "api_bank", "model": "output/smol", ...}}
    {"id": "l1-0", "prediction": "[]", "steps": 1, "cut_off": 0, "prompt_tokens": 700,
     "completion_tokens": 9, "elapsed": 3.2, "engine_seconds": 3.1, "lost": {}}

A process killed while writing leaves a torn last line, which the next run removes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from coalm_oumi.errors import CoalmError, DataFormatError, shorten
from coalm_oumi.evaluation.conductor.stored_numbers import is_amount, is_count
from coalm_oumi.sources.rows import read_bytes
from coalm_oumi.storage import LineFile, open_lines

VERSION = 1
KEEP_JOURNAL = "COALM_KEEP_JOURNAL"
"""The variable that keeps the journal of a finished run."""


@dataclass(frozen=True)
class Entry:
    """How a dialogue ended.

    Attributes:
        id: The dialogue's.
        prediction: What it returned, a JSON value.
        steps: Replies it got.
        cut_off: How many of them ended because their length was used up.
        prompt_tokens: Tokens read; None if not known for every step.
        completion_tokens: Tokens written; None if not known for every step.
        elapsed: Seconds since the run began, earlier runs included.
        engine_seconds: How long of that the engine was at work.
        lost: Replies without a whole text, by kind (`lost_text.LOST`).
    """

    id: str
    prediction: Any
    steps: int
    cut_off: int
    prompt_tokens: int | None
    completion_tokens: int | None
    elapsed: float
    engine_seconds: float
    lost: dict[str, int] = field(default_factory=dict)


class Journal:
    """An open journal.

    Attributes:
        path: The file.
        entries: What it holds, by dialogue id.
    """

    def __init__(self, entries: dict[str, Entry], file: LineFile) -> None:
        self.path = file.path
        self.entries = entries
        self._file = file

    def write(self, entry: Entry) -> None:
        """Adds a line and hands it to the operating system.

        Raises:
            CoalmError: The file cannot be written to.
        """
        self._file.write(asdict(entry))
        self.entries[entry.id] = entry


@contextmanager
def open_journal(path: Path, run: Mapping[str, Any]) -> Iterator[Journal]:
    """Opens a run's journal, or begins one.

    Args:
        path: The file; its folder is made if need be.
        run: What tells this run from others, as JSON values by name. An older journal
            is taken up only if all of them are the same.

    Raises:
        CoalmError: The file is another run's, in use by another process, or cannot be
            written.
        DataFormatError: It is no journal, or damaged before its last line.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(path.with_name(f".{path.name}.lock"))
    with ExitStack() as stack:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(lock.acquire(timeout=0))
        except Timeout:
            raise CoalmError(
                "another process is writing it. Wait for that run to end, or choose "
                "another output_dir.",
                path=path,
            ) from None
        except OSError as error:
            raise CoalmError(
                f"the journal cannot be opened: {error.strerror}. Choose another "
                "output_dir.",
                path=path,
            ) from error
        _check_before_opening(path, run)
        file = stack.enter_context(open_lines(path))
        lost = "its dialogue is then run again"
        entries = {each.id: each for each in file.read(_entry, first=1, lost=lost)}
        if not file.lines:
            file.write({"journal": VERSION, "run": dict(run)})
        yield Journal(entries, file)


def _check_before_opening(path: Path, run: Mapping[str, Any]) -> None:
    """Looks whether a file is this run's, lest another's be cut at its torn end."""
    if path.exists():
        lines = read_bytes(path).split(b"\n")
        if len(lines) > 1:
            _check_header(path, lines[0], json.loads(json.dumps(dict(run))))


def _check_header(path: Path, line: bytes, run: Mapping[str, Any]) -> None:
    try:
        found = json.loads(line.decode("ascii"))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or found.get("journal") != VERSION:
        raise DataFormatError(
            f"this is no journal of version {VERSION}: its first line is "
            f"'{shorten(line.decode(errors='replace'), 60)}'. Move the file away, or "
            "choose another output_dir.",
            path=path,
        )
    theirs = found.get("run")
    theirs = theirs if isinstance(theirs, dict) else {}
    names = [k for k in {**theirs, **run} if theirs.get(k) != run.get(k)]
    if names:
        told = "; ".join(
            f"{name} was {_told(theirs, name)}, is now {_told(run, name)}"
            for name in names[:4]
        )
        raise CoalmError(
            f"this is the journal of another run, not finished: {told}. To finish that "
            "one, run it as it was; to begin anew, remove the file or choose another "
            "output_dir.",
            path=path,
        )


def _told(run: Mapping[str, Any], name: str) -> str:
    return shorten(json.dumps(run[name]), 60) if name in run else "not given"


def _entry(found: Any) -> Entry:
    """Returns an entry; raises if the values are not of the kinds that one has."""
    entry = Entry(**found)
    tokens = (entry.prompt_tokens, entry.completion_tokens)
    counts = (entry.steps, entry.cut_off, *dict(entry.lost).values())
    if not (
        isinstance(entry.id, str)
        and isinstance(entry.lost, dict)
        and all(map(is_count, counts))
        and all(value is None or is_count(value) for value in tokens)
        and all(map(is_amount, (entry.elapsed, entry.engine_seconds)))
    ):
        raise ValueError("not an entry")
    return entry
