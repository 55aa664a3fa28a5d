"""Loading BFCL V3: requests with functions, and the calls that answer them.

`BFCL_v3_simple.json`, a line (ours)::

    {"id": "simple_7", "question": [[{"role": "user", "content": "What is 3 over 4?"}]],
     "function": [{"name": "divide", "description": "Divides.", "parameters": {
        "type": "dict", "properties": {"a": {"type": "integer", "description": "Above."},
        "b": {"type": "integer", "description": "Below."}}, "required": ["a", "b"]}}]}

`possible_answer/BFCL_v3_simple.json`, the line of the same id: for each call its
parameters, each with the values that are right (`""`: may be left out)::

    {"id": "simple_7", "ground_truth": [{"divide": {"a": [3], "b": [4]}}]}

A multi-turn line has a list of messages per turn, the simulated APIs that it plays on
(`involved_classes`) with their state (`initial_config`), and functions held back until a
later turn (`missed_function`); its answer is a list of calls, as text, per turn.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coalm_oumi.benchmarks.bfcl.case_ids import canonical_id, place_of
from coalm_oumi.benchmarks.bfcl.categories import (
    CATEGORIES,
    IRRELEVANCE,
    MULTI_TURN,
    RELEVANCE,
)
from coalm_oumi.errors import DataFormatError
from coalm_oumi.sources.catalogue import get_source
from coalm_oumi.sources.locate import OnMissing, locate
from coalm_oumi.sources.rows import Row, read_bytes, read_json_lines

SOURCE = "bfcl_v3"
# The documentation that the simulated APIs have to agree with changed once (module
# `simulators`).
_TRAVEL_DOC = "multi_turn_func_doc/travel_booking.json"
_FUNCTION_DOCS = {
    "GorillaFileSystem": "gorilla_file_system",
    "MathAPI": "math_api",
    "MessageAPI": "message_api",
    "TwitterAPI": "posting_api",
    "TicketAPI": "ticket_api",
    "TradingBot": "trading_bot",
    "TravelAPI": "travel_booking",
    "VehicleControlAPI": "vehicle_control",
}

Message = dict[str, str]


@dataclass(frozen=True)
class BfclCase:
    """One case.

    Attributes:
        id: Upstream's id.
        category: Its category.
        turns: The user's messages, turn by turn; a system message may come first.
        functions: Documentation of the functions, as the file has it.
        answer: What upstream's checker compares with; None for (ir)relevance.
        held_back: Functions that are documented only when a turn begins, by that turn.
        stage: What a multi-turn case is played on: `id`, `initial_config`,
            `involved_classes`.
    """

    id: str
    category: str
    turns: tuple[tuple[Message, ...], ...]
    functions: tuple[dict[str, Any], ...]
    answer: Any = None
    held_back: dict[int, tuple[dict[str, Any], ...]] = field(default_factory=dict)
    stage: dict[str, Any] | None = None

    @property
    def multi_turn(self) -> bool:
        """Whether the case is a dialogue with executed calls."""
        return self.stage is not None


@dataclass(frozen=True)
class BfclData:
    """The cases and which data they are.

    Attributes:
        cases: Category by category, in the order of the files.
        origin: Where the data was found, in words.
        digest: SHA-256 over the files read, in hexadecimal.
        as_published: Whether the multi-turn part is that of the catalogue's revision,
            whose simulated APIs differ from those of the checker's package.
    """

    cases: tuple[BfclCase, ...]
    origin: str
    digest: str
    as_published: bool


def load_bfcl(
    *,
    categories: Sequence[str] = CATEGORIES,
    data: str | Path | None = None,
    on_missing: OnMissing = "error",
    per_category: int | None = None,
) -> BfclData:
    """Loads cases.

    Args:
        categories: Which; names out of `CATEGORIES`.
        data: A folder in the layout of the source; the place where the source is found
            when not given.
        on_missing: What to do when the data is nowhere: `download` it, or raise an
            `error`.
        per_category: How many cases of each category to take from its start.

    Raises:
        CoalmError: The data is missing or malformed.
    """
    if data is not None:
        folder, origin = Path(data), str(data)
    else:
        found = locate(SOURCE, on_missing=on_missing)
        folder, origin = found.folder, f"{found.folder} ({found.origin})"
    reader = _Reader(folder)
    cases = [
        case for name in categories for case in reader.cases(name)[slice(per_category)]
    ]
    return BfclData(
        tuple(cases), origin, reader.hasher.hexdigest(), reader.as_published()
    )


class _Reader:
    """Reads files, and keeps account of their bytes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hasher = hashlib.sha256()
        self._docs: dict[str, list[dict[str, Any]]] = {}

    def cases(self, category: str) -> list[BfclCase]:
        name = f"BFCL_v3_{category}.json"
        answers: dict[str, Any] = {}
        if category not in (*IRRELEVANCE, *RELEVANCE):
            answers = self._answers(self.folder / "possible_answer" / name)
        path = self.folder / name
        made: dict[str, BfclCase] = {}
        seen: Counter[str] = Counter()
        for number, row in self._lines(path):
            key = row.get("id")
            if not isinstance(key, str):
                raise DataFormatError(
                    "expected text.", path=path, row=number, field="id"
                )
            row = {**row, "id": canonical_id(key, seen[key])}
            seen[key] += 1
            case = self._case(row, category, answers, path, number)
            if case.id in made:
                raise DataFormatError(
                    f"the id '{case.id}' stands twice.", path=path, row=number
                )
            made[case.id] = case
        return list(made.values())

    def as_published(self) -> bool:
        path = self.folder / _TRAVEL_DOC
        published = {f.path: f.sha256 for f in get_source(SOURCE).data_files()}
        if not path.is_file():
            return False
        return hashlib.sha256(path.read_bytes()).hexdigest() == published[_TRAVEL_DOC]

    def _lines(self, path: Path) -> list[tuple[int, Row]]:
        # Read twice, which costs little: the digest is of the bytes.
        self.hasher.update(read_bytes(path))
        return list(read_json_lines(path))

    def _answers(self, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for number, row in self._lines(path):
            key, answer = row.get("id"), row.get("ground_truth")
            if not isinstance(key, str) or not isinstance(answer, list):
                raise DataFormatError(
                    'expected {"id": ..., "ground_truth": [...]}.',
                    path=path,
                    row=number,
                )
            found[place_of(key)] = answer
        return found

    def _case(
        self,
        row: Row,
        category: str,
        answers: dict[str, Any],
        path: Path,
        number: int,
    ) -> BfclCase:
        key = row["id"]
        place = place_of(key)
        if category not in (*IRRELEVANCE, *RELEVANCE) and place not in answers:
            raise DataFormatError(
                f"possible_answer/{path.name} has no answer to '{key}'. Fetch both "
                "files again, of one revision.",
                path=path,
                row=number,
                field="id",
            )
        turns = _turns(row.get("question"), path, number)
        if category not in MULTI_TURN:
            functions = _functions(row.get("function"), path, number)
            return BfclCase(key, category, turns, functions, answers.get(place))
        functions, held_back = self._documented(row, path, number)
        stage = {
            name: row.get(name) for name in ("id", "initial_config", "involved_classes")
        }
        return BfclCase(
            key, category, turns, functions, answers[place], held_back, stage
        )

    def _documented(
        self, row: Row, path: Path, number: int
    ) -> tuple[tuple[dict[str, Any], ...], dict[int, tuple[dict[str, Any], ...]]]:
        """Returns the functions known from the start, and those held back, by turn."""
        classes = row.get("involved_classes")
        if not isinstance(classes, list) or any(
            c not in _FUNCTION_DOCS for c in classes
        ):
            raise DataFormatError(
                f"expected a list out of {', '.join(_FUNCTION_DOCS)}.",
                path=path,
                row=number,
                field="involved_classes",
            )
        functions = [doc for name in classes for doc in self._doc(name)]
        held_back: dict[int, tuple[dict[str, Any], ...]] = {}
        for turn, names in (row.get("missed_function") or {}).items():
            taken = []
            for name in names:
                doc = next((f for f in functions if f["name"] == name), None)
                if doc is not None:
                    taken.append(doc)
                    functions.remove(doc)
            held_back[int(turn)] = tuple(taken)
        return tuple(functions), held_back

    def _doc(self, name: str) -> list[dict[str, Any]]:
        if name not in self._docs:
            path = self.folder / "multi_turn_func_doc" / f"{_FUNCTION_DOCS[name]}.json"
            rows = [row for _, row in self._lines(path)]
            self._docs[name] = list(_functions(rows, path, 0))
        return self._docs[name]


def _turns(value: Any, path: Path, number: int) -> tuple[tuple[Message, ...], ...]:
    if isinstance(value, list) and value and all(map(_is_turn, value)):
        return tuple(tuple(turn) for turn in value)
    raise DataFormatError(
        'expected a list of turns, each a list of {"role": ..., "content": ...}.',
        path=path,
        row=number,
        field="question",
    )


def _is_turn(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(message, dict)
        and isinstance(message.get("role"), str)
        and isinstance(message.get("content"), str)
        for message in value
    )


def _functions(value: Any, path: Path, number: int) -> tuple[dict[str, Any], ...]:
    if isinstance(value, list) and all(map(_is_function, value)):
        return tuple(value)
    raise DataFormatError(
        "expected a list of functions with name, description and "
        f"parameters.properties, found {json.dumps(value)[:60]}.",
        path=path,
        row=number,
        field="function",
    )


def _is_function(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("name"), str)
        and isinstance(value.get("description"), str)
        and isinstance(value.get("parameters"), dict)
        and isinstance(value["parameters"].get("properties"), dict)
    )
