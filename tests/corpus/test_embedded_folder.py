"""The embedded corpus as a folder: its bytes, its place, and its coming to be."""

from __future__ import annotations

import multiprocessing
import os
import tarfile
import tempfile
from pathlib import Path

import pytest

from coalm_oumi import embedded
from coalm_oumi.benchmarks.bfcl.categories import (
    CATEGORIES,
    LIVE_AST,
    MULTI_TURN,
    NON_LIVE_AST,
)
from coalm_oumi.errors import DataNotFoundError, OptionError
from tests.corpus.generator import make as corpus

INTENTS = (
    "AddToPlaylist",
    "BookRestaurant",
    "GetWeather",
    "PlayMusic",
    "RateBook",
    "SearchCreativeWork",
    "SearchScreeningEvent",
)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache; the system's temporary folder is empty as well."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("COALM_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def files_below(root: Path) -> set[str]:
    return {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()}


def contents(root: Path) -> dict[str, bytes]:
    return {name: (root / name).read_bytes() for name in files_below(root)}


def embedded_in_child(cache_dir: str) -> str:
    os.environ["COALM_CACHE_DIR"] = cache_dir
    folder = embedded.embedded_folder("snips")
    return f"{folder} {embedded.content_digest(folder)}"


def test_the_bytes_are_those_that_the_digest_names(tmp_path: Path) -> None:
    corpus.generate(tmp_path)
    assert embedded.content_digest(tmp_path) == embedded.DIGEST, (
        "the corpus changed: run `python -m tests.corpus.generator.make` and set DIGEST"
    )


def test_the_package_ships_what_the_generator_writes(tmp_path: Path) -> None:
    corpus.generate(tmp_path / "made")
    with tarfile.open(embedded.ARCHIVE) as archive:
        archive.extractall(tmp_path / "shipped", filter="data")
    assert contents(tmp_path / "shipped") == contents(tmp_path / "made")


