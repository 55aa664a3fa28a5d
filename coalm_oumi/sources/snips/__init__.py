"""SNIPS 2017-06 (custom-intent-engines): utterances with an intent and slot values.

Raw row, under `{"<Intent>": [...]}` in `<Intent>/train_<Intent>_full.json` or
`<Intent>/validate_<Intent>.json` (an invented one)::

    {"data": [{"text": "Weather in "}, {"text": "Ely", "entity": "city"}]}

Row of the common split (Goo et al. 2018), a list in `train.json`, `valid.json` or
`test.json`::

    {"dialog_id": "gw_1", "domain": "GetWeather", "utterance": "Weather in Ely",
     "slot_values": {"city": "Ely"}}

Both give
`Utterance("gw_1", "GetWeather", "Weather in Ely", (SlotValue("city", "Ely"),))`.

White space around an utterance is taken off. 61 raw utterances name a slot twice; the
record keeps all values, and `state` says which it uses. The test part of the common
split comes from the raw *training* files: all of its 700 utterances stand there.

The raw training file of PlayMusic is not UTF-8, and often taken for latin-1. It is
UTF-8 but for one emoji, written as a surrogate pair (CESU-8); latin-1 would garble its
accents.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from coalm_oumi.errors import (
    DataFormatError,
    DataNotFoundError,
    OptionError,
    expected_one_of,
    shorten,
)
from coalm_oumi.sources.ledger import Ledger
from coalm_oumi.sources.records import BadRowError, an_object, checked_field
from coalm_oumi.sources.rows import OnBadRow, read_json, read_values

INTENT_SLOTS: Mapping[str, tuple[str, ...]] = {
    intent: tuple(slots.split())
    for intent, slots in {
        "AddToPlaylist": "music_item playlist_owner entity_name playlist artist",
        "BookRestaurant": "poi restaurant_type served_dish timeRange party_size_number "
        "restaurant_name state country party_size_description sort city "
        "spatial_relation cuisine facility",
        "GetWeather": "condition_temperature geographic_poi current_location timeRange "
        "condition_description state country city spatial_relation",
        "PlayMusic": "track playlist service genre year album music_item sort artist",
        "RateBook": "rating_value rating_unit object_type object_select "
        "object_part_of_series_type best_rating object_name",
        "SearchCreativeWork": "object_type object_name",
        "SearchScreeningEvent": "movie_name location_name timeRange object_type "
        "movie_type object_location_type spatial_relation",
    }.items()
}
"""The seven intents with the slots of each: 39 different slots in all."""

SnipsPart = Literal["train", "validation", "test"]
SnipsLayout = Literal["split", "raw"]

_SPLIT_FILES: Mapping[str, str] = {
    "train": "train.json",
    "validation": "valid.json",
    "test": "test.json",
}
_RAW_FILES: Mapping[str, str] = {
    "train": "train_{intent}_full.json",
    "validation": "validate_{intent}.json",
}


@dataclass(frozen=True)
class SlotValue:
    """A slot and the words of the utterance that fill it."""

    slot: str
    value: str


@dataclass(frozen=True)
class Utterance:
    """One utterance with its intent and slot values.

    Attributes:
        record_id: The split's `dialog_id`, or `<file>#<row>` of a raw file.
        intent: One of the keys of `INTENT_SLOTS`.
        text: What the user says, without white space around it.
        slots: The slot values in the source's order; a slot may stand twice.
    """

    record_id: str
    intent: str
    text: str
    slots: tuple[SlotValue, ...]

    @property
    def state(self) -> dict[str, str]:
        """The dialogue state: a slot that stands twice has its last value.

        The common split does the same.
        """
        return {s.slot: s.value for s in self.slots}


def read_snips(
    path: Path,
    part: SnipsPart,
    *,
    ledger: Ledger | None = None,
    on_bad_row: OnBadRow = "error",
) -> Iterator[Utterance]:
    """Reads one part of SNIPS, raw or in the common split, whichever `path` holds.

    Args:
        path: A folder with one folder per intent (raw); a folder with `train.json`,
            `valid.json` and `test.json` (split); or one file of either kind.
        part: Which part of a folder to read; of a single file all rows are read.
        ledger: Counts the rows, and notes repeated slots and rejected rows.
        on_bad_row: Whether a row that cannot be used ends the reading (`error`, as for a
            test set, whose size is part of the score) or goes into the ledger (`reject`).

    Yields:
        The utterances in the order of the files; raw intents in alphabetical order.

    Raises:
        DataNotFoundError: A file is missing.
        DataFormatError: A file has another form; or a row has, with an unknown intent or
            slot for instance, and `on_bad_row` is `error`.
        OptionError: `part` is unknown, or the layout does not have it.
    """
    ledger = ledger if ledger is not None else Ledger("snips")
    if part not in get_args(SnipsPart):
        raise OptionError(expected_one_of(part, get_args(SnipsPart)), field="split")
    for file, layout in _files(path, part):
        rows = read_values(file) if layout == "split" else _raw_rows(file)
        for number, row in enumerate(rows):
            ledger.read += 1
            record_id = f"{file.name}#{number}"
            try:
                if layout == "split":
                    yield _split_utterance(row)
                else:
                    yield _raw_utterance(record_id, *row, ledger)
            except BadRowError as error:
                error.settle(on_bad_row, ledger, record_id, (file, number))


def snips_layout(folder: Path) -> SnipsLayout | None:
    """Returns which layout a folder has; None when it has neither."""
    if any((folder / name).is_file() for name in _SPLIT_FILES.values()):
        return "split"
    if any((folder / intent).is_dir() for intent in INTENT_SLOTS):
        return "raw"
    return None


def _files(path: Path, part: SnipsPart) -> list[tuple[Path, SnipsLayout]]:
    if not path.exists():
        raise DataNotFoundError("it does not exist. Check the path.", path=path)
    if path.is_file():
        is_list = isinstance(read_json(path, latin_1=_may_be_latin_1(path)), list)
        return [(path, "split" if is_list else "raw")]
    layout = snips_layout(path)
    if layout == "split":
        return [(path / _SPLIT_FILES[part], "split")]
    if layout is None:
        raise DataFormatError(
            "expected train.json, valid.json and test.json (the common split) or one "
            f"folder per intent ({', '.join(INTENT_SLOTS)}).",
            path=path,
        )
    if part not in _RAW_FILES:
        raise OptionError(
            f"the raw files have no part '{part}' (only {', '.join(_RAW_FILES)}). "
            "The 700 test utterances are part of the common split.",
            path=path,
            field="split",
        )
    return [
        (path / intent / _RAW_FILES[part].format(intent=intent), "raw")
        for intent in INTENT_SLOTS
    ]


def _may_be_latin_1(path: Path) -> bool:
    # Elsewhere a byte that is not UTF-8 is damage; latin-1 would garble the whole file.
    return "PlayMusic" in path.name


def _split_utterance(row: Any) -> Utterance:
    name, intent, text = (
        checked_field(an_object(row), name, str)
        for name in ("dialog_id", "domain", "utterance")
    )
    values = checked_field(row, "slot_values", dict)
    return _utterance(name, intent, text, [_slot(s, v) for s, v in values.items()])


def _raw_rows(path: Path) -> Iterator[tuple[str, Any]]:
    """Yields the rows of a raw file, each with the file's intent."""
    found = read_json(path, latin_1=_may_be_latin_1(path))
    if not isinstance(found, dict) or len(found) != 1:
        raise DataFormatError('expected {"<Intent>": [rows]}.', path=path)
    ((intent, rows),) = found.items()
    if not isinstance(rows, list):
        raise DataFormatError("expected a list of rows.", path=path, field=intent)
    if intent not in INTENT_SLOTS:
        raise DataFormatError(_unknown_intent(intent), path=path, field="domain")
    yield from ((intent, row) for row in rows)


