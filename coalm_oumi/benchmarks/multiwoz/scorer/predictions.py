"""Stored predictions of multiwoz24: what the model said, tracked and called, turn by turn.

Ours, one dialogue a line (`predictions.jsonl`, as `oumi evaluate` writes it)::

    {"id": "sng0073", "prediction": [
      {"response": "Your taxi is a red skoda, phone 07123456789.",
       "state": {"taxi": {"leave": "17:15", "destination": "ely"}},
       "active_domains": ["taxi"],
       "calls": [{"name": "book_taxi", "arguments": {"leaveAt": "17:15"},
                  "result": {"type": "red skoda", "phone": "07123456789"}}]}]}

`response` is the reply as the user reads it; with `"delexicalised": true` it holds
`[slot]` in the place of values. A turn without `state` has the one that the calls so far
add up to; if any turn lacks `active_domains` they are all guessed from the states. A
prediction of null is a dialogue that was not predicted. With `user` in a turn the dialogue
was held with another user than the test's own, with `only_state` no reply was asked for;
`problems` names what was wrong with the model's text.

mwzeval's, one object in `.json` or `.json.gz`, replies delexicalised::

    {"sng0073": [{"response": "it is a [taxi_type], [taxi_phone] .",
                  "state": {"taxi": {"leave at": "17:15"}}, "active_domains": ["taxi"]}]}
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from coalm_oumi.calls.strict_json import loads
from coalm_oumi.environments.multiwoz.data.dialogues import dialogue_id
from coalm_oumi.environments.multiwoz.predicted_turn import (
    PredictedTurn,
    predicted_turn,
)
from coalm_oumi.errors import DataFormatError, shorten
from coalm_oumi.sources.rows import read_bytes, read_json_lines

Predictions = Mapping[str, tuple[PredictedTurn, ...] | None]
"""The turns by dialogue id; None for a dialogue that was not predicted."""


def read_predictions(
    path: Path,
    expected: Mapping[str, int],
    *,
    known: Mapping[str, int] | None = None,
) -> dict[str, tuple[PredictedTurn, ...] | None]:
    """Reads stored predictions in either form.

    Args:
        path: The file; in gzip too.
        expected: How many turns each dialogue to score has, by id, in order.
        known: The same for dialogues that may be there too; left out when they are.

    Returns:
        The predictions of the expected dialogues, in that order, then those of other
        known ones. In mwzeval's form a dialogue may be missing: it is None.

    Raises:
        DataNotFoundError: There is no such file.
        DataFormatError: It is in neither form, a dialogue is unknown or has more turns
            than the benchmark's, or (in our form) is missing.
    """
    with_extra = {**(known or {}), **expected}
    text = _text(path).lstrip()
    if _is_one_object(text):
        found = _mwzeval(text, path, with_extra)
    else:
        found = _lines(path, with_extra)
        missing = [key for key in expected if key not in found]
        if missing:
            raise DataFormatError(
                f"{len(missing)} of {len(expected)} dialogues have no prediction, the "
                f"first is '{missing[0]}'. If only the first N were run (num_samples), "
                "pass `--limit N`.",
                path=path,
            )
    extra = {key: turns for key, turns in found.items() if key not in expected}
    return {**{key: found.get(key) for key in expected}, **extra}


def _text(path: Path) -> str:
    data = read_bytes(path)
    try:
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        return data.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise DataFormatError(
            f"expected JSON in UTF-8, perhaps in gzip ({shorten(error)}).", path=path
        ) from error


def _is_one_object(text: str) -> bool:
    """Says whether a text is mwzeval's object, not our lines of objects."""
    head, _, _ = text.partition("\n")
    try:
        first = loads(head)
    except ValueError:
        return True  # An object over several lines; or nothing that can be read.
    return not (isinstance(first, dict) and {"id", "prediction"} <= first.keys())


def _mwzeval(
    text: str, path: Path, known: Mapping[str, int]
) -> dict[str, tuple[PredictedTurn, ...]]:
    try:
        value = loads(text)
    except ValueError as error:
        raise DataFormatError(
            'neither lines of {"id": ..., "prediction": [...]} nor one JSON object from '
            f"dialogue ids to turns ({shorten(error)}).",
            path=path,
        ) from error
    if not isinstance(value, dict) or not value:
        raise DataFormatError(
            "expected a JSON object from dialogue ids to lists of turns.", path=path
        )
    if "prediction" in value:
        raise DataFormatError(
            f'a line is {{"id": "...", "prediction": [turn, ...]}}; the first one has '
            f"{', '.join(shorten(name, 20) for name in list(value)[:4])}.",
            path=path,
        )
    found: dict[str, tuple[PredictedTurn, ...]] = {}
    for name, turns in value.items():
        key = _known_id(name, known, path, name)
        if key in found:
            raise _twice(key, path, name)
        found[key] = _turns(turns, known[key], path, name, delexicalised=True)
    return found


def _lines(
    path: Path, known: Mapping[str, int]
) -> dict[str, tuple[PredictedTurn, ...] | None]:
    found: dict[str, tuple[PredictedTurn, ...] | None] = {}
    for number, row in read_json_lines(path):
        if not isinstance(row.get("id"), str) or "prediction" not in row:
            raise DataFormatError(
                'a line is {"id": "...", "prediction": [turn, ...]}.',
                path=path,
                row=number,
            )
        key = _known_id(row["id"], known, path, number)
        if key in found:
            raise _twice(key, path, number)
        turns = row["prediction"]
        if isinstance(turns, str):
            turns = _parsed(turns, path, number)
        found[key] = None
        if turns is not None:
            most = known[key]
            found[key] = _turns(turns, most, path, number, delexicalised=False)
    return found


def _parsed(text: str, path: Path, row: int) -> Any:
    try:
        return loads(text)
    except ValueError as error:
        raise DataFormatError(
            f"expected a list of turns or its JSON as text ({error}).",
            path=path,
            row=row,
            field="prediction",
        ) from error


def _known_id(name: str, known: Iterable[str], path: Path, row: int | str) -> str:
    key = dialogue_id(name)
    if key not in known:
        raise DataFormatError(
            f"the benchmark has no dialogue '{shorten(name, 40)}'. Its ids look like "
            f"'{next(iter(known), '')}'; were the predictions made on other data, or "
            "with another limit?",
            path=path,
            row=row,
            field="id",
        )
    return key


def _twice(key: str, path: Path, row: int | str) -> DataFormatError:
    return DataFormatError(
        f"the dialogue '{key}' has two predictions. Keep one.",
        path=path,
        row=row,
        field="id",
    )


def _turns(
    value: Any, most: int, path: Path, row: int | str, *, delexicalised: bool
) -> tuple[PredictedTurn, ...]:
    if not isinstance(value, list):
        raise DataFormatError(
            f"expected a list of turns, found '{shorten(value, 40)}'.",
            path=path,
            row=row,
        )
    try:
        turns = tuple(predicted_turn(turn, delexicalised) for turn in value)
    except ValueError as error:
        raise DataFormatError(str(error), path=path, row=row) from error
    if len(turns) > most and not all(turn.user is not None for turn in turns):
        raise DataFormatError(
            f"{len(value)} turns, but the dialogue has {most}. Were the predictions made "
            "on other data?",
            path=path,
            row=row,
        )
    return turns
