"""SNIPS, raw and in the common split: invented files, and the real ones."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.errors import DataFormatError, DataNotFoundError, OptionError
from coalm_oumi.sources import INTENT_SLOTS, Ledger, SlotValue, Utterance, read_snips
from coalm_oumi.sources.rows import read_rows
from coalm_oumi.sources.snips import SnipsPart, snips_layout

RAW = "snips/2017-06-custom-intent-engines"
SPLIT = "snips/slotgated/snips"
PARTS: tuple[SnipsPart, ...] = ("train", "validation", "test")


def raw_file(folder: Path, intent: str, rows: Any, encoding: str = "utf-8") -> Path:
    path = folder / intent / f"train_{intent}_full.json"
    path.parent.mkdir(exist_ok=True)
    text = json.dumps({intent: rows}, ensure_ascii=False)
    path.write_bytes(text.encode(encoding))
    return path


def split_file(folder: Path, *rows: Any) -> Path:
    path = folder / "train.json"
    path.write_text(json.dumps(list(rows)), "utf-8")
    return path


def split_row(**changes: Any) -> dict[str, Any]:
    row = {
        "dialog_id": "gw_1",
        "domain": "GetWeather",
        "utterance": "Weather in Ely",
        "slot_values": {"city": "Ely"},
    }
    return row | changes


def span(text: str, entity: str | None = None) -> dict[str, str]:
    return {"text": text} | ({"entity": entity} if entity else {})


def real(real_data: Path, folder: str, part: SnipsPart) -> list[Utterance]:
    return list(read_snips(real_data / folder, part))


def test_the_schema_has_seven_intents_and_39_slots() -> None:
    assert len(INTENT_SLOTS) == 7
    assert len({slot for slots in INTENT_SLOTS.values() for slot in slots}) == 39


def test_a_raw_utterance_is_its_spans(tmp_path: Path) -> None:
    rows = [{"data": [span(" Weather in "), span("Ely ", "city"), span("\n")]}]
    path = raw_file(tmp_path, "GetWeather", rows)
    assert list(read_snips(path, "train")) == [
        Utterance(
            "train_GetWeather_full.json#0",
            "GetWeather",
            "Weather in Ely",
            (SlotValue("city", "Ely"),),
        )
    ]


def test_a_split_utterance_is_read_the_same(tmp_path: Path) -> None:
    split_file(tmp_path, split_row(utterance=" Weather in Ely\n\n"))
    assert list(read_snips(tmp_path, "train")) == [
        Utterance("gw_1", "GetWeather", "Weather in Ely", (SlotValue("city", "Ely"),))
    ]


def test_a_slot_named_twice_is_noted_and_no_value_is_lost(tmp_path: Path) -> None:
    spans = [span("a ", "artist"), span("by"), span(" b", "artist")]
    path = raw_file(tmp_path, "PlayMusic", [{"data": spans}, {"data": [span("play")]}])
    ledger = Ledger("snips")
    first, _ = read_snips(path, "train", ledger=ledger)
    assert first.slots == (SlotValue("artist", "a"), SlotValue("artist", "b"))
    assert first.state == {"artist": "b"}
    assert (ledger.read, ledger.kept) == (2, 2)
    (entry,) = ledger.entries
    assert entry.record_id == "train_PlayMusic_full.json#0"
    assert entry.action == "repaired"
    assert entry.detail == "artist: 'a' not in the state"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_accents_are_read_in_either_encoding(tmp_path: Path, encoding: str) -> None:
    path = raw_file(tmp_path, "PlayMusic", [{"data": [span("play Björk")]}], encoding)
    assert next(read_snips(path, "train")).text == "play Björk"


def test_a_damaged_utf_8_file_is_not_taken_for_latin_1(tmp_path: Path) -> None:
    rows = [{"data": [span("Weather in Évora")]}]
    path = raw_file(tmp_path, "GetWeather", rows)
    path.write_bytes(path.read_bytes().replace(b"\xc3\x89", b"\xc3"))
    with pytest.raises(DataFormatError, match=r"Save the file as UTF-8"):
        list(read_snips(path, "train"))


def test_the_layout_is_found_out(tmp_path: Path) -> None:
    assert snips_layout(tmp_path) is None
    raw_file(tmp_path, "GetWeather", [])
    assert snips_layout(tmp_path) == "raw"
    split_file(tmp_path)
    assert snips_layout(tmp_path) == "split"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (split_row(domain="GetWheather"), "row 0, field 'domain': .*'GetWeather'"),
        (split_row(slot_values={"town": "Ely"}), "row 0, field 'town': GetWeather has"),
        (split_row(slot_values={"artist": "Ely"}), "field 'artist': .*no such slot"),
        (split_row(slot_values={"city": 3}), "row 0, field 'city': expected .*'?3"),
        (split_row(slot_values={"city": None}), "row 0, field 'city'"),
        (split_row(slot_values=["city"]), "field 'slot_values': expected an object"),
        (split_row(utterance=None), "field 'utterance': expected text, found None"),
        (split_row(dialog_id=7), "field 'dialog_id': expected text, found 7"),
        ({}, "row 0, field 'dialog_id': expected text"),
        ("Weather in Ely", "row 0: expected an object"),
    ],
)
def test_a_wrong_split_row_is_told_with_its_place(
    tmp_path: Path, row: Any, why: str
) -> None:
    path = split_file(tmp_path, row)
    with pytest.raises(DataFormatError, match=why) as caught:
        list(read_snips(tmp_path, "train"))
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (
            [{"data": [span("a")]}, {"text": "a"}],
            "row 1, field 'data': expected a list",
        ),
        (["a"], "row 0, field 'data': expected a list of spans"),
        ([{"data": [{"entity": "city"}]}], "field 'data': expected a span with 'text'"),
        ([{"data": [{"text": 4}]}], "field 'data': expected a span with 'text'"),
        ([{"data": [{"text": "a", "entity": 4}]}], "row 0, field '4': expected a slot"),
        ([{"data": [span("a", "town")]}], "field 'town': GetWeather has no such slot"),
        ({"data": []}, "field 'GetWeather': expected a list of rows"),
    ],
)
def test_a_wrong_raw_row_is_told_with_its_place(
    tmp_path: Path, rows: Any, why: str
) -> None:
    path = raw_file(tmp_path, "GetWeather", rows)
    with pytest.raises(DataFormatError, match=why) as caught:
        list(read_snips(path, "train"))
    assert str(caught.value).startswith(f"{path}: ")


def test_a_raw_file_of_another_intent_is_refused(tmp_path: Path) -> None:
    path = raw_file(tmp_path, "GetWheather", [{"data": [span("a")]}])
    with pytest.raises(DataFormatError, match=r"did you mean 'GetWeather'"):
        list(read_snips(path, "train"))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b'{"GetWeather": [', "breaks off"),
        (b'{"GetWeather": [], "GetWeather": []}', "stands twice"),
        (b'{"GetWeather": [], "PlayMusic": []}', 'expected {"<Intent>"'),
        (b'"GetWeather"', 'expected {"<Intent>"'),
        (
            b'[{"slot_values": {"city": "Ely", "city": "Rye"}}]',
            "the key 'city' stands twice",
        ),
        ('{"GetWeather": []}'.encode("utf-16"), "UTF-8"),
    ],
)
def test_a_damaged_file_is_told_with_its_path(
    tmp_path: Path, content: bytes, why: str
) -> None:
    path = tmp_path / "weather.json"
    path.write_bytes(content)
    with pytest.raises(DataFormatError, match=why) as caught:
        list(read_snips(path, "train"))
    assert str(caught.value).startswith(f"{path}: ")


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match=r"nowhere: it does not exist. Check"):
        list(read_snips(tmp_path / "nowhere", "train"))
    raw_file(tmp_path, "AddToPlaylist", [])
    with pytest.raises(DataNotFoundError, match=r"train_BookRestaurant_full\.json"):
        list(read_snips(tmp_path, "train"))
    split_file(tmp_path)
    with pytest.raises(DataNotFoundError, match=r"test\.json: the file does not exist"):
        list(read_snips(tmp_path, "test"))


def test_a_folder_of_neither_layout_says_what_it_should_hold(tmp_path: Path) -> None:
    with pytest.raises(DataFormatError, match=r"train\.json.*one folder per intent"):
        list(read_snips(tmp_path, "train"))


def test_an_unknown_part_is_refused(tmp_path: Path) -> None:
    part: Any = "tests"
    with pytest.raises(OptionError, match=r"'split'.*did you mean 'test'"):
        list(read_snips(tmp_path, part))


def test_the_raw_files_have_no_test_part(tmp_path: Path) -> None:
    raw_file(tmp_path, "GetWeather", [])
    with pytest.raises(OptionError, match=r"no part 'test'.*common split"):
        list(read_snips(tmp_path, "test"))


@pytest.mark.parametrize(
    ("folder", "part", "count"),
    [
        (RAW, "train", 13_784),
        (RAW, "validation", 700),
        (SPLIT, "train", 13_084),
        (SPLIT, "validation", 700),
        (SPLIT, "test", 700),
    ],
)
def test_every_real_utterance_is_read_and_its_values_stand_in_it(
    real_data: Path, folder: str, part: SnipsPart, count: int
) -> None:
    ledger = Ledger("snips")
    found = list(read_snips(real_data / folder, part, ledger=ledger))
    assert (len(found), ledger.read, ledger.kept) == (count, count, count)
    assert len({u.record_id for u in found}) == count
    for utterance in found:
        assert utterance.text == utterance.text.strip() != ""
        for slot in utterance.slots:
            assert slot.value == slot.value.strip() != ""
            assert slot.value in utterance.text


def test_the_real_data_uses_all_slots_of_the_schema(real_data: Path) -> None:
    used: dict[str, set[str]] = {}
    for utterance in real(real_data, RAW, "train"):
        used.setdefault(utterance.intent, set()).update(s.slot for s in utterance.slots)
    assert used == {intent: set(slots) for intent, slots in INTENT_SLOTS.items()}


def test_the_accents_of_the_real_playmusic_file_are_right(real_data: Path) -> None:
    found = [u for u in real(real_data, RAW, "train") if u.intent == "PlayMusic"]
    texts = [u.text for u in found if not u.text.isascii()]
    assert len(texts) == 24
    words = {word for text in texts for word in text.split()}
    assert {"Música", "Taiyō", "\U0001f355"} <= words
    # What UTF-8 looks like when it is read as latin-1.
    assert not any("Ã" in text or "â" in text for text in texts)


def test_61_real_utterances_repeat_a_slot_and_lose_no_value(real_data: Path) -> None:
    ledger = Ledger("snips")
    found = list(read_snips(real_data / RAW, "train", ledger=ledger))
    repeating = [u for u in found if len(u.state) < len(u.slots)]
    assert len(repeating) == 61
    assert [e.record_id for e in ledger.entries] == [u.record_id for u in repeating]
    for entry, utterance in zip(ledger.entries, repeating, strict=True):
        left = Counter(s.value for s in utterance.slots)
        left -= Counter(utterance.state.values())
        assert all(f"'{value}' not in the state" in entry.detail for value in left)


def test_the_split_resolves_repeated_slots_in_the_same_way(real_data: Path) -> None:
    split = {
        (u.intent, u.text): u.state
        for part in PARTS
        for u in real(real_data, SPLIT, part)
    }
    repeating = [
        u for u in real(real_data, RAW, "train") if len(u.state) < len(u.slots)
    ]
    assert [split[u.intent, u.text] for u in repeating] == [u.state for u in repeating]


def test_utterances_stand_in_several_parts_of_the_split(real_data: Path) -> None:
    train, validation, test = (
        [row["utterance"] for _, row in read_rows(real_data / SPLIT / f"{name}.json")]
        for name in ("train", "valid", "test")
    )
    assert len(set(train)) == 12_937
    assert sum(text in set(train) for text in test) == 14
    assert sum(text in set(train) for text in validation) == 2


def test_without_white_space_around_them_some_more_are_the_same(
    real_data: Path,
) -> None:
    train, validation, test = (
        [u.text for u in real(real_data, SPLIT, part)] for part in PARTS
    )
    assert len(set(train)) == 12_932
    assert sum(text in set(train) for text in test) == 15
    assert sum(text in set(train) for text in validation) == 4


def test_every_test_utterance_of_the_split_is_a_raw_training_utterance(
    real_data: Path,
) -> None:
    raw = {u.text for u in real(real_data, RAW, "train")}
    assert sum(u.text in raw for u in real(real_data, SPLIT, "test")) == 700
