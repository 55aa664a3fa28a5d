"""The gold states of MultiWOZ 2.2, which mwzeval takes where predictions have none.

In, from `test/dialogues_001.json` (an invented one)::

    [{"dialogue_id": "SNG0000.json", "turns": [
      {"speaker": "USER", "frames": [{"service": "hotel", "state": {"slot_values":
        {"hotel-area": ["north", "the north"], "hotel-stars": ["dontcare"]}}}]},
      {"speaker": "SYSTEM", "frames": []}]}]

Out: ``{"sng0000": ({"hotel": {"area": "north"}},)}``, the state after each turn of the
user. As in mwzeval (`utils.load_multiwoz22`), of several spellings the first counts, and
a slot that may be anything says nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from coalm_oumi.environments.multiwoz.data.active_domains import State
from coalm_oumi.environments.multiwoz.data.dialogues import dialogue_id
from coalm_oumi.errors import DataFormatError, shorten
from coalm_oumi.sources.locate import OnMissing, locate
from coalm_oumi.sources.rows import read_text

SOURCE = "multiwoz22"
"""The source in the catalogue."""
_FILES = "dialogues_*.json"


def load_gold_states_22(
    *, data: Path | None = None, on_missing: OnMissing = "download"
) -> dict[str, tuple[State, ...]]:
    """Loads the states of the test dialogues by dialogue.

    Args:
        data: A folder with the files; the source's own place when not given.
        on_missing: What to do when the source is nowhere.

    Raises:
        CoalmError: The files are missing or malformed.
    """
    folder = data or locate(SOURCE, on_missing=on_missing).folder
    found: dict[str, tuple[State, ...]] = {}
    for path in sorted(folder.rglob(_FILES)):
        found |= read_gold_states_22(path)
    if not found:
        raise DataFormatError(
            f"no {_FILES} in it. Fetch them: `coalm download {SOURCE}`.", path=folder
        )
    return found


def read_gold_states_22(path: Path) -> dict[str, tuple[State, ...]]:
    """Reads one file of dialogues.

    Raises:
        DataFormatError: It does not have the form of the module's docstring.
    """
    try:
        dialogues = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise DataFormatError(
            f"it is no JSON ({shorten(error)}). Fetch the file again.", path=path
        ) from error
    if not isinstance(dialogues, list):
        raise DataFormatError("expected a JSON list of dialogues.", path=path)
    found = {}
    for row, dialogue in enumerate(dialogues):
        try:
            name = dialogue_id(dialogue["dialogue_id"])
            found[name] = tuple(_states(dialogue["turns"]))
        except (AttributeError, IndexError, KeyError, TypeError) as error:
            raise DataFormatError(
                f"it is no dialogue of MultiWOZ 2.2 ({shorten(repr(error))}). Fetch the "
                "file again.",
                path=path,
                row=row,
            ) from error
    return found


def _states(turns: Sequence[Mapping[str, Any]]) -> list[State]:
    return [_state(turn["frames"]) for turn in turns if turn["speaker"] == "USER"]


def _state(frames: Sequence[Mapping[str, Any]]) -> State:
    state: dict[str, dict[str, str]] = {}
    for frame in frames:
        values = frame["state"]["slot_values"]
        slots = {
            name.partition("-")[2]: spellings[0]
            for name, spellings in values.items()
            if "dontcare" not in spellings
        }
        if slots:
            state[frame["service"]] = slots
    return state
