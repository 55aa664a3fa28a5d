"""A source of one file, as served by the local server, and what tests do with it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from coalm_oumi.errors import DownloadError
from coalm_oumi.sources.catalogue import RemoteFile, Source
from coalm_oumi.sources.download import Retry, download_source

BODY = bytes(range(256)) * 400
SHA = hashlib.sha256(BODY).hexdigest()
QUICK = Retry(attempts=3, first_wait=0.01, longest_wait=2.0, timeout=5.0)


def toy(
    url: str,
    *,
    sha256: str | None = SHA,
    size: int | None = len(BODY),
    gated: bool = False,
    **archive: object,
) -> Source:
    """A source of the one file at `url`; with `archive`, of an archive's members."""
    path = "toy.zip" if archive else "toy.bin"
    file = RemoteFile(path, url, sha256, size, **archive)  # pyright: ignore
    return Source(
        name="toy",
        title="A toy",
        folder="toys/here",
        files=(file,),
        revision="0" * 40,
        licence="MIT",
        citation="",
        homepage="https://example.org/toy",
        gated=gated,
        access=("Accept the terms at the page.", "Set HF_TOKEN.") if gated else (),
    )


def fetch(source: Source, folder: Path) -> list[Path]:
    """Downloads quietly and without long waits."""
    return download_source(source, folder, progress=False, retry=QUICK)


def left(folder: Path) -> list[str]:
    """The files below `folder`, without the empty lock files."""
    return sorted(
        str(p.relative_to(folder))
        for p in folder.rglob("*")
        if p.is_file() and p.suffix != ".lock"
    )


def error_of(source: Source, folder: Path) -> str:
    """The message that a download ends with."""
    with pytest.raises(DownloadError) as caught:
        fetch(source, folder)
    return str(caught.value)