def _raw_utterance(record_id: str, intent: str, row: Any, ledger: Ledger) -> Utterance:
    spans = row.get("data") if isinstance(row, dict) else None
    if not isinstance(spans, list):
        problem = 'expected a list of spans {"text": ..., "entity": ...}.'
        raise BadRowError("data", problem)
    text, slots = "", []
    for span in spans:
        if not isinstance(span, dict) or not isinstance(span.get("text"), str):
            problem = f"expected a span with 'text', found {shorten(repr(span), 40)}."
            raise BadRowError("data", problem)
        text += span["text"]
        if "entity" in span:
            slots.append(_slot(span["entity"], span["text"]))
    made = _utterance(record_id, intent, text, slots)
    _note_repeats(record_id, slots, ledger)
    return made


def _note_repeats(record_id: str, slots: list[SlotValue], ledger: Ledger) -> None:
    last = {s.slot: s for s in slots}
    unused = [s for s in slots if last[s.slot] is not s]
    if unused:
        detail = "; ".join(f"{s.slot}: '{s.value}' not in the state" for s in unused)
        ledger.repaired(record_id, "slot repeated, the last value is used", detail)


def _slot(slot: Any, value: Any) -> SlotValue:
    if not isinstance(slot, str) or not isinstance(value, str):
        raise BadRowError(
            shorten(slot, 40),
            f"expected a slot name with a text, found {shorten(repr(value), 40)}.",
        )
    return SlotValue(slot, value.strip())


def _utterance(
    record_id: str, intent: str, text: str, slots: list[SlotValue]
) -> Utterance:
    if intent not in INTENT_SLOTS:
        raise BadRowError("domain", _unknown_intent(intent))
    for slot in slots:
        if slot.slot not in INTENT_SLOTS[intent]:
            known = expected_one_of(slot.slot, INTENT_SLOTS[intent])
            raise BadRowError(slot.slot, f"{intent} has no such slot. {known}")
    return Utterance(record_id, intent, text.strip(), tuple(slots))


def _unknown_intent(intent: str) -> str:
    return f"the intent {expected_one_of(intent, tuple(INTENT_SLOTS))}"
