r"""A random sample of dialogues to review, from files of CRA samples or dialogues.

Samples are rows with `instruction`, `input`, `output`: a build of `coalm build`, the
published set, or generated ones. A row holds the dialogue up to its turn::

    {"instruction": "... [BEGIN OF CONVERSATION HISTORY]\nUser: Hi\nThought: ...\n[END ...",
     "input": "User: And from Hull?\nThought: ...", "output": "System: There is one."}

so that the longest row of a dialogue holds all of it. Dialogues are told apart by their
record, or, where rows have none, by their first two lines. Dialogues themselves are JSON
objects with `record_id` and `turns` (user, thought, call, observation, thought2, response).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from coalm_oumi.calls import FunctionCall, parse_action, write_action, write_literal
from coalm_oumi.calls.names import NAME
from coalm_oumi.errors import CoalmError, DataFormatError, shorten
from coalm_oumi.prompts.recognise import recognise
from coalm_oumi.seeding import stable_digest
from coalm_oumi.sources.coalm_it import (
    COLUMNS,
    InstructionRow,
    coalm_it_files,
    read_coalm_it,
)
from coalm_oumi.sources.ledger import Ledger
from coalm_oumi.sources.rows import no_object, read_values

DIALOGUES = "dialogues.jsonl"
"""The file of dialogues in the folder of a generation."""
_ROLE = re.compile(
    r"(User|Thought ?\d?|Action|API Name|Observation|API Result|System): ?"
)
_HISTORY = re.compile(
    r"\[BEGIN OF CONVERSATION HISTORY\](.*)\[END OF CONVERSATION HISTORY\]", re.DOTALL
)
_TOOLS = re.compile(
    r"\[BEGIN OF AVAILABLE TOOLS\](.*?)\[END OF AVAILABLE TOOLS\]", re.DOTALL
)
_SIGNATURE = re.compile(rf"(?:\d+\. )?({NAME})\(([^()]*)\)")
_CALLED = re.compile(rf"\s*({NAME})\s*\(")


@dataclass(frozen=True)
class Line:
    """A line of a dialogue: who has it (`User`, `Thought`, `Action`, ...), and its text."""

    role: str
    text: str


@dataclass(frozen=True)
class ReviewDialogue:
    """A dialogue to review.

    Attributes:
        record_id: Its name, unique in the sample.
        source: The source that its rows name; empty if they name none.
        lines: Its lines.
        signatures: The functions that its prompt lists, with their arguments' names;
            empty if no row at hand has a list.
    """

    record_id: str
    source: str
    lines: tuple[Line, ...]
    signatures: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def called(self) -> tuple[str, ...]:
        """The names of the functions that it calls, each once."""
        found = (_CALLED.match(x.text) for x in self.lines if x.role == "Action")
        return tuple(dict.fromkeys(match[1] for match in found if match))


@dataclass
class Drawn:
    """A sample.

    Attributes:
        dialogues: The dialogues, in the order in which they are reviewed.
        of: Dialogues that there are.
        ledger: Counts the rows read, and names those that cannot be shown.
    """

    dialogues: list[ReviewDialogue]
    of: int
    ledger: Ledger


def draw_sample(path: Path, *, n: int, seed: int) -> Drawn:
    """Draws a random sample of the dialogues of a file or folder.

    A dialogue's place in the sample is fixed by the seed and its name or wording alone.
    No more than the sample is held in memory.

    Args:
        path: A file of rows or dialogues; a build; or the folder of a generation.
        n: Dialogues to draw; all, if there are not as many.
        seed: Fixes the draw.

    Raises:
        DataNotFoundError: There is no such file.
        DataFormatError: A file is malformed as a whole.
        CoalmError: It has no CRA dialogue that can be shown.
    """
    pool = _Pool(n, seed)
    ledger = Ledger("review")
    if (path / DIALOGUES).is_file():
        path = path / DIALOGUES
    for file in coalm_it_files(path):
        if _holds_dialogues(file):
            for dialogue in _dialogues(file, ledger):
                pool.offer(dialogue.record_id, len(dialogue.lines), dialogue)
            continue
        for row in read_coalm_it(file, ledger=ledger):
            if recognise(row.instruction).part == "cra":
                key, text = _conversation(row)
                pool.offer(key, len(text), (row, text))
                tools = _TOOLS.search(row.instruction)
                if tools is not None:
                    pool.list_tools(key, tools[1].strip())
    if not pool.kept:
        rejected = ledger.first_rejection()
        raise CoalmError(
            f"none of its rows can be shown; the first: {rejected}."
            if rejected
            else "it has no CRA dialogue: no row has the prompt of action prediction or "
            "response generation, and none has `turns`.",
            path=path,
        )
    return Drawn(pool.dialogues(), len(pool.seen), ledger)


class _Pool:
    """The n dialogues with the lowest digests so far, each with its longest text."""

    def __init__(self, n: int, seed: int) -> None:
        self.n, self.seed = n, seed
        self.kept: dict[str, tuple[bytes, int, Any]] = {}
        self.seen: set[bytes] = set()
        self._last = b""
        self._tools: dict[str, str] = {}
        self._lists: dict[str, str] = {}

    def offer(self, key: str, length: int, content: Any) -> None:
        """Takes a part of a dialogue, or the whole, if it belongs to the sample."""
        place = stable_digest(self.seed, "review", key)
        self.seen.add(place[:12])
        known = self.kept.get(key)
        if known is not None and known[1] >= length:
            return
        if known is None and len(self.kept) == self.n and place > self._last:
            return
        self.kept[key] = (place, length, content)
        if len(self.kept) > self.n:
            del self.kept[max(self.kept, key=lambda name: self.kept[name][0])]
        if known is None:
            self._last = max(held[0] for held in self.kept.values())

    def list_tools(self, key: str, text: str) -> None:
        """Notes the functions that a row of a dialogue in the sample lists."""
        if key in self.kept:
            # The list is mostly the same text: it is held once.
            self._tools[key] = self._lists.setdefault(text, text)

    def dialogues(self) -> list[ReviewDialogue]:
        """Returns the sample in its order."""
        found: dict[str, ReviewDialogue] = {}
        for key, (_, _, content) in sorted(
            self.kept.items(), key=lambda item: item[1][0]
        ):
            if isinstance(content, ReviewDialogue):
                dialogue = content
            else:
                row, text = content
                dialogue = ReviewDialogue(
                    _name(row),
                    str(row.origin.get("source") or ""),
                    tuple(_lines(text)),
                    _signatures(self._tools.get(key, "")),
                )
            if dialogue.record_id in found:  # of two sources
                name = f"{dialogue.source}: {dialogue.record_id}"
                dialogue = replace(dialogue, record_id=name)
            found[dialogue.record_id] = dialogue
        return list(found.values())


def _name(row: InstructionRow) -> str:
    own = row.origin.get("record_id")
    return str(own).rpartition("#")[0] or str(own) if own else row.record_id


def _conversation(row: InstructionRow) -> tuple[str, str]:
    """Returns what tells a row's dialogue from others, and the dialogue so far."""
    history = _HISTORY.search(row.instruction)
    parts = (history[1] if history else "", row.input, row.output)
    text = "\n".join(part.strip() for part in parts if part.strip())
    own = row.origin.get("record_id")
    if own and "#" in str(own):
        return f"{row.origin.get('source')}\x1f{_name(row)}", text
    opening = "\n".join(text.split("\n", 2)[:2])
    return hashlib.sha256(opening.encode("utf-8", "replace")).hexdigest(), text


