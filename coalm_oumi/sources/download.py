"""Downloading a source: complete and checked files, or an error that says what to do.

    from pathlib import Path
    from coalm_oumi.sources.catalogue import get_source
    from coalm_oumi.sources.download import download_source

    download_source(get_source("snips"), Path("data"))
    # [PosixPath('data/snips/2017-06-custom-intent-engines/AddToPlaylist/...'), ...]

The folder afterwards has the layout of $COALM_DATA_DIR. A file appears under its own
name only when all of it is there and its size and digest are right. After an interruption
the next run continues with the first file that is missing; a file of the Hugging Face Hub
(those of many megabytes are there) is continued itself. Two processes may download into
the same folder: one works, the other waits for it.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from coalm_oumi.errors import CoalmError, DataNotFoundError, DownloadError
from coalm_oumi.secret_keys import (
    Hider,
    hidden_in_errors,
    hidden_in_logs,
    known_secrets,
)
from coalm_oumi.sources.attempts import Retry, attempt
from coalm_oumi.sources.hub import HubFile, fetch, remove_if_empty
from coalm_oumi.sources.progress import Report, reporting, say
from coalm_oumi.sources.source import DataFile, RemoteFile, Source
from coalm_oumi.storage import sha256

_OFFLINE_VARIABLES = ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE")
_TRUE = frozenset({"1", "ON", "YES", "TRUE"})
_LOCK_WAIT = 3600.0


def download_source(
    source: Source,
    folder: Path,
    *,
    progress: bool | None = None,
    retry: Retry | None = None,
) -> list[Path]:
    """Downloads what is missing of a source.

    Args:
        source: The catalogue's entry.
        folder: A data folder; the files go to `folder/source.folder/...`.
        progress: Whether to draw a progress bar on stderr between a line at the start
            and one at the end; None draws it on a terminal, False says nothing at all.
        retry: How patient to be.

    Returns:
        The source's data files, in catalogue order.

    Raises:
        DataNotFoundError: If something is missing and downloads are switched off.
        GatedSourceError: If the publisher did not give access.
        DownloadError: If a transfer failed, brought other bytes than the catalogue
            names, or could not be written.
    """
    root = folder / source.folder
    missing = [f for f in source.files if not _complete(root, f.data_files())]
    if missing:
        _refuse_offline(source, missing[0])
        retry = retry or Retry()
        if progress is not False and retry.say is None:
            retry = replace(retry, say=lambda line: say(f"{source.name}: {line}"))
        hider = Hider([*known_secrets(os.environ, keys=[_token_of(source)])])
        with (
            hidden_in_logs(hider, "urllib3.connectionpool", "httpx"),
            hidden_in_errors(hider),
            reporting(source, missing, root, progress) as report,
        ):
            for file in missing:
                _download(source, file, root, retry, report)
    return [root / data.path for data in source.data_files()]


def _download(
    source: Source, file: RemoteFile, root: Path, retry: Retry, report: Report
) -> None:
    """Downloads one file, and unpacks it if it is an archive."""
    target = root / file.path
    part = target.with_name(target.name + ".part")
    with _disk_errors(target, source), _lock(target):
        if _complete(root, file.data_files()):  # another process brought it meanwhile
            return
        try:
            _fetch(source, file, part, retry, report)
            if file.unpack is None:
                os.replace(part, target)
            else:
                from coalm_oumi.sources.unpack import unpack_archive

                unpack_archive(
                    part, target.parent, file.members, file.unpack, file.largest
                )
        finally:
            part.unlink(missing_ok=True)


def _fetch(
    source: Source, file: RemoteFile, part: Path, retry: Retry, report: Report
) -> None:
    """Brings `part`, checked against the catalogue."""
    on_hub = HubFile.of(file.url)
    url = real_url(file)

    def once() -> str | None:
        if on_hub:
            return fetch(on_hub, part, retry.timeout, gated=source.gated)
        from coalm_oumi.sources import web

        web.fetch(url, file, part, retry.timeout, partial(report, file.path))
        return None

    try:
        digest = attempt(once, retry)
        report(file.path, part.stat().st_size, file.size)
        wrong = _difference(part, file.sha256 or digest, file.size, file.git_blob)
        if wrong:
            raise DownloadError(
                "the download is not the file that the catalogue names: "
                f"{wrong}. Nothing was kept. Run it again; if it stays so, the publisher "
                "or a proxy in between has changed the file."
            )
    except DownloadError as error:
        kept = ""
        if not remove_if_empty(part):
            kept = " What has come so far is kept: run it again to go on."
        raise type(error)(
            f"{error.problem}{kept} {by_hand(source, file)}", path=url
        ) from None


def offline_variable() -> str | None:
    """Returns the assignment that switches downloads off, such as 'HF_HUB_OFFLINE=1'.

    The variables are the Hugging Face Hub's own; here they hold for every source.
    """
    for name in _OFFLINE_VARIABLES:
        value = os.environ.get(name, "")
        if value.upper() in _TRUE:
            return f"{name}={value}"
    return None


def real_url(file: RemoteFile) -> str:
    """Returns the address that a file is downloaded from."""
    on_hub = HubFile.of(file.url)
    return on_hub.url if on_hub else file.url


def by_hand(source: Source, file: RemoteFile | None = None) -> str:
    """Returns the sentences that say how to get a source without a download here."""
    if source.access:
        steps = " ".join(f"{i}. {step}" for i, step in enumerate(source.access, 1))
        return f"To get access: {steps}"
    what = real_url(file) if file else source.homepage
    names = [d.path for d in (file or source).data_files()]
    where = f"$COALM_DATA_DIR/{source.folder}/"
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    listed = ", ".join(names[:3]) + more
    verb = "unpack" if any(f.unpack for f in source.files) else "put"
    return f"Or fetch it yourself from {what} and {verb} it under {where} ({listed})."


def _token_of(source: Source) -> str | None:
    if not source.gated:
        return None
    from huggingface_hub import get_token

    return get_token()


def _difference(
    path: Path, digest: str | None, size: int | None, git_blob: str | None = None
) -> str | None:
    """Says how a file differs from what is expected; None if it does not."""
    length = path.stat().st_size
    if size is not None and length != size:
        return f"expected {size} bytes, found {length}"
    if digest is not None and (found := sha256(path)) != digest:
        return f"expected SHA-256 {digest}, found {found}"
    if git_blob is not None:
        blob = hashlib.sha1(f"blob {length}\0".encode(), usedforsecurity=False)
        with path.open("rb") as data:
            found = hashlib.file_digest(data, lambda: blob).hexdigest()
        if found != git_blob:
            return f"expected git blob {git_blob}, found {found}"
    return None


def _complete(root: Path, files: tuple[DataFile, ...]) -> bool:
    """Whether every file is there with the bytes that the catalogue names."""
    return all(
        (root / data.path).is_file()
        and _difference(root / data.path, data.sha256, data.size) is None
        for data in files
    )


def _refuse_offline(source: Source, file: RemoteFile) -> None:
    variable = offline_variable()
    if variable is not None:
        raise DataNotFoundError(
            f"'{file.path}' is not here, and downloads are off because {variable} is "
            f"set. Unset it and run `coalm download {source.name}`. "
            f"{by_hand(source, file)}",
            field=source.name,
        )


@contextmanager
def _lock(target: Path) -> Iterator[None]:
    """Holds a file back from other processes; the empty lock file stays."""
    from filelock import FileLock, Timeout

    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(target.with_name(f".{target.name}.lock"), timeout=_LOCK_WAIT):
            yield
    except Timeout as error:
        raise DownloadError(
            f"another process has been downloading it for {_LOCK_WAIT / 60:.0f} "
            "minutes. Wait for it, or end it and run this again.",
            path=target,
        ) from error


@contextmanager
def _disk_errors(target: Path, source: Source) -> Iterator[None]:
    """Turns errors of the disk into messages for the user."""
    try:
        yield
    except CoalmError:
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            problem = "there is no space left on its disk (or in your quota). Free some"
        else:
            problem = (
                f"it cannot be written ({error.strerror or error}). Correct its rights"
            )
        raise DownloadError(
            f"{problem}, or set COALM_CACHE_DIR to a folder elsewhere that you can "
            f"write to, then run `coalm download {source.name}` again.",
            path=target,
        ) from error


__all__ = [
    "Retry",
    "by_hand",
    "download_source",
    "offline_variable",
    "real_url",
]
