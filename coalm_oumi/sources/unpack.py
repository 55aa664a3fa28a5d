"""Unpacking an archive: all wanted members, or none at all.

An archive is input like any other. Which files are written is the catalogue's word, and
an archive with a member that points outside its folder (``../a.json``), or with a link, is
refused: `zipfile` alone would unpack it under another name. Both libraries hold to the
lengths in an archive's headers, so that these bound what is written.
"""

from __future__ import annotations

import lzma
import os
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from coalm_oumi.errors import DownloadError
from coalm_oumi.sources.source import DataFile
from coalm_oumi.storage import sha256

_DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    ValueError,  # numbers in headers that make no sense
    NotImplementedError,
    RuntimeError,  # zipfile's word for an encrypted member
)


class _Member(NamedTuple):
    """What an archive's header says of a member; `plain` is a file or a folder."""

    name: str
    size: int
    plain: bool


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
    extract = _extract_zip if kind == "zip" else _extract_tar
    with tempfile.TemporaryDirectory(dir=folder, prefix=".unpacking-") as temporary:
        stage = Path(temporary)
        try:
            extract(archive, stage, {m.inside or m.path for m in members}, largest)
            for member in members:
                _check(stage / (member.inside or member.path), member)
        except _DAMAGED as error:
            problem = f"the archive cannot be read ({error}). Run the download again."
            raise DownloadError(problem, path=archive) from error
        except DownloadError as error:
            raise DownloadError(error.problem, path=archive) from None
        return _move(stage, folder, members)


def _extract_zip(archive: Path, stage: Path, wanted: set[str], largest: int) -> None:
    with zipfile.ZipFile(archive) as opened:
        # Zips made on Windows leave the mode at 0.
        plain = (0, stat.S_IFREG, stat.S_IFDIR)
        for name in _checked(
            (
                _Member(
                    entry.filename,
                    entry.file_size,
                    stat.S_IFMT(entry.external_attr >> 16) in plain,
                )
                for entry in opened.infolist()
            ),
            wanted,
            largest,
        ):
            opened.extract(name, stage)


def _extract_tar(archive: Path, stage: Path, wanted: set[str], largest: int) -> None:
    with tarfile.open(archive) as opened:
        entries = opened.getmembers()
        for name in _checked(
            (_Member(e.name, e.size, e.isreg() or e.isdir()) for e in entries),
            wanted,
            largest,
        ):
            opened.extract(name, stage, set_attrs=False, filter="data")


def _checked(
    members: Iterable[_Member], wanted: set[str], largest: int
) -> Iterator[str]:
    """Yields the wanted names that an archive has, once all of it is known to be safe."""
    sizes: dict[str, int] = {}
    for member in members:
        # Names that leave the folder, on any system.
        parts = member.name.replace("\\", "/").split("/")
        outside = not parts[0] or ".." in parts or ":" in parts[0]
        if outside or not member.plain:
            why = "points outside its folder" if outside else "is a link or a device"
            raise DownloadError(
                f"the archive's member '{member.name}' {why}; nothing was unpacked."
            )
        if member.name in wanted:
            if member.name in sizes:
                raise DownloadError(f"the archive holds '{member.name}' twice.")
            sizes[member.name] = member.size
    if sum(sizes.values()) > largest:
        raise DownloadError(
            f"what is wanted of the archive is larger than is allowed ({largest} bytes); "
            "nothing was unpacked."
        )
    yield from sizes


def _check(path: Path, member: DataFile) -> None:
    if not path.is_file():
        raise DownloadError(
            f"the archive lacks '{member.inside or member.path}', which the catalogue "
            "names."
        )
    for what, expected, found in (
        ("bytes", member.size, path.stat().st_size),
        ("SHA-256", member.sha256, sha256(path) if member.sha256 else None),
    ):
        if expected not in (None, found):
            raise DownloadError(
                f"'{member.path}' in the archive: expected {what} {expected}, found "
                f"{found}."
            )


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