def _lines(text: str) -> Iterator[Line]:
    role, parts = "", list[str]()
    for line in text.split("\n"):
        match = _ROLE.match(line)
        if match is not None:
            if parts:
                yield Line(role, "\n".join(parts))
            role, parts = match[1].replace(" ", ""), [line[match.end() :]]
        else:
            parts.append(line)
    if parts:
        yield Line(role, "\n".join(parts))


def _signatures(tools: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = []
    for line in tools.split("\n"):
        match = _SIGNATURE.fullmatch(line.strip())
        if match is not None:
            names = tuple(n.strip() for n in match[2].split(",") if n.strip())
            found.append((match[1], names))
    return tuple(found)


def _holds_dialogues(file: Path) -> bool:
    if file.suffix.lower() not in (".json", ".jsonl"):
        return False
    for value in read_values(file, on_bad_row="reject"):
        # A dialogue without its turns has another field that no sample has.
        if isinstance(value, dict) and value.keys() & {"turns", *COLUMNS}:
            return "turns" in value
    return False


def _dialogues(file: Path, ledger: Ledger) -> Iterator[ReviewDialogue]:
    for row, value in enumerate(read_values(file, on_bad_row="reject")):
        ledger.read += 1
        try:
            if not isinstance(value, dict):
                raise DataFormatError(no_object(value))
            yield _dialogue(value)
        except DataFormatError as error:
            reason = f"{error.field or 'row'} unusable"
            ledger.rejected(f"{file.name}#{row}", reason, error.problem)


def _dialogue(entry: Mapping[str, Any]) -> ReviewDialogue:
    def error(field: str, expected: str, found: object) -> DataFormatError:
        return DataFormatError(
            f"expected {expected}, found {shorten(repr(found), 40)}.", field=field
        )

    name, turns = entry.get("record_id"), entry.get("turns")
    if not isinstance(name, str) or not name:
        raise error("record_id", "text", name)
    if not isinstance(turns, list) or not turns:
        raise error("turns", "a list of turns", turns)
    lines: list[Line] = []
    for number, turn in enumerate(turns):
        if not isinstance(turn, dict):
            raise error(f"turns[{number}]", "an object", turn)
        steps = [turn] if "call" in turn else []
        further = turn.get("further") or []
        if not isinstance(further, list):
            raise error(f"turns[{number}].further", "a list", further)
        try:
            lines += _turn_lines(turn, [*steps, *further])
        except (
            CoalmError,
            ValueError,
            TypeError,
            LookupError,
            AttributeError,
        ) as problem:
            raise error(f"turns[{number}]", "a turn of CRA", str(problem)) from problem
    source = entry.get("source")
    return ReviewDialogue(name, source if isinstance(source, str) else "", tuple(lines))


def _turn_lines(turn: Mapping[str, Any], steps: list[Any]) -> Iterator[Line]:
    yield Line("User", str(turn["user"]))
    yield Line("Thought", str(turn["thought"]))
    for step in steps:
        call = step["call"]
        yield Line("Action", _action(call))
        yield Line("Observation", write_literal(step.get("observation")))
        yield Line("Thought", str(step.get("thought2", "")))
    yield Line("System", str(turn["response"]))


def _action(call: Any) -> str:
    if isinstance(call, str):
        return write_action(parse_action(call))
    return write_action(FunctionCall(call["name"], call["arguments"]))
