"""Finding a source's data: the user's folder first, then the cache, then a download.

    from coalm_oumi.sources.locate import locate

    found = locate("snips")
    found.folder    # PosixPath('/home/me/data/snips/2017-06-custom-intent-engines')
    found.origin    # 'COALM_DATA_DIR'

Both folders have one layout: `<folder>/<Source.folder>/<file>`. A source that is there
in part is an error that names what is missing, never used as if it were complete. Files
that the user provides may be other editions of a source, so that their bytes are not
compared with the catalogue here; what is downloaded is.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from coalm_oumi.embedded import embedded_folder
from coalm_oumi.errors import DataNotFoundError, OptionError
from coalm_oumi.sources.catalogue import Source, get_source
from coalm_oumi.storage import cache_dir

Origin = Literal["COALM_DATA_DIR", "cache", "download", "embedded", "options"]
OnMissing = Literal["download", "embedded", "error"]

_SHARD = re.compile(r"(.*-)(\d{5})(-of-)(\d{5})(\.\w+)")


@dataclass(frozen=True)
class Found:
    """Where a source's data is.

    Attributes:
        source: The catalogue's entry.
        folder: The source's own folder. Other sources' files may lie in it as well.
        files: The source's files, in catalogue order; shards in their own order.
        origin: How it was found.
    """

    source: Source
    folder: Path
    files: tuple[Path, ...]
    origin: Origin


@dataclass(frozen=True)
class Status:
    """A line for `coalm check`.

    Attributes:
        source: The catalogue's entry.
        state: Whether the data is there.
        detail: Where it is, or how to get it.
    """

    source: Source
    state: Literal["present", "partial", "missing"]
    detail: str


class _PartError(DataNotFoundError):
    """A source of which some files are there and some are not."""


def data_dirs() -> list[tuple[Origin, Path]]:
    """Returns the folders to look in, in that order, each with its origin.

    Raises:
        DataNotFoundError: If COALM_DATA_DIR is set and is not a folder.
    """
    dirs: list[tuple[Origin, Path]] = [("cache", cache_dir())]
    own = os.environ.get("COALM_DATA_DIR")
    if own:
        folder = Path(own).expanduser()
        if not folder.is_dir():
            raise DataNotFoundError(
                f"COALM_DATA_DIR is set to it, but it is "
                f"{'a file' if folder.exists() else 'not there'}; expected a folder. "
                "Correct the variable or unset it.",
                path=folder,
            )
        dirs.insert(0, ("COALM_DATA_DIR", folder))
    return dirs


def find(source: Source | str) -> Found | None:
    """Looks for a source on this machine; downloads nothing.

    Args:
        source: The catalogue's entry, or its name.

    Returns:
        Where it is, or None if none of its files is there.

    Raises:
        OptionError: If the catalogue has no source of that name.
        DataNotFoundError: If COALM_DATA_DIR is no folder, or the source is there in
            part only.
    """
    entry = get_source(source) if isinstance(source, str) else source
    for origin, root in data_dirs():
        files = _present(entry, root / entry.folder, origin)
        if files:
            return Found(entry, root / entry.folder, files, origin)
    return None


def locate(name: Source | str, *, on_missing: OnMissing = "download") -> Found:
    """Finds a source's data, or gets it.

    Args:
        name: The source's name, or its catalogue entry.
        on_missing: What to do when it is not on this machine: `download` it into the
            cache (which also completes a broken-off download), take the small
            `embedded` corpus of the same form that the package brings, or raise an
            `error`.

    Raises:
        OptionError: If the catalogue has no source of that name.
        DataNotFoundError: If the data is not there, or only in part, and cannot be had
            in the way that `on_missing` allows.
        DownloadError: If the download failed.
    """
    source = get_source(name) if isinstance(name, str) else name
    try:
        found = find(source)
    except _PartError as error:
        in_cache = error.path == os.fspath(cache_dir() / source.folder)
        if on_missing != "download" or not in_cache:
            raise
        found = None
    if found is not None:
        return found
    if on_missing == "embedded":
        return _embedded(source)
    if on_missing == "error":
        raise DataNotFoundError(
            f"its data is not on this machine. {how_to_get(source)}",
            field=source.name,
        )
    from coalm_oumi.sources.download import download_source

    files = download_source(source, cache_dir())
    return Found(source, cache_dir() / source.folder, tuple(files), "download")


def status(name: Source | str) -> Status:
    """Says where a source is or how to get it; never raises for missing data."""
    source = get_source(name) if isinstance(name, str) else name
    try:
        found = find(source)
    except _PartError as error:
        return Status(source, "partial", str(error))
    except DataNotFoundError as error:
        return Status(source, "missing", str(error))
    if found is None:
        return Status(source, "missing", how_to_get(source))
    size = sum(file.stat().st_size for file in found.files) / 1e6
    where = next(iter(found.files)) if len(found.files) == 1 else found.folder
    return Status(
        source,
        "present",
        f"{where} ({found.origin}; {len(found.files)} file(s), {size:.1f} MB)",
    )


def how_to_get(source: Source) -> str:
    """Returns the sentences that say how a user gets a source."""
    from coalm_oumi.sources.download import by_hand, offline_variable

    names = [data.path for data in source.data_files()]
    some = ", ".join(names[:2])
    if len(names) > 2:
        some += f" and {len(names) - 2} more"
    off = offline_variable()
    first = (
        f"unset {off.partition('=')[0]} (it switches downloads off), then "
        if off
        else ""
    )
    steps = f" {by_hand(source)}" if source.gated else ""
    return (
        f"Either {first}run `coalm download {source.name}`, or set COALM_DATA_DIR to a "
        f"folder that holds {source.folder}/ with {some} (from {source.homepage})."
        f"{steps}"
    )


def _present(source: Source, folder: Path, origin: Origin) -> tuple[Path, ...]:
    """Returns a source's files in `folder`, or () if none of them is there.

    Raises:
        DataNotFoundError: If only some of them are there, or if it is unclear which.
    """
    expected = [folder / data.path for data in source.data_files()]
    missing = [file for file in expected if not file.is_file()]
    if not missing:
        return tuple(expected)
    for pattern in source.local_patterns:
        matches = sorted(file for file in folder.glob(pattern) if file.is_file())
        if matches:
            if not source.several:
                _check_shards(source, folder, matches)
            return tuple(matches)
    if len(missing) < len(expected):
        listed = ", ".join(str(file.relative_to(folder)) for file in missing[:14])
        more = f" and {len(missing) - 14} more" if len(missing) > 14 else ""
        advice = (
            f"Run `coalm download {source.name}` to complete it."
            if origin == "cache"
            else "Add them, or remove the others to use another copy."
        )
        raise _PartError(
            f"source '{source.name}' is there in part only ({origin}): "
            f"{len(missing)} of {len(expected)} files are missing: {listed}{more}. "
            f"{advice}",
            path=folder,
        )
    return ()


def _check_shards(source: Source, folder: Path, files: list[Path]) -> None:
    """Refuses several files that are not the numbered shards of one data set."""
    matches = [_SHARD.fullmatch(file.name) for file in files]
    names = {f"{m[1]}*{m[3]}{m[4]}{m[5]}" if m else None for m in matches}
    if len(files) == 1 and matches[0] is None:
        return
    if None in names or len(names) > 1:
        listed = ", ".join(str(file.relative_to(folder)) for file in files)
        raise DataNotFoundError(
            f"it is unclear which file is source '{source.name}': {listed}. Keep one of "
            "them there.",
            path=folder,
        )
    first = matches[0]
    if first is None:
        return
    total, there = int(first[4]), {int(m[2]) for m in matches if m}
    lacking = [f"{i:05d}" for i in range(total) if i not in there]
    if lacking:
        raise _PartError(
            f"source '{source.name}' is there in part only: of the {total} shards "
            f"{names.pop()}, number {', '.join(lacking)} is missing. Add the missing "
            "file(s).",
            path=folder,
        )


def _embedded(source: Source) -> Found:
    """Returns the small corpus of the source's form that ships in the package."""
    try:
        folder = embedded_folder(source.name) / source.folder
    except OptionError as error:
        raise DataNotFoundError(
            "its data is not here, and the package brings no small corpus in "
            f"its place. {how_to_get(source)}",
            field=source.name,
        ) from error
    return Found(source, folder, _present(source, folder, "embedded"), "embedded")
