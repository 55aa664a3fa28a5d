"""MultiWOZ's own archive: downloaded, checked, unpacked, and refused where it is not it."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub import constants

from coalm_oumi.benchmarks.multiwoz import load_multiwoz
from coalm_oumi.errors import DataFormatError, DownloadError
from coalm_oumi.sources.catalogue import SOURCES
from coalm_oumi.sources.download import Retry, download_source
from coalm_oumi.sources.source import Source
from tests.environments.multiwoz.cambridge import write_cambridge
from tests.sources.http_server import Reply, Server, running_server

QUICK = Retry(attempts=2, first_wait=0.01, longest_wait=0.05, timeout=5.0)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    # Read from the environment once, when the library is imported.
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with running_server() as running:
        yield running


def archive(dialogues: Path, folder: str = "MULTIWOZ2.4", *extra: str) -> bytes:
    """A zip as MultiWOZ publishes it, of our own dialogues."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name in ("data.json", "testListFile.json"):
            file.writestr(f"{folder}/{name}", (dialogues / name).read_bytes())
        for name in ("attraction_db.json", *extra):
            file.writestr(f"{folder}/{name}", b"[]")
    return out.getvalue()


def git_blob(data: bytes) -> str:
    header = f"blob {len(data)}\0".encode()
    return hashlib.sha1(header + data, usedforsecurity=False).hexdigest()


def source_of(server: Server, served: bytes, named: bytes | None = None) -> Source:
    """The catalogue's source with another address and digest."""
    known = SOURCES["multiwoz24"]
    (file,) = known.files
    url = server.serve("/MULTIWOZ2.4.zip", Reply(served))
    changed = replace(file, url=url, git_blob=git_blob(named or served))
    return replace(known, files=(changed,))


def error_of(source: Source, folder: Path) -> str:
    with pytest.raises(DownloadError) as caught:
        download_source(source, folder, progress=False, retry=QUICK)
    kept = [p for p in folder.rglob("*") if p.is_file() and p.suffix != ".lock"]
    assert kept == []
    return str(caught.value)


@pytest.fixture
def dialogues(tmp_path: Path) -> Path:
    folder = write_cambridge(tmp_path / "made")
    if not (folder / "testListFile.json").exists():
        names = [*json.loads((folder / "data.json").read_text())]
        (folder / "testListFile.json").write_text("\n".join(names[:-1]))
    return folder


def test_the_catalogue_names_the_archives_digest() -> None:
    (file,) = SOURCES["multiwoz24"].files
    assert file.git_blob == "e031162b461bddebc9c00ae83234387edde6d449"
    assert SOURCES["multiwoz24"].revision in file.url


def test_the_archive_is_checked_unpacked_and_read(
    server: Server, tmp_path: Path, dialogues: Path
) -> None:
    source = source_of(server, archive(dialogues))
    download_source(source, tmp_path / "data", progress=False, retry=QUICK)
    folder = tmp_path / "data" / "multiwoz24"
    assert sorted(p.name for p in folder.glob("[a-zA-Z]*")) == [
        "data.json",
        "testListFile.json",
    ]
    (folder / "db").symlink_to(dialogues / "db")
    listed = (dialogues / "testListFile.json").read_text().split()
    found = load_multiwoz(data=folder, on_missing="error")
    assert [*found.dialogues] == [n.lower().removesuffix(".json") for n in listed]
    assert found.dialogues["sng0001"].turns[0].state == {
        "restaurant": {"area": "east", "food": "thai"}
    }


def test_a_wrong_digest(server: Server, tmp_path: Path, dialogues: Path) -> None:
    right, other = archive(dialogues), archive(dialogues, "MULTIWOZ2.4", "more.json")
    message = error_of(source_of(server, other, named=right), tmp_path / "data")
    assert f"expected git blob {git_blob(right)}, found {git_blob(other)}" in message
    assert "Nothing was kept" in message


def test_an_archive_that_is_cut(
    server: Server, tmp_path: Path, dialogues: Path
) -> None:
    whole = archive(dialogues)
    cut = whole[: len(whole) // 2]
    message = error_of(source_of(server, cut, named=whole), tmp_path / "data")
    assert "expected git blob" in message
    message = error_of(source_of(server, cut), tmp_path / "data")
    assert "MULTIWOZ2.4.zip" in message


def test_an_archive_that_writes_elsewhere(
    server: Server, tmp_path: Path, dialogues: Path
) -> None:
    evil = archive(dialogues, "MULTIWOZ2.4", "../../../../evil.json")
    message = error_of(source_of(server, evil), tmp_path / "data")
    assert "points outside its folder" in message
    assert not (tmp_path / "evil.json").exists()


def test_an_archive_of_another_version(
    server: Server, tmp_path: Path, dialogues: Path
) -> None:
    older = archive(dialogues, "MULTIWOZ2.1")
    assert "MULTIWOZ2.4/data.json" in error_of(
        source_of(server, older), tmp_path / "data"
    )
    path = dialogues / "MULTIWOZ2.1.zip"
    path.write_bytes(older)
    with pytest.raises(DataFormatError, match=r"it holds MultiWOZ 2\.1, .* Fetch"):
        load_multiwoz(data=path, on_missing="error")


def test_an_archive_is_read_as_it_is(tmp_path: Path, dialogues: Path) -> None:
    path = dialogues / "MULTIWOZ2.4.zip"
    path.write_bytes(archive(dialogues))
    listed = (dialogues / "testListFile.json").read_text().split()
    assert len(load_multiwoz(data=path, on_missing="error").dialogues) == len(listed)