def test_packing_gives_the_same_bytes_whatever_the_files_dates(tmp_path: Path) -> None:
    for name, date in (("first", 0), ("second", 10**9)):
        path = tmp_path / name / "folder" / "file.json"
        path.parent.mkdir(parents=True)
        path.write_text("[]")
        os.utime(path, (date, date))
        corpus.pack(tmp_path / name, tmp_path / f"{name}.tar.xz")
    first, second = (tmp_path / f"{name}.tar.xz" for name in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("harm", ["missing", "cut", "other"])
def test_a_damaged_archive_is_said_and_leaves_nothing(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    damaged = tmp_path / "damaged.tar.xz"
    if harm == "cut":
        damaged.write_bytes(embedded.ARCHIVE.read_bytes()[:-1000])
    elif harm == "other":
        (tmp_path / "other").mkdir()
        (tmp_path / "other" / "file.json").write_text("[]")
        corpus.pack(tmp_path / "other", damaged)
    monkeypatch.setattr(embedded, "ARCHIVE", damaged)
    with pytest.raises(DataNotFoundError, match="Install coalm-oumi anew"):
        embedded.embedded_folder("snips")
    assert not cache.exists() or list(cache.iterdir()) == []


def test_another_seed_gives_other_bytes(tmp_path: Path) -> None:
    corpus.generate(tmp_path, seed=1)
    assert embedded.content_digest(tmp_path) != embedded.DIGEST


@pytest.mark.parametrize("source", embedded.SOURCES)
def test_every_source_has_the_same_root(cache: Path, source: str) -> None:
    folder = embedded.embedded_folder(source)
    assert folder == cache / f"embedded-{embedded.DIGEST[:12]}"
    assert files_below(folder) == {
        *(
            f"snips/2017-06-custom-intent-engines/{intent}/{name}"
            for intent in INTENTS
            for name in (f"train_{intent}_full.json", f"validate_{intent}.json")
        ),
        "snips/slotgated/snips/train.json",
        "snips/slotgated/snips/valid.json",
        "snips/slotgated/snips/test.json",
        "xlam/xlam_function_calling_60k.json",
        "xlam/xlam-7.5k-irrelevancek.json",
        "toolace/data.json",
        "sgd/train/schema.json",
        "sgd/train/dialogues_001.json",
        "sgd/train/dialogues_002.json",
        "sgd/dev/schema.json",
        "sgd/dev/dialogues_001.json",
        *(
            f"api_bank/hammer_test/{style}/apibank_l{level}.json"
            for style in ("hammer", "original")
            for level in (1, 2)
        ),
        "multiwoz24/data.json",
        "multiwoz24/testListFile.json",
        *(
            f"multiwoz24/db/{domain}_db.json"
            for domain in ("restaurant", "hotel", "attraction", "train")
        ),
        *(f"bfcl_v3/BFCL_v3_{name}.json" for name in CATEGORIES),
        *(
            f"bfcl_v3/possible_answer/BFCL_v3_{name}.json"
            for name in (*NON_LIVE_AST, *LIVE_AST, *MULTI_TURN)
        ),
        *(
            f"bfcl_v3/multi_turn_func_doc/{name}.json"
            for name in (
                "gorilla_file_system",
                "math_api",
                "message_api",
                "posting_api",
                "ticket_api",
                "trading_bot",
                "travel_booking",
                "vehicle_control",
            )
        ),
    }


def test_nothing_else_is_left_in_the_cache(cache: Path) -> None:
    folder = embedded.embedded_folder("xlam")
    assert list(cache.iterdir()) == [folder]


def test_a_second_call_writes_nothing(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = embedded.embedded_folder("xlam")
    monkeypatch.setattr(embedded, "_unpack", None)
    assert embedded.embedded_folder("snips") == first


def test_an_unknown_source_is_named_with_the_known_ones(cache: Path) -> None:
    with pytest.raises(OptionError, match=r"'alpaca' is unknown.*snips_split, xlam"):
        embedded.embedded_folder("alpaca")


@pytest.mark.parametrize("harm", ["removed", "changed", "added"])
def test_a_damaged_folder_is_written_anew(cache: Path, harm: str) -> None:
    folder = embedded.embedded_folder("snips")
    victim = folder / "xlam/xlam_function_calling_60k.json"
    if harm == "removed":
        victim.unlink()
    elif harm == "changed":
        victim.write_bytes(victim.read_bytes()[:-9])
    else:
        victim.with_name("more.json").write_text("[]")
    assert embedded.embedded_folder("snips") == folder
    assert embedded.content_digest(folder) == embedded.DIGEST
    assert list(cache.iterdir()) == [folder]


def test_a_failure_half_way_leaves_no_folder(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unpack = embedded._unpack

    def interrupted(folder: Path) -> None:
        unpack(folder)
        raise KeyboardInterrupt

    monkeypatch.setattr(embedded, "_unpack", interrupted)
    with pytest.raises(KeyboardInterrupt):
        embedded.embedded_folder("snips")
    assert list(cache.iterdir()) == []


def test_without_a_cache_the_temporary_folder_serves(
    cache: Path, tmp_path: Path
) -> None:
    cache.write_text("a file where the cache should be")
    folder = embedded.embedded_folder("snips")
    assert folder.is_relative_to(tmp_path / "temporary")
    assert embedded.content_digest(folder) == embedded.DIGEST


def test_without_any_folder_the_message_says_what_to_set(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.write_text("a file where the cache should be")
    monkeypatch.setattr(tempfile, "tempdir", str(cache))
    with pytest.raises(DataNotFoundError, match="Set COALM_CACHE_DIR"):
        embedded.embedded_folder("snips")


def test_several_processes_at_once_get_one_whole_folder(cache: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        seen = pool.map(embedded_in_child, [str(cache)] * 8, chunksize=1)
    folder = cache / f"embedded-{embedded.DIGEST[:12]}"
    assert set(seen) == {f"{folder} {embedded.DIGEST}"}
    assert list(cache.iterdir()) == [folder]


def test_sizes_can_be_chosen(tmp_path: Path) -> None:
    corpus.generate(
        tmp_path, train_per_intent=2, test_per_intent=0, calls=0, irrelevant=1
    )
    assert (tmp_path / "xlam/xlam_function_calling_60k.json").read_text() == "[]"
    assert (tmp_path / "snips/slotgated/snips/test.json").read_text() == "[]"


def test_a_negative_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"'calls': expected a number from 0 on"):
        corpus.generate(tmp_path, calls=-1)
    assert not list(tmp_path.iterdir())
