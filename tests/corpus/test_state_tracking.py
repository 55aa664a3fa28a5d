"""The SNIPS-like half of the embedded corpus."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.sources.snips import INTENT_SLOTS, read_snips
from tests.corpus.generator import make as corpus
from tests.corpus.generator.state_tracking import INTENTS, intent_rows

RAW = "snips/2017-06-custom-intent-engines"
SPLIT = "snips/slotgated/snips"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus with its default seed and size."""
    folder = tmp_path_factory.mktemp("corpus")
    corpus.generate(folder)
    return folder


def raw_rows(root: Path, intent: str, file: str) -> list[list[dict[str, str]]]:
    """The rows of a raw file, each as its spans."""
    content = (root / RAW / intent / file.format(intent)).read_bytes()
    latin_1 = intent == "PlayMusic" and file.startswith("train")
    rows = json.loads(content.decode("latin-1" if latin_1 else "utf-8"))[intent]
    return [row["data"] for row in rows]


def split_rows(root: Path, part: str) -> list[dict[str, Any]]:
    return json.loads((root / SPLIT / f"{part}.json").read_text("ascii"))


def text_of(spans: list[dict[str, str]]) -> str:
    return "".join(span["text"] for span in spans)


def test_there_are_300_training_and_30_held_out_rows_of_each_intent(root: Path) -> None:
    counts = {
        intent: (
            len(raw_rows(root, intent, "train_{}_full.json")),
            len(raw_rows(root, intent, "validate_{}.json")),
        )
        for intent in INTENTS
    }
    assert counts == dict.fromkeys(INTENT_SLOTS, (300, 30))


def test_the_split_has_2100_training_70_validation_and_140_test_rows(
    root: Path,
) -> None:
    sizes = [len(split_rows(root, part)) for part in ("train", "valid", "test")]
    assert sizes == [2100, 70, 140]


def test_training_holds_exactly_the_slots_of_each_intent(root: Path) -> None:
    for intent in INTENTS:
        rows = raw_rows(root, intent, "train_{}_full.json")
        slots = {span["entity"] for row in rows for span in row if "entity" in span}
        assert slots == set(INTENT_SLOTS[intent])


def test_there_are_39_slots(root: Path) -> None:
    rows = split_rows(root, "train")
    assert len({slot for row in rows for slot in row["slot_values"]}) == 39


def test_the_tests_ask_for_nearly_every_slot(root: Path) -> None:
    rows = split_rows(root, "test")
    asked = {(row["domain"], slot) for row in rows for slot in row["slot_values"]}
    known = {(intent, slot) for intent in INTENTS for slot in INTENT_SLOTS[intent]}
    assert len(known - asked) <= 2


def test_the_split_repeats_the_raw_rows_under_their_numbers(root: Path) -> None:
    split = {
        row["dialog_id"]: row
        for part in ("train", "valid", "test")
        for row in split_rows(root, part)
    }
    raw = raw_rows(root, "RateBook", "train_{}_full.json")
    raw += raw_rows(root, "RateBook", "validate_{}.json")
    for number, spans in enumerate(raw):
        row = split[f"rb_{number}"]
        assert row["utterance"] == text_of(spans)
        assert row["slot_values"] == {
            span["entity"]: span["text"] for span in spans if "entity" in span
        }


def test_only_playmusics_training_file_is_latin_1(root: Path) -> None:
    not_utf_8 = []
    for path in sorted((root / RAW).rglob("*.json")):
        try:
            path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            not_utf_8.append(path.name)
    assert not_utf_8 == ["train_PlayMusic_full.json"]


def test_other_files_hold_letters_that_latin_1_lacks(root: Path) -> None:
    path = root / RAW / "AddToPlaylist" / "train_AddToPlaylist_full.json"
    with pytest.raises(UnicodeEncodeError):
        path.read_text("utf-8").encode("latin-1")


