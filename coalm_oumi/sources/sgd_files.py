"""The files of SGD, from an unpacked folder or out of an archive.

Both give the same: the bytes of `<part>/schema.json` and `<part>/dialogues_*.json`, in
the order of names. An archive (tar, compressed or not) is read straight through once;
its members are kept in memory, compressed again (30 MB for the 280 MB of the training
part), and nothing is ever unpacked to the disk: so no name in an archive can lead out of
a folder, and no copy stays behind when a run is killed.
"""

from __future__ import annotations

import lzma
import re
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from coalm_oumi.errors import DataFormatError, DataNotFoundError
from coalm_oumi.sources.rows import read_bytes

_FILE = re.compile(r"(?P<part>train|dev|test)/(schema|dialogues_\d+)\.json")
_ARCHIVES = ("sgd_{part}.tar.xz", "sgd_{part}.tar.gz", "sgd_{part}.tar", "sgd.tar.xz")
_LARGEST = 64_000_000
"""Longest member that is read, in bytes; the real ones have 4 MB."""


@dataclass(frozen=True)
class SgdFile:
    """One file: its name for messages, its bytes compressed or still on the disk."""

    place: str
    name: str
    packed: bytes | None = None

    def read(self) -> bytes:
        """Returns the file's bytes.

        Raises:
            DataNotFoundError: It can no longer be read.
        """
        if self.packed is None:
            return read_bytes(Path(self.place))
        return zlib.decompress(self.packed)


@dataclass(frozen=True)
class PartFiles:
    """The files of one part.

    Attributes:
        schema: The part's `schema.json`.
        dialogues: Its dialogue files, in the order of names.
    """

    schema: SgdFile
    dialogues: tuple[SgdFile, ...]


def part_files(path: Path, part: str) -> PartFiles:
    """Finds the files of a part.

    Args:
        path: A folder of the upstream layout (`<part>/schema.json`), the part's own
            folder, a folder with `sgd_<part>.tar.xz`, or such an archive.
        part: `train`, `dev` or `test`.

    Raises:
        DataNotFoundError: The files are not there.
        DataFormatError: The archive is damaged, or a member is too long.
    """
    if path.is_dir():
        files = _in_folder(path, part)
    elif path.is_file():
        files = _in_archive(path, part)
    else:
        raise DataNotFoundError("it does not exist. Check the path.", path=path)
    dialogues = tuple(files[name] for name in sorted(files) if name != "schema.json")
    if not dialogues or "schema.json" not in files:
        lacking = "schema.json" if dialogues else "dialogues_*.json"
        raise DataNotFoundError(
            f"there is no {part}/{lacking} in it. Expected the layout of the SGD "
            f"repository ({part}/schema.json, {part}/dialogues_001.json, ...), or "
            f"sgd_{part}.tar.xz with these files.",
            path=path,
        )
    return PartFiles(files["schema.json"], dialogues)


def _in_folder(path: Path, part: str) -> Mapping[str, SgdFile]:
    for folder in (path / part, path):
        found = {
            file.name: SgdFile(str(file), file.name)
            for file in folder.glob("*.json")
            if _FILE.fullmatch(f"{part}/{file.name}")
        }
        if found and (folder is not path or path.name == part):
            return found
    for pattern in _ARCHIVES:
        archive = path / pattern.format(part=part)
        if archive.is_file():
            return _in_archive(archive, part)
    return {}


def _in_archive(path: Path, part: str) -> Mapping[str, SgdFile]:
    found: dict[str, SgdFile] = {}
    depths: dict[str, int] = {}
    try:
        for name, packed in _members(path, part):
            inner = PurePosixPath(name)
            # The repository's archive also holds rewritten schemas, deeper down.
            if len(inner.parts) < depths.get(inner.name, 1_000):
                depths[inner.name] = len(inner.parts)
                found[inner.name] = SgdFile(f"{path}:{name}", inner.name, packed)
    except (tarfile.TarError, EOFError, lzma.LZMAError, zlib.error, OSError) as error:
        raise DataFormatError(
            f"the archive cannot be read to its end ({error}). It may be truncated; "
            "fetch or copy it again.",
            path=path,
        ) from error
    return found


def _members(path: Path, part: str) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path) as archive:
        for entry in archive:
            wanted = _FILE.search(entry.name)
            if (
                not entry.isreg()
                or wanted is None
                or wanted["part"] != part
                or wanted.end() != len(entry.name)
                or (wanted.start() and entry.name[wanted.start() - 1] != "/")
            ):
                continue
            if entry.size > _LARGEST:
                raise DataFormatError(
                    f"the member '{entry.name}' has {entry.size} bytes, more than any "
                    f"file of SGD (limit {_LARGEST}).",
                    path=path,
                )
            stream = archive.extractfile(entry)
            if stream is not None:
                yield entry.name, zlib.compress(stream.read(), 1)
