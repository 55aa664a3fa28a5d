"""CRA dialogues as JSON, one a line, as `coalm generate-cra` writes them.

A line (an invented dialogue of one turn)::

    {"record_id": "1_00000", "turns": [{"user": "Is there a ferry from Hull?",
     "thought": "FindFerry needs the port alone.",
     "call": {"name": "FindFerry", "arguments": {"port": "Hull"}},
     "observation": {"count": 1}, "thought2": "There is one.",
     "response": "There is one.", "service": "Ferries_1"}], "today": "2019-03-01"}

A turn without a call has no `call`, `observation` and `thought2`; calls after the first
stand in `further`, a list of objects with these three. `today`, the day on which the
dialogue is held, is left out if that is not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from coalm_oumi.calls import FunctionCall, strict_json
from coalm_oumi.cra.check.quantities import day_of
from coalm_oumi.cra.dialogue import CraDialogue, CraTurn, Step
from coalm_oumi.errors import DataFormatError


def dialogue_to_json(dialogue: CraDialogue) -> dict[str, Any]:
    """Returns a dialogue as a JSON object."""
    turns = []
    for turn in dialogue.turns:
        value: dict[str, Any] = {"user": turn.user, "thought": turn.thought}
        steps = [_step_to_json(step) for step in turn.steps]
        if steps:
            value |= steps[0]
        value["response"] = turn.response
        if turn.service:
            value["service"] = turn.service
        if steps[1:]:
            value["further"] = steps[1:]
        turns.append(value)
    value = {"record_id": dialogue.record_id, "turns": turns}
    if dialogue.today is not None:
        value["today"] = dialogue.today.isoformat()
    return value


def dialogue_from_json(value: Any) -> CraDialogue:
    """Returns the dialogue that `dialogue_to_json` made a JSON object of.

    Raises:
        ValueError: The value has another form; the message says where.
    """
    turns = _typed(value, "turns", list)
    if not turns:
        raise ValueError("'turns' is empty")
    read = []
    for number, turn in enumerate(turns):
        try:
            read.append(_turn(turn))
        except ValueError as error:
            raise ValueError(f"turns[{number}]: {error}") from None
    name = _typed(value, "record_id", str)
    today = day_of(_typed(value, "today", str)) if "today" in value else None
    if "today" in value and today is None:
        raise ValueError("'today' has to be a day such as 2019-03-01")
    return CraDialogue(name, tuple(read), today)


def read_dialogues(path: Path) -> Iterator[CraDialogue]:
    """Reads a file of dialogues.

    Raises:
        DataFormatError: The file cannot be read, or a line has another form.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise DataFormatError(
            f"cannot be read: {error.strerror}.", path=path
        ) from error
    for row, line in enumerate(lines):
        try:
            yield dialogue_from_json(strict_json.loads(line.decode("utf-8")))
        except ValueError as error:
            raise DataFormatError(
                f"no CRA dialogue: {error}. Generate the file again, or remove the line.",
                path=path,
                row=row,
            ) from error


def _step_to_json(step: Step) -> dict[str, Any]:
    call = {"name": step.call.name, "arguments": dict(step.call.arguments)}
    return {"call": call, "observation": step.observation, "thought2": step.thought}


def _turn(value: Any) -> CraTurn:
    further = _typed(value, "further", list) if "further" in value else []
    return CraTurn(
        _typed(value, "user", str),
        _typed(value, "thought", str),
        _step(value) if "call" in value else None,
        _typed(value, "response", str),
        _typed(value, "service", str) if "service" in value else "",
        tuple(_step(step) for step in further),
    )


def _step(value: Any) -> Step:
    call = _typed(value, "call", dict)
    return Step(
        FunctionCall(_typed(call, "name", str), _typed(call, "arguments", dict)),
        value.get("observation"),
        _typed(value, "thought2", str),
    )


def _typed(value: Any, key: str, kind: type) -> Any:
    found = value.get(key) if isinstance(value, Mapping) else None
    if not isinstance(found, kind):
        names = {str: "a text", list: "a list", dict: "an object"}
        raise ValueError(f"'{key}' has to be {names[kind]}")
    return found
