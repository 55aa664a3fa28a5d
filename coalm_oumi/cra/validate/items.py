"""What is validated: dialogues, or rows of a set of instructions.

Files of dialogues (`cra.read.stored`) give an item per turn; CRA rows (Alpaca columns, as
published or as `coalm build` makes them) one per row. Rows of other parts of CoALM-IT are
counted and passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from coalm_oumi.calls import strict_json
from coalm_oumi.case_errors import SCORER_ERROR, guarded
from coalm_oumi.cra.check.defect import Defect
from coalm_oumi.cra.check.validate import validate, validate_turn
from coalm_oumi.cra.dialogue import CraDialogue
from coalm_oumi.cra.functions import FunctionCatalogue
from coalm_oumi.cra.read.generated import run_record
from coalm_oumi.cra.read.sample_rows import UnreadableRowError, read_cra_row, with_types
from coalm_oumi.cra.read.stored import dialogue_to_json, read_dialogues
from coalm_oumi.cra.samples import cra_samples
from coalm_oumi.errors import DataNotFoundError, OptionError
from coalm_oumi.prompts.recognise import recognise
from coalm_oumi.sources.coalm_it import read_coalm_it

ALPACA = ("instruction", "input", "output")


@dataclass(frozen=True)
class Validated:
    """A dialogue or row with its defects.

    Attributes:
        record_id: Its name.
        turns: How many turns of it were looked at: all of a dialogue, one of a row.
        defects: The defects.
        repairs: The rules that were needed to read it.
        problem: Why it cannot be read; empty if it can.
        text: Its last turn in lines, for reports and the judge.
        rows: Its rows in Alpaca columns, for the filtered data.
        stored: Its line of JSON, if it is a dialogue.
        services: The service of each turn, as far as it is known.
        last_turn: The place of its last turn in the dialogue, from 0.
    """

    record_id: str
    turns: int
    defects: tuple[Defect, ...] = ()
    repairs: tuple[str, ...] = ()
    problem: str = ""
    text: str = ""
    rows: tuple[dict[str, Any], ...] = ()
    stored: dict[str, Any] | None = None
    services: tuple[str, ...] = ()
    last_turn: int = 0


@dataclass
class Passed:
    """What was passed over, by the part of CoALM-IT that it belongs to."""

    rows: dict[str, int]


def validated_items(
    path: Path,
    functions: FunctionCatalogue | None,
    today: date | None,
    passed: Passed,
) -> Iterator[Validated]:
    """Reads a file and validates what is in it.

    Args:
        path: Dialogues as JSON lines, rows of instructions, or a folder of such rows.
        functions: The functions with their types; rows bring a list without types.
        today: The day on which the dialogues are held; None for what each says itself.
        passed: Counts the rows of other parts.

    Raises:
        DataNotFoundError: There is no such file.
        DataFormatError: A file has another form.
        OptionError: Dialogues need functions, and none are given.
    """
    if not path.exists():
        raise DataNotFoundError("it does not exist. Check the path.", path=path)
    if _holds_dialogues(path):
        if functions is None:
            raise OptionError(
                "a file of dialogues does not say which functions there are. Give "
                "--functions.",
                path=path,
            )
        record = run_record(path)
        for dialogue in read_dialogues(path):
            yield guarded(
                partial(validated_dialogue, dialogue, functions, today, record),
                partial(_unjudged, dialogue.record_id, len(dialogue.turns), ""),
            )
        return
    for row in read_coalm_it(path, on_bad_row="error"):
        part = recognise(row.instruction).part
        if part != "cra":
            passed.rows[part] = passed.rows.get(part, 0) + 1
            continue
        values = {name: getattr(row, name) for name in ALPACA} | dict(row.origin)
        yield guarded(
            partial(_validated_row, row.record_id, values, functions, today),
            partial(_unjudged, row.record_id, 1, str(row.output)),
        )


def _unjudged(record_id: str, turns: int, text: str, told: str) -> Validated:
    return Validated(record_id, turns, problem=f"{SCORER_ERROR}: {told}", text=text)


def validated_dialogue(
    dialogue: CraDialogue,
    functions: FunctionCatalogue,
    today: date | None,
    record: Mapping[str, Any] | None = None,
) -> Validated:
    """Validates a dialogue.

    Args:
        dialogue: The dialogue.
        functions: The functions on offer.
        today: The day on which it is held; None for what it says itself.
        record: The run record of its generation, for the rows' columns.
    """
    record = record or {}
    problem = dialogue.unwritable()
    if problem:
        return Validated(dialogue.record_id, len(dialogue.turns), problem=problem)
    options = record.get("options") or {}
    samples = cra_samples(
        dialogue,
        functions,
        source=str((record.get("source") or {}).get("source") or ""),
        seed=int(options.get("sample_seed") or 0),
        thoughts=str(record.get("prompt") or ""),
        state_date=options.get("state_date") is not False,
    )
    rows = tuple(
        {"instruction": s.instruction, "input": s.input, "output": s.output}
        | {"part": "cra", **asdict(s.origin)}
        for s in samples
    )
    return Validated(
        dialogue.record_id,
        len(dialogue.turns),
        validate(dialogue, functions, today=today or dialogue.today),
        text="\n\n".join(turn.lines() for turn in dialogue.turns),
        rows=rows,
        stored=dialogue_to_json(dialogue),
        services=tuple(turn.service for turn in dialogue.turns),
        last_turn=len(dialogue.turns) - 1,
    )


def _validated_row(
    record_id: str,
    values: dict[str, Any],
    functions: FunctionCatalogue | None,
    today: date | None,
) -> Validated:
    texts = [str(values[name]) for name in ALPACA]
    try:
        offered = functions.functions if functions is not None else ()
        row = read_cra_row(record_id, *texts, functions=offered)
    except UnreadableRowError as error:
        return Validated(record_id, 1, problem=str(error), text=texts[2])
    known = functions or FunctionCatalogue(())
    listed = with_types(row.functions, functions) if row.functions else known
    day = today or row.dialogue.today
    defects = validate_turn(row.dialogue, listed, parts=row.parts, today=day)
    return Validated(
        record_id,
        1,
        defects,
        tuple(sorted({repair.rule for repair in row.repairs})),
        text="\n\n".join(turn.lines() for turn in row.dialogue.turns),
        rows=(values,),
        services=("",),
        last_turn=len(row.dialogue.turns) - 1,
    )


def _holds_dialogues(path: Path) -> bool:
    """Whether the first line of a file is a dialogue."""
    if path.is_dir() or path.suffix.lower() != ".jsonl":
        return False
    with path.open("rb") as file:
        first = file.readline()
    try:
        value = strict_json.loads(first.decode("utf-8"))
    except ValueError:
        return False
    return isinstance(value, dict) and "turns" in value
