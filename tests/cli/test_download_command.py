"""`coalm download` gets what is missing, and leaves what is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from coalm_oumi.sources import catalogue
from coalm_oumi.storage import cache_dir
from tests.cli.conftest import Command
from tests.sources.http_server import Reply, Server, running_server
from tests.sources.toy_source import BODY, toy


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    """A server on 127.0.0.1; downloads are switched on, the cache is empty."""
    # First, so that it is imported as offline as all other tests want it.
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "no"))
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setenv("COALM_CACHE_DIR", str(tmp_path / "own cache"))
    with running_server() as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        yield running


@pytest.fixture
def toys(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server, and a catalogue with `toy`, which it has, and `lost`."""
    there = toy(server.serve("/toy.bin", Reply(BODY)))
    gone = toy(server.serve("/lost.bin", Reply(status=404)))
    lost = replace(gone, name="lost", folder="toys/lost")
    monkeypatch.setattr(catalogue, "SOURCES", {"lost": lost, "toy": there})
    return server


@pytest.mark.usefixtures("toys")
def test_a_source_goes_to_the_cache(coalm: Command) -> None:
    ended = coalm("download", "toy")

    target = cache_dir() / "toys/here"
    assert ended.code == 0
    assert f"toy: 1 file downloaded to {target}\n" in ended.text
    assert (target / "toy.bin").read_bytes() == BODY


def test_a_second_time_does_nothing(coalm: Command, toys: Server) -> None:
    coalm("download", "toy")
    asked = len(toys.seen)

    ended = coalm("download", "toy")

    target = cache_dir() / "toys/here"
    assert ended.code == 0
    assert ended.text == f"toy: already there (cache, 1 file): {target}\n"
    assert len(toys.seen) == asked


def test_the_users_own_data_is_left_as_it_is(
    coalm: Command, toys: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "data/toys/here"
    folder.mkdir(parents=True)
    (folder / "toy.bin").write_bytes(b"mine")
    monkeypatch.setenv("COALM_DATA_DIR", str(tmp_path / "data"))

    ended = coalm("download", "toy")

    assert ended.text == f"toy: already there (COALM_DATA_DIR, 1 file): {folder}\n"
    assert toys.seen == []


@pytest.mark.usefixtures("toys")
def test_one_that_fails_does_not_keep_the_others_back(coalm: Command) -> None:
    ended = coalm("download", "--all")

    assert ended.code == 1
    assert "Error: " in ended.text
    assert "lost.bin" in ended.text
    assert (cache_dir() / "toys/here/toy.bin").is_file()


def test_a_gated_source_without_access_tells_the_steps(
    coalm: Command, server: Server
) -> None:
    file = catalogue.SOURCES["xlam"].files[0]
    name, _, rest = file.url.removeprefix("hf://").partition("@")
    revision, _, path = rest.partition("/")
    server.serve(f"/{name}/resolve/{revision}/{path}", Reply(status=401))

    ended = coalm("download", "xlam")

    assert ended.code == 1
    assert "Traceback" not in ended.text
    for step in catalogue.SOURCES["xlam"].access:
        assert step in ended.text


def test_list_downloads_nothing(coalm: Command, toys: Server) -> None:
    ended = coalm("download", "--list")

    assert ended.code == 0
    lines = [line.split()[:4] for line in ended.text.splitlines()]
    assert lines == [
        ["source", "data", "licence", "access"],
        ["lost", "missing", "MIT", "open"],
        ["toy", "missing", "MIT", "open"],
        ["smollm2", "missing", "Apache-2.0", "open"],
    ]
    assert toys.seen == []
