"""Overlap with benchmarks: the two rules, and where the benchmarks' texts come from."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from coalm_oumi.errors import DataFormatError
from coalm_oumi.mixture.benchmark_texts import BenchmarkTexts, benchmark_texts
from coalm_oumi.mixture.overlaps import OverlapIndex, n_grams, words

LONG = "Find me a cheap Italian restaurant in the centre of town for two people"
# Fourteen words, so seven 8-grams.
QUERIES = BenchmarkTexts(
    "bfcl_v3", "BFCL V3", False, (("simple_0", LONG), ("simple_1", "Ring me up"))
)
TURNS = BenchmarkTexts(
    "multiwoz24", "MultiWOZ", True, (("A turn 0", "Yes please"), ("A turn 1", LONG))
)


def found(text: str, *benchmarks: BenchmarkTexts) -> list[tuple[str, str, float]]:
    overlaps = OverlapIndex(benchmarks or (QUERIES,)).find(text)
    return [(o.item, o.rule, o.share) for o in overlaps]


def test_words_are_compared_without_case_and_punctuation() -> None:
    assert words("Saint John 's, at 17:15 - OK_now?") == [
        *("saint", "john", "s", "at", "17", "15", "ok", "now")
    ]


def test_a_text_of_n_words_has_one_n_gram() -> None:
    assert n_grams(words("a b c d e f g h")) == {"a b c d e f g h"}
    assert n_grams(words("a b c d e f g")) == set()


def test_the_same_words_are_an_exact_overlap() -> None:
    assert found("ring me UP!") == [("simple_1", "exact", 1.0)]
    assert found(LONG.lower() + ".") == [("simple_0", "exact", 1.0)]
    assert found("ring me") == []


def test_half_of_the_items_n_grams_are_an_overlap() -> None:
    whole = f"Please, {LONG}, and book it."
    assert found(whole) == [("simple_0", "n-gram", 1.0)]
    eleven = " ".join(LONG.split()[:11])  # four of the seven
    assert found(eleven) == [("simple_0", "n-gram", 0.5714)]


def test_less_than_half_only_touches() -> None:
    ten = " ".join(LONG.split()[:10])  # three of the seven
    assert found(ten) == [("simple_0", "touching", 0.4286)]
    (overlap,) = OverlapIndex((QUERIES,)).find(ten)
    assert not overlap.counts


def test_short_turns_of_a_dialogue_are_not_compared() -> None:
    assert found("Yes, please.", TURNS) == []
    assert found(LONG, TURNS) == [("A turn 1", "exact", 1.0)]
    assert OverlapIndex((TURNS,)).compared == {"multiwoz24": 1}


def test_a_text_that_stands_in_two_benchmarks_is_found_in_both() -> None:
    items = [item for item, _, _ in found(LONG, QUERIES, TURNS)]
    assert items == ["simple_0", "A turn 1"]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with one file of each benchmark, in the real layouts."""
    turns = [{"user": "Any trains ?", "system": "Many ."}, {"user": "To Ely ."}]
    write(tmp_path / "multiwoz24" / "test_joined.json.gz").write_bytes(
        gzip.compress(
            json.dumps([{"dialogue_id": "X1", "turns": turns}]).encode("utf-8")
        )
    )
    messages = [
        {"role": "user", "content": "Ring Ann."},
        {"role": "agent", "content": "Done."},
    ]
    write(
        tmp_path / "api_bank" / "hammer_test" / "original" / "apibank_l1.json"
    ).write_text(json.dumps([{"query": messages, "tools": []}]))
    lines = [
        {"id": "simple_0", "question": [[{"role": "user", "content": "Add 1."}]]},
        {"id": "sql_0", "question": [{"role": "user", "content": "Select."}]},
        {"id": "empty_0", "question": [[]]},
        {"question": "Bare.", "function": ""},
    ]
    write(tmp_path / "bfcl_v3" / "BFCL_v3_simple.json").write_text(
        "\n".join(map(json.dumps, lines))
    )
    monkeypatch.setenv("COALM_DATA_DIR", str(tmp_path))
    return tmp_path


def write(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def test_the_texts_are_what_the_users_say(data: Path) -> None:
    multiwoz, api_bank, bfcl, snips = benchmark_texts()
    assert multiwoz.texts == (("X1 turn 0", "Any trains ?"), ("X1 turn 1", "To Ely ."))
    assert api_bank.texts == (("apibank_l1 row 0 message 0", "Ring Ann."),)
    assert bfcl.texts == (
        ("simple_0 turn 0", "Add 1."),
        ("sql_0 turn 0", "Select."),
        ("BFCL_v3_simple row 3", "Bare."),
    )
    assert (snips.texts, snips.missing) == ((), "snips_split in the catalogue")


def test_a_benchmark_file_of_another_form_is_named(data: Path) -> None:
    path = data / "bfcl_v3" / "BFCL_v3_simple.json"
    path.write_text('{"id": "a", "questions": []}')
    with pytest.raises(DataFormatError, match=r"BFCL_v3_simple\.json.*--no-overlaps"):
        benchmark_texts()
    path.unlink()
    (data / "multiwoz24" / "test_joined.json.gz").write_bytes(b"cut")
    with pytest.raises(DataFormatError, match=r"test_joined\.json\.gz.*gzip"):
        benchmark_texts()


def test_the_real_benchmarks_are_read(
    real_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COALM_DATA_DIR", str(real_data))
    multiwoz, api_bank, bfcl, snips = benchmark_texts()
    assert len(multiwoz.texts) == 7372
    assert len(snips.texts) == 700
    assert len(api_bank.texts) > 1000
    assert len(bfcl.texts) > 5000
    assert not any(b.missing for b in (multiwoz, api_bank, bfcl, snips))


def test_18_real_test_utterances_stand_in_train_word_for_word(
    real_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from coalm_oumi.sources import read_snips

    monkeypatch.setenv("COALM_DATA_DIR", str(real_data))
    *_, snips = benchmark_texts()
    index = OverlapIndex((snips,))
    folder = real_data / "snips" / "slotgated" / "snips"
    hits = {
        overlap.item
        for utterance in read_snips(folder, "train")
        for overlap in index.find(utterance.text)
        if overlap.rule == "exact"
    }
    assert len(hits) == 18
