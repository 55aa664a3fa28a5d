"""Finding a source: the user's folder, then the cache, then what the caller allows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from coalm_oumi.errors import DataNotFoundError, OptionError
from coalm_oumi.sources.catalogue import RemoteFile, Source, get_source
from coalm_oumi.sources.locate import data_dirs, find, locate, status
from coalm_oumi.storage import cache_dir
from tests.sources.http_server import Reply, Server

PAIR = Source(
    name="pair",
    title="Two files",
    folder="pair/here",
    files=(
        RemoteFile("a.json", "https://example.org/a.json"),
        RemoteFile("sub/b.json", "https://example.org/b.json"),
    ),
    revision="0" * 40,
    licence="MIT",
    citation="",
    homepage="https://example.org/pair",
)


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The user's data folder."""
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv("COALM_DATA_DIR", str(folder))
    return folder


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The cache, not yet made."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("COALM_CACHE_DIR", str(folder))
    return folder


@pytest.fixture
def corpus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A stand-in for the embedded corpus that knows the source `pair` alone."""
    folder = tmp_path / "embedded"
    put(folder / "pair/here", "a.json", "sub/b.json")

    def embedded_folder(source_name: str) -> Path:
        if source_name != "pair":
            raise OptionError(f"no corpus for {source_name}")
        return folder

    monkeypatch.setattr("coalm_oumi.sources.locate.embedded_folder", embedded_folder)
    return folder


def put(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("[]")


def test_cache_folder_follows_the_variables(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COALM_CACHE_DIR", "~/mine")
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/xdg")
    assert cache_dir() == tmp_path / "mine"

    monkeypatch.delenv("COALM_CACHE_DIR")
    assert cache_dir() == Path("/var/xdg/coalm-oumi")

    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_dir() == tmp_path / ".cache/coalm-oumi"

    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_dir() == tmp_path / ".cache/coalm-oumi"


def test_own_folder_comes_before_the_cache(own: Path, cache: Path) -> None:
    assert data_dirs() == [("COALM_DATA_DIR", own), ("cache", cache)]
    put(own / "pair/here", "a.json", "sub/b.json")
    put(cache / "pair/here", "a.json", "sub/b.json")

    found = locate(PAIR)
    assert found.origin == "COALM_DATA_DIR"
    assert found.folder == own / "pair/here"
    assert found.files == (own / "pair/here/a.json", own / "pair/here/sub/b.json")


def test_cache_is_used_when_the_own_folder_lacks_the_source(
    own: Path, cache: Path
) -> None:
    put(own / "another", "x.json")
    put(cache / "pair/here", "a.json", "sub/b.json")

    assert locate(PAIR, on_missing="error").origin == "cache"


def test_nothing_found(own: Path, cache: Path) -> None:
    assert find(PAIR) is None


def test_empty_variable_counts_as_unset(
    monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    monkeypatch.setenv("COALM_DATA_DIR", "")
    assert data_dirs() == [("cache", cache)]


@pytest.mark.parametrize(
    ("name", "what"), [("missing", "it is not there"), ("file", "it is a file")]
)
def test_own_folder_that_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cache: Path, name: str, what: str
) -> None:
    put(tmp_path, "file")
    put(cache / "pair/here", "a.json", "sub/b.json")
    monkeypatch.setenv("COALM_DATA_DIR", str(tmp_path / name))

    with pytest.raises(DataNotFoundError) as caught:
        locate(PAIR)
    message = str(caught.value)
    assert str(tmp_path / name) in message
    assert f"COALM_DATA_DIR is set to it, but {what}" in message


@pytest.mark.parametrize("on_missing", ["download", "embedded", "error"])
def test_part_of_a_source_in_the_own_folder_is_an_error(
    own: Path, cache: Path, corpus: Path, on_missing: str
) -> None:
    put(own / "pair/here", "a.json")
    put(cache / "pair/here", "a.json", "sub/b.json")

    with pytest.raises(DataNotFoundError) as caught:
        locate(PAIR, on_missing=on_missing)  # pyright: ignore
    message = str(caught.value)
    assert "in part only (COALM_DATA_DIR)" in message
    assert "1 of 2 files are missing: sub/b.json." in message


def test_part_of_a_source_in_the_cache_is_an_error_without_download(
    cache: Path, corpus: Path
) -> None:
    put(cache / "pair/here", "sub/b.json")

    with pytest.raises(DataNotFoundError, match="`coalm download pair` to complete"):
        locate(PAIR, on_missing="embedded")


def test_download_completes_the_cache(cache: Path, server: Server) -> None:
    put(cache / "pair/here", "a.json")
    url = server.serve("/b", Reply(b"[2]"))
    files = (PAIR.files[0], RemoteFile("sub/b.json", url))
    pair = replace(PAIR, files=files)
    found = locate(pair)
    assert [seen.path for seen in server.seen] == ["/b"]

    assert found.origin == "download"
    assert found.files == (cache / "pair/here/a.json", cache / "pair/here/sub/b.json")
    assert found.files[1].read_bytes() == b"[2]"
    assert locate(pair, on_missing="error").origin == "cache"


def test_embedded_corpus_stands_in(cache: Path, corpus: Path) -> None:
    found = locate(PAIR, on_missing="embedded")

    assert found.origin == "embedded"
    assert found.folder == corpus / "pair/here"
    assert found.files == (corpus / "pair/here/a.json", corpus / "pair/here/sub/b.json")


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("snips", 14),
        ("snips_split", 3),
        ("xlam", 1),
        ("xlam_irrelevance", 1),
        ("toolace", 1),
    ],
)
def test_package_brings_a_corpus_for_every_source(
    cache: Path, name: str, files: int
) -> None:
    found = locate(name, on_missing="embedded")

    assert found.origin == "embedded"
    assert len(found.files) == files
    assert all(file.is_file() for file in found.files)


def test_source_without_embedded_corpus(cache: Path, corpus: Path) -> None:
    with pytest.raises(DataNotFoundError, match="brings no small corpus"):
        locate("xlam", on_missing="embedded")


def test_error_says_how_to_get_an_open_source(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(DataNotFoundError) as caught:
        locate("snips", on_missing="error")

    message = str(caught.value)
    assert "unset HF_HUB_OFFLINE" in message
    assert "`coalm download snips`" in message
    assert "COALM_DATA_DIR" in message
    assert "snips/2017-06-custom-intent-engines/" in message
    assert "AddToPlaylist/train_AddToPlaylist_full.json" in message
    assert "and 12 more" in message


def test_error_says_how_to_get_a_gated_source(cache: Path) -> None:
    with pytest.raises(DataNotFoundError) as caught:
        locate("xlam", on_missing="error")

    message = str(caught.value)
    for step in get_source("xlam").access:
        assert step in message


def test_download_is_refused_offline(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    with pytest.raises(DataNotFoundError, match="HF_DATASETS_OFFLINE=1 is set"):
        locate("snips")
    assert not cache.exists()


def test_unknown_source() -> None:
    with pytest.raises(OptionError, match="did you mean 'snips'"):
        locate("snipz")


# Other names and formats of the user's files


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("xlam_function_calling_60k.json", "xlam"),
        ("xlam_function_calling_60k.sample700.json", "xlam"),
        ("xlam_function_calling_60k.jsonl", "xlam"),
        ("xlam-function-calling-60k.parquet", "xlam"),
        ("xlam-function-calling-60k-train.arrow", "xlam"),
        ("xlam-function-calling-60k/train-00000-of-00001.parquet", "xlam"),
        ("xlam-7.5k-irrelevancek.json", "xlam_irrelevance"),
        ("XLAM-7.5k-Irrelevance.json", "xlam_irrelevance"),
        ("xlam-irrelevance-7.5k.parquet", "xlam_irrelevance"),
        ("xlam_irrelevance.sample10.jsonl", "xlam_irrelevance"),
        ("xlam-irrelevance-7.5k/data-00000-of-00001.arrow", "xlam_irrelevance"),
    ],
)
def test_names_that_count_count_for_one_source(
    own: Path, cache: Path, name: str, source: str
) -> None:
    put(own / "xlam", name)
    other = {"xlam": "xlam_irrelevance", "xlam_irrelevance": "xlam"}[source]

    found = find(source)
    assert found is not None
    assert found.files == (own / "xlam" / name,)
    assert find(other) is None


@pytest.mark.parametrize(
    "name",
    [
        "data.json",
        "data.sample1000.json",
        "data.jsonl",
        "train-00000-of-00001.parquet",
        "ToolACE.parquet",
        "ToolACE/data-00000-of-00001.arrow",
    ],
)
def test_names_that_count_as_toolace(own: Path, cache: Path, name: str) -> None:
    put(own / "toolace", name)

    found = find("toolace")
    assert found is not None
    assert found.files == (own / "toolace" / name,)


@pytest.mark.parametrize("name", ["notes.json", "xlam_function_calling_60k.json.part"])
def test_names_that_do_not_count(own: Path, cache: Path, name: str) -> None:
    put(own / "xlam", name)

    assert find("xlam") is None
    assert find("xlam_irrelevance") is None


def test_exact_name_wins(own: Path, cache: Path) -> None:
    names = ("xlam_function_calling_60k.json", "xlam_function_calling_60k.small.json")
    put(own / "xlam", *names)

    found = find("xlam")
    assert found is not None
    assert found.files == (own / "xlam" / names[0],)


def test_two_candidates_are_not_mixed(own: Path, cache: Path) -> None:
    put(
        own / "xlam",
        "xlam_function_calling_60k.a.json",
        "xlam_function_calling_60k.b.json",
    )

    with pytest.raises(DataNotFoundError, match=r"unclear which .*\.a\.json, .*\.b\.j"):
        find("xlam")


def test_shards_are_taken_together(own: Path, cache: Path) -> None:
    stem = "xlam-function-calling-60k/train-0000{}-of-00002.parquet"
    put(own / "xlam", stem.format(1), stem.format(0))

    found = find("xlam")
    assert found is not None
    assert found.files == tuple(own / "xlam" / stem.format(i) for i in (0, 1))


def test_missing_shard_is_named(own: Path, cache: Path) -> None:
    put(own / "xlam/xlam-function-calling-60k", "train-00000-of-00002.parquet")

    with pytest.raises(DataNotFoundError, match=r"2 shards .* number 00001 is missing"):
        find("xlam")


# coalm check


def test_status_of_present_partial_and_missing(own: Path, cache: Path) -> None:
    assert status(PAIR).state == "missing"
    assert "`coalm download pair`" in status(PAIR).detail

    put(own / "pair/here", "a.json")
    assert status(PAIR).state == "partial"
    assert "sub/b.json" in status(PAIR).detail

    put(own / "pair/here", "sub/b.json")
    assert status(PAIR).state == "present"
    assert status(PAIR).detail == (
        f"{own / 'pair/here'} (COALM_DATA_DIR; 2 file(s), 0.0 MB)"
    )


def test_status_survives_a_wrong_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COALM_DATA_DIR", "/nowhere/at/all")

    assert status("snips").state == "missing"
    assert "/nowhere/at/all" in status("snips").detail


@pytest.mark.parametrize(
    ("name", "files", "first"),
    [
        ("snips", 14, "AddToPlaylist/train_AddToPlaylist_full.json"),
        ("snips_split", 3, "train.json"),
        ("xlam", 1, "xlam_function_calling_60k.sample700.json"),
    ],
)
def test_real_data_is_found(
    real_data: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    files: int,
    first: str,
) -> None:
    monkeypatch.setenv("COALM_DATA_DIR", str(real_data))

    found = find(name)
    assert found is not None
    assert found.origin == "COALM_DATA_DIR"
    assert len(found.files) == files
    assert found.files[0] == found.folder / first
