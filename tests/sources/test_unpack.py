"""Unpacking archives: all wanted members, or none at all."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from coalm_oumi.sources.catalogue import DataFile, Source
from tests.sources.http_server import Reply, Server
from tests.sources.toy_source import error_of, fetch, left, toy

MEMBERS = (DataFile("one.json", inside="in/one.json"), DataFile("two.json"))


def zipped(*extra: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in (("in/one.json", b"[1]"), ("two.json", b"[2]"), *extra):
            archive.writestr(name, data)
    return out.getvalue()


def archive_toy(
    server: Server, data: bytes, kind: str = "zip", members: object = MEMBERS
) -> Source:
    url = server.serve("/a", Reply(data))
    return toy(url, sha256=None, size=None, unpack=kind, members=members)


def test_zip_is_unpacked_and_removed(server: Server, tmp_path: Path) -> None:
    source = archive_toy(server, zipped(("unwanted.txt", b"")))

    files = fetch(source, tmp_path)
    assert [f.read_bytes() for f in files] == [b"[1]", b"[2]"]
    assert left(tmp_path) == ["toys/here/one.json", "toys/here/two.json"]


def test_tar_is_unpacked(server: Server, tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in (("in/one.json", b"[1]"), ("two.json", b"[2]")):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))

    files = fetch(archive_toy(server, out.getvalue(), "tar"), tmp_path)
    assert [f.read_bytes() for f in files] == [b"[1]", b"[2]"]


@pytest.mark.parametrize(
    "name", ["../../../out.json", "/out.json", "a/../../out.json", "..\\out.json"]
)
def test_zip_that_escapes_is_refused_whole(
    server: Server, tmp_path: Path, name: str
) -> None:
    source = archive_toy(server, zipped((name, b"evil")))

    assert "points outside its folder" in error_of(source, tmp_path / "data")
    assert left(tmp_path) == []


def test_zip_with_a_symlink_is_refused(server: Server, tmp_path: Path) -> None:
    link = zipfile.ZipInfo("in/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16

    source = archive_toy(server, zipped((link, b"/etc/passwd")))
    assert "is a link" in error_of(source, tmp_path)
    assert left(tmp_path) == []


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_tar_with_a_link_is_refused(
    server: Server, tmp_path: Path, kind: bytes
) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        entry = tarfile.TarInfo("in/one.json")
        entry.type, entry.linkname = kind, "/etc/passwd"
        archive.addfile(entry)

    source = archive_toy(server, out.getvalue(), "tar")
    assert "is a link" in error_of(source, tmp_path)
    assert left(tmp_path) == []


def test_archive_that_lacks_a_member_leaves_nothing(
    server: Server, tmp_path: Path
) -> None:
    members = (*MEMBERS, DataFile("three.json"))

    source = archive_toy(server, zipped(), members=members)
    assert "lacks 'three.json'" in error_of(source, tmp_path)
    assert left(tmp_path) == []


def test_archive_with_a_wrong_member_leaves_nothing(
    server: Server, tmp_path: Path
) -> None:
    members = (DataFile("in/one.json"), DataFile("two.json", "0" * 64))

    source = archive_toy(server, zipped(), members=members)
    assert f"expected SHA-256 {'0' * 64}" in error_of(source, tmp_path)
    assert left(tmp_path) == []


def test_archive_that_is_none(server: Server, tmp_path: Path) -> None:
    source = archive_toy(server, b"not a zip at all")

    assert "the archive cannot be read" in error_of(source, tmp_path)
    assert left(tmp_path) == []