def test_three_test_utterances_also_stand_in_train(root: Path) -> None:
    train = {row["utterance"].strip() for row in split_rows(root, "train")}
    test = [row["utterance"].strip() for row in split_rows(root, "test")]
    assert sum(utterance in train for utterance in test) == 3


def test_no_validation_utterance_stands_in_train_or_test(root: Path) -> None:
    valid = {row["utterance"].strip() for row in split_rows(root, "valid")}
    others = split_rows(root, "train") + split_rows(root, "test")
    assert not valid & {row["utterance"].strip() for row in others}


def test_each_intent_has_three_training_rows_that_repeat_a_slot(root: Path) -> None:
    for intent in INTENTS:
        rows = raw_rows(root, intent, "train_{}_full.json")
        slots = [[span["entity"] for span in row if "entity" in span] for row in rows]
        assert sum(len(each) > len(set(each)) for each in slots) == 3


def test_some_utterances_begin_or_end_in_white_space(root: Path) -> None:
    texts = [row["utterance"] for row in split_rows(root, "train")]
    assert 10 <= sum(text != text.lstrip() for text in texts) <= 60
    assert 60 <= sum(text != text.rstrip() for text in texts) <= 250


def test_a_third_of_the_tested_values_were_never_seen(root: Path) -> None:
    seen = {
        value.casefold()
        for row in split_rows(root, "train")
        for value in row["slot_values"].values()
    }
    tested = [
        value.casefold()
        for row in split_rows(root, "test")
        for value in row["slot_values"].values()
    ]
    assert 0.2 < sum(value not in seen for value in tested) / len(tested) < 0.5


def test_some_tested_words_were_never_seen(root: Path) -> None:
    seen = {
        word
        for row in split_rows(root, "train")
        for word in row["utterance"].casefold().split()
    }
    tested = {
        word
        for row in split_rows(root, "test")
        for value in row["slot_values"].values()
        for word in value.casefold().split()
    }
    assert "meadow" in tested - seen
    assert len(tested - seen) >= 15


def test_utterances_are_short(root: Path) -> None:
    lengths = [len(row["utterance"].split()) for row in split_rows(root, "train")]
    assert min(lengths) >= 2
    assert max(lengths) <= 17
    assert 7 <= sum(lengths) / len(lengths) <= 10


def test_most_training_utterances_differ(root: Path) -> None:
    texts = {row["utterance"].strip().casefold() for row in split_rows(root, "train")}
    assert len(texts) >= 2000


@pytest.mark.parametrize(
    "blemish", ["a(n)", "  ", " ,", "the the ", "{", "[", "<", "|", " 1 stars"]
)
def test_no_utterance_is_left_unfinished(root: Path, blemish: str) -> None:
    assert not [
        row["utterance"]
        for part in ("train", "valid", "test")
        for row in split_rows(root, part)
        if blemish in row["utterance"].strip().casefold()
    ]


def test_articles_fit_the_word_that_follows(root: Path) -> None:
    texts = [row["utterance"].casefold().split() for row in split_rows(root, "train")]
    pairs = [pair for words in texts for pair in itertools.pairwise(words)]
    vowels = {b for a, b in pairs if a == "a" and b[0] in "aeiou"}
    assert vowels <= {"one"}
    assert not [b for a, b in pairs if a == "an" and b[0] not in "aeiou"]
    assert ("an", "ethiopian") in pairs


def test_intents_do_not_depend_on_each_other() -> None:
    alone = intent_rows("GetWeather", 5, 12, 2)
    assert alone == intent_rows("GetWeather", 5, 12, 2)
    assert alone != intent_rows("GetWeather", 6, 12, 2)
    assert (len(alone.train), len(alone.valid), len(alone.test)) == (12, 1, 2)


def test_the_reader_of_the_real_files_reads_both_layouts(root: Path) -> None:
    raw = {u.text for u in read_snips(root / RAW, "train")}
    split = {u.text for u in read_snips(root / SPLIT, "train")}
    assert raw == split
    assert len(list(read_snips(root / SPLIT, "test"))) == 140
