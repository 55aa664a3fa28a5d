"""Downloading a source: whole and checked files, or an error that says what to do.

    from pathlib import Path
    from coalm_oumi.sources.catalogue import get_source
    from coalm_oumi.sources.download import download_source

    download_source(get_source("snips"), Path("data"))
    # [PosixPath('data/snips/2017-06-custom-intent-engines/AddToPlaylist/...'), ...]

The folder afterwards has the layout of $COALM_DATA_DIR. A file appears under its own
name only when all of it is there and its size and digest are right. A transfer that
breaks off leaves `NAME.part`, which the next run continues. Two processes may download
into the same folder: one works, the other waits for it.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from coalm_oumi.errors import CoalmError, DataNotFoundError, DownloadError
from coalm_oumi.secret_keys import (
    Hider,
    hidden_in_errors,
    hidden_in_logs,
    known_secrets,
)
from coalm_oumi.sources.catalogue import (
    HUB_SCHEME,
    DataFile,
    RemoteFile,
    Source,
)
from coalm_oumi.sources.transfer import Request, Retry, discard, transfer
from coalm_oumi.sources.transfer_progress import TransferReport, reporting, say

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
        progress: True draws a progress bar on stderr, False says nothing; None draws
            one on a terminal and otherwise writes a line at start and end.
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
    missing = [f for f in source.files if not _all_right(root, f.data_files())]
    if missing:
        _refuse_offline(source, missing[0])
        with reporting(source, missing, root, progress) as report:
            for file in missing:
                download_file(source, file, folder, retry=retry, report=report)
    return [root / data.path for data in source.data_files()]


def download_file(
    source: Source,
    file: RemoteFile,
    folder: Path,
    *,
    retry: Retry | None = None,
    report: TransferReport | None = None,
) -> list[Path]:
    """Downloads one file of a source, and unpacks it if it is an archive.

    Args:
        source: The source it belongs to.
        file: The file.
        folder: A data folder, as for `download_source`.
        retry: How patient to be.
        report: Called with the file's path, the bytes present and the total if known.

    Returns:
        The data files: the file itself, or the archive's members.

    Raises:
        CoalmError: As `download_source` does.
    """
    root = folder / source.folder
    target = root / file.path
    found = [root / data.path for data in file.data_files()]
    _refuse_offline(source, file)
    hider = Hider([*known_secrets(os.environ, keys=[_token_of(source)])])
    with (
        hidden_in_logs(hider),
        hidden_in_errors(hider),
        _told_plainly(target, source),
        _lock(target),
    ):
        if _all_right(root, file.data_files()):  # another process brought it meanwhile
            return found
        part = target.with_name(target.name + ".part")
        _fill(source, file, part, _telling(source, retry or Retry(), report), report)
        if file.unpack is None:
            os.replace(part, target)
        else:
            from coalm_oumi.sources.unpack import unpack_archive

            try:
                unpack_archive(
                    part, target.parent, file.members, file.unpack, file.largest
                )
            except DownloadError:
                discard(part)
                raise
        discard(part)
    return found


def _telling(source: Source, retry: Retry, report: TransferReport | None) -> Retry:
    """Returns `retry`, telling of its waits where anything is told."""
    if report is None or retry.say is not None:
        return retry
    return replace(retry, say=lambda line: say(f"{source.name}: {line}"))


def offline_variable() -> str | None:
    """Returns the assignment that switches downloads off, such as 'HF_HUB_OFFLINE=1'.

    The variables are the Hugging Face Hub's own; here they hold for every source.
    """
    for name in _OFFLINE_VARIABLES:
        value = os.environ.get(name, "")
        if value.upper() in _TRUE:
            return f"{name}={value}"
    return None


def hub_endpoint() -> str:
    """Returns the Hugging Face Hub's address: HF_ENDPOINT, or the public one."""
    from huggingface_hub import constants

    return (os.environ.get("HF_ENDPOINT") or constants.ENDPOINT).rstrip("/")


def real_url(file: RemoteFile) -> str:
    """Returns the address that a file is downloaded from."""
    if not file.url.startswith(HUB_SCHEME):
        return file.url
    from huggingface_hub import hf_hub_url

    match = re.fullmatch(r"([^@]+)@([^/]+)/(.+)", file.url[len(HUB_SCHEME) :])
    if match is None:
        raise DownloadError(
            f"expected {HUB_SCHEME}OWNER/NAME@REVISION/FILE.", path=file.url
        )
    return hf_hub_url(
        match[1],
        match[3],
        repo_type="dataset",
        revision=match[2],
        endpoint=hub_endpoint(),
    )


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


def _fill(
    source: Source,
    file: RemoteFile,
    part: Path,
    retry: Retry,
    report: TransferReport | None,
) -> None:
    """Brings `part` to its full length and checks it, or removes it and raises."""
    hub = file.url.startswith(HUB_SCHEME)
    request = Request(
        url=real_url(file),
        part=part,
        size=file.size,
        largest=file.largest,
        sha256=file.sha256,
        token=_token_of(source) if hub else None,
        token_site=hub_endpoint() if hub else None,
        gated=source.gated,
        by_hand=by_hand(source, file),
    )

    def tell(done: int, total: int | None) -> None:
        if report is not None:
            report(file.path, done, total)

    resumed = part.exists()
    if resumed and _mismatch(part, file.sha256, file.size) is None and file.sha256:
        return
    named = transfer(request, retry, tell)
    wrong = _wrong(part, file, named)
    if wrong and resumed:  # the earlier part may be to blame
        discard(part)
        named = transfer(request, retry, tell)
        wrong = _wrong(part, file, named)
    if wrong:
        discard(part)
        raise DownloadError(
            f"the download is not the file that the catalogue names: {wrong}. Nothing "
            "was kept. Run it again; if it stays so, the publisher or a proxy in "
            f"between has changed the file. {request.by_hand}",
            path=request.url,
        )


def _token_of(source: Source) -> str | None:
    if not source.gated:
        return None
    from huggingface_hub import get_token

    return get_token()


def _wrong(part: Path, file: RemoteFile, named: str | None) -> str | None:
    """Says how a download differs from what the catalogue or the server names."""
    wrong = _mismatch(part, file.sha256 or named, file.size)
    if wrong or file.git_blob is None:
        return wrong
    digest = hashlib.sha1(usedforsecurity=False)
    digest.update(f"blob {part.stat().st_size}\0".encode())
    found = _hashed(part, digest)
    return (
        None
        if found == file.git_blob
        else f"expected git blob {file.git_blob}, found {found}"
    )


def _hashed(path: Path, digest: hashlib._Hash) -> str:
    with path.open("rb") as data:
        while chunk := data.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _mismatch(path: Path, sha256: str | None, size: int | None) -> str | None:
    """Says how a file differs from what is expected; None if it does not."""
    found = path.stat().st_size
    if size is not None and found != size:
        return f"expected {size} bytes, found {found}"
    if sha256 is None:
        return None
    found = _hashed(path, hashlib.sha256())
    return None if found == sha256 else f"expected SHA-256 {sha256}, found {found}"


def _all_right(root: Path, files: tuple[DataFile, ...]) -> bool:
    """Whether every file is there with the bytes that the catalogue names."""
    for data in files:
        path = root / data.path
        if not path.is_file() or _mismatch(path, data.sha256, data.size):
            return False
    return True


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
def _told_plainly(target: Path, source: Source) -> Iterator[None]:
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
    "download_file",
    "download_source",
    "hub_endpoint",
    "offline_variable",
    "real_url",
]
