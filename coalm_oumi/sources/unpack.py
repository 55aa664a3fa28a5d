"""Unpacking an archive: the members that are wanted, whole, or none at all.

An archive is input like any other. Nothing in it decides where a byte is written: the
names come from the catalogue, and an archive with a member that points outside its
folder (``../a.json``), or with a link, is refused as a whole.
"""

from __future__ import annotations

import hashlib
import lzma
import os
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal

from coalm_oumi.errors import DownloadError
from coalm_oumi.sources.catalogue import DataFile

_CHUNK = 1 << 16


def unpack_archive(
    archive: Path,
    folder: Path,
    members: tuple[DataFile, ...],
    kind: Literal["zip", "tar"],
    largest: int = 1 << 31,
) -> list[Path]:
    """Unpacks `members` into `folder`.

    Args:
        archive: The archive's file.
        folder: Where the members go; made if need be.
        members: What is wanted, checked against size and digest where they are known.
        kind: The archive's format; a tar may be compressed.
        largest: The most bytes that the members may have together.

    Returns:
        The members' paths, in the order of `members`.

    Raises:
        DownloadError: If the archive is damaged, unsafe, or lacks a wanted member.
        OSError: If `folder` cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    opener = _open_zip if kind == "zip" else _open_tar
    with tempfile.TemporaryDirectory(dir=folder, prefix=".unpacking-") as temporary:
        stage = Path(temporary)
        try:
            with opener(archive, {m.inside or m.path for m in members}) as streams:
                seen: dict[str, tuple[int, str]] = {}
                for name, stream in streams:
                    left = largest - sum(size for size, _ in seen.values())
                    seen[name] = _write(archive, stage, name, stream, left)
        except (
            zipfile.BadZipFile,
            tarfile.TarError,
            zlib.error,
            lzma.LZMAError,
            EOFError,
            ValueError,  # numbers in headers that make no sense
            NotImplementedError,
            RuntimeError,  # zipfile's word for an encrypted member
        ) as error:
            raise DownloadError(
                f"the archive cannot be read ({error}). Run the download again.",
                path=archive,
            ) from error
        for member in members:
            _check(archive, member, seen.get(member.inside or member.path))
        return _move(stage, folder, members)


def _move(stage: Path, folder: Path, members: tuple[DataFile, ...]) -> list[Path]:
    """Moves every member into place, or takes back those already moved."""
    moved: list[Path] = []
    try:
        for member in members:
            target = folder / member.path
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(stage / (member.inside or member.path), target)
            moved.append(target)
    except OSError:
        for path in moved:
            path.unlink(missing_ok=True)
        raise
    return moved


def _write(
    archive: Path, stage: Path, name: str, stream: IO[bytes], most: int
) -> tuple[int, str]:
    """Writes one member below `stage`; returns its length and its SHA-256."""
    target = stage / name
    if target.exists():
        raise DownloadError(f"the archive holds '{name}' twice.", path=archive)
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with stream, target.open("wb") as out:
        while chunk := stream.read(_CHUNK):
            if out.tell() + len(chunk) > most:
                raise DownloadError(
                    f"'{name}' in the archive is larger than is allowed for it and the "
                    "others together; nothing was unpacked.",
                    path=archive,
                )
            out.write(chunk)
            digest.update(chunk)
    return target.stat().st_size, digest.hexdigest()


def _check(archive: Path, member: DataFile, found: tuple[int, str] | None) -> None:
    if found is None:
        raise DownloadError(
            f"the archive lacks '{member.inside or member.path}', which the catalogue "
            "names.",
            path=archive,
        )
    for what, expected, got in (
        ("bytes", member.size, found[0]),
        ("SHA-256", member.sha256, found[1]),
    ):
        if expected is not None and expected != got:
            raise DownloadError(
                f"'{member.path}' in the archive: expected {what} {expected}, found "
                f"{got}.",
                path=archive,
            )


def _refuse_unsafe(archive: Path, name: str, *, link: bool) -> None:
    """Refuses names that leave the folder, on any system, and links."""
    parts = name.replace("\\", "/").split("/")
    if link or name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
        why = "is a link or a device" if link else "points outside its folder"
        raise DownloadError(
            f"the archive's member '{name}' {why}; nothing was unpacked.", path=archive
        )


@contextmanager
def _open_zip(
    archive: Path, wanted: set[str]
) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    with zipfile.ZipFile(archive) as opened:
        entries = opened.infolist()
        for entry in entries:
            mode = entry.external_attr >> 16
            # Zips made on Windows leave the mode at 0.
            odd = bool(stat.S_IFMT(mode)) and not (
                stat.S_ISREG(mode) or stat.S_ISDIR(mode)
            )
            _refuse_unsafe(archive, entry.filename, link=odd)
        yield ((e.filename, opened.open(e)) for e in entries if e.filename in wanted)


@contextmanager
def _open_tar(
    archive: Path, wanted: set[str]
) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    def streams() -> Iterator[tuple[str, IO[bytes]]]:
        for entry in entries:
            stream = opened.extractfile(entry) if entry.name in wanted else None
            if stream is not None:
                yield entry.name, stream

    with tarfile.open(archive) as opened:
        entries = opened.getmembers()
        for entry in entries:
            plain = entry.isreg() or entry.isdir()
            _refuse_unsafe(archive, entry.name, link=not plain)
        yield streams()
