"""What a source is: where its files lie, on the publisher's side and on the disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

HUB_SCHEME = "hf://datasets/"
"""How the addresses of files on the Hugging Face Hub begin; see `RemoteFile.url`."""


@dataclass(frozen=True)
class DataFile:
    """A file of data on the disk: downloaded as it is, or out of an archive.

    Attributes:
        path: Where it lies below the archive's own folder once unpacked, with `/`
            between the parts.
        sha256: Its digest in lower-case hexadecimal, or None if it is not known.
        size: Its length in bytes, or None if it is not known.
        inside: Its name inside the archive, if that is not `path`.
    """

    path: str
    sha256: str | None = None
    size: int | None = None
    inside: str | None = None


@dataclass(frozen=True)
class RemoteFile:
    """A file to download.

    Attributes:
        path: Where it lies below the source's folder, with `/` between the parts.
        url: Its address at the pinned revision. `hf://datasets/OWNER/NAME@REVISION/FILE`
            stands for a file of a dataset on the Hugging Face Hub; the real address is
            built when it is downloaded, so that HF_ENDPOINT is honoured.
        sha256: Its digest in lower-case hexadecimal, or None if it is not known.
        size: Its length in bytes, or None if it is not known.
        git_blob: The SHA-1 by which git knows it at the pinned revision, for files
            whose SHA-256 nobody publishes; or None.
        unpack: The kind of archive it is, or None if it is data itself. An archive is
            removed once its members are in place.
        members: What an archive holds that is wanted; nothing else is unpacked.
        largest: The most bytes that are taken from a server where the length is not
            known, and the most that an archive's members have together.
    """

    path: str
    url: str
    sha256: str | None = None
    size: int | None = None
    git_blob: str | None = None
    unpack: Literal["zip", "tar"] | None = None
    members: tuple[DataFile, ...] = ()
    largest: int = 1 << 31

    def data_files(self) -> tuple[DataFile, ...]:
        """Returns the files this leaves on the disk, below the source's folder."""
        if self.unpack is None:
            return (DataFile(self.path, self.sha256, self.size),)
        parent = PurePosixPath(self.path).parent
        return tuple(
            DataFile(str(parent / m.path), m.sha256, m.size) for m in self.members
        )


@dataclass(frozen=True)
class Source:
    """A data set as its publisher hands it out.

    Attributes:
        name: The name used in recipes and on the command line.
        title: One line for people.
        folder: Its folder below a data folder, with `/` between the parts.
        files: What to download.
        revision: The pinned commit of the publisher's repository.
        licence: SPDX identifier.
        citation: BibTeX entries.
        homepage: The publisher's page.
        gated: Whether the publisher wants its terms accepted and a token.
        access: The steps to get access, in order; empty for a source open to all.
        local_patterns: Glob patterns below `folder`, best first, that count as this
            source when a user puts its data there under another name or in another
            format. Empty: only the catalogue's own files count.
        several: Whether all files that match a pattern are the source together (one
            per part); otherwise they have to be one file, or numbered shards.
    """

    name: str
    title: str
    folder: str
    files: tuple[RemoteFile, ...]
    revision: str
    licence: str
    citation: str
    homepage: str
    gated: bool = False
    access: tuple[str, ...] = ()
    local_patterns: tuple[str, ...] = ()
    several: bool = False

    def data_files(self) -> tuple[DataFile, ...]:
        """Returns the files a complete copy has, below `folder`, in catalogue order."""
        return tuple(data for file in self.files for data in file.data_files())


def pinned(table: str) -> tuple[DataFile, ...]:
    """Returns the files of a table in `digests/`, computed from the pinned revision.

    A line has SHA-256, bytes and path; what nobody publishes is `-`.
    """
    path = Path(__file__).parent / "digests" / f"{table}.txt"
    return tuple(
        DataFile(name, _known(sha256), int(size) if _known(size) else None)
        for sha256, size, name in map(str.split, path.read_text("ascii").splitlines())
    )


def _known(text: str) -> str | None:
    return None if text == "-" else text


def pinned_files(table: str, address: str) -> tuple[RemoteFile, ...]:
    """Returns the files of a table, each to be downloaded from below `address`."""
    return tuple(
        RemoteFile(file.path, f"{address}/{file.path}", file.sha256, file.size)
        for file in pinned(table)
    )


def own_files(name: str, title: str = "", licence: str = "other") -> Source:
    """Returns what stands for a user's own files among the sources."""
    return Source(name, title, "", (), "", licence, citation="", homepage="")


def formats(*stems: str) -> tuple[str, ...]:
    """Returns patterns for files that begin with any of `stems`, by file type."""
    types = ("json", "jsonl", "parquet", "arrow")
    return tuple(f"{stem}*.{kind}" for kind in types for stem in stems)
