"""Files of rows, read with errors that name the place.

`.json` (a list of objects), `.jsonl` (an object a line), `.parquet` and `.arrow` (as
the Hugging Face Hub and `datasets` write them) give the same rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from coalm_oumi.calls import strict_json
from coalm_oumi.errors import DataFormatError, DataNotFoundError, shorten

Row = dict[str, Any]
OnBadRow = Literal["error", "reject"]
"""Whether a row that cannot be used ends the reading, or goes into the ledger."""

TABLES = (".parquet", ".arrow")
"""The suffixes of files all of whose rows have the same columns."""
_SUFFIXES = (".json", ".jsonl", *TABLES)
# What `datasets` writes beside the rows.
_NO_ROWS = ("dataset_info.json", "state.json", "dataset_dict.json")


@dataclass(frozen=True)
class Unreadable:
    """Stands for a line that is not JSON, where that does not end the reading."""

    problem: str


def read_text(path: Path, *, latin_1: bool = False) -> str:
    """Reads a text file in UTF-8.

    Args:
        path: The file.
        latin_1: Whether a file that is not UTF-8 may be read all the same: as UTF-8
            with surrogate pairs (CESU-8) if it is that, else as latin-1.

    Raises:
        DataNotFoundError: There is no such file, or it cannot be opened.
        DataFormatError: It is in another encoding.
    """
    return _decoded(read_bytes(path), path, latin_1)


def _decoded(data: bytes, path: Path | str, latin_1: bool) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # Latin-1 decodes anything; a zero byte tells UTF-16 and binary files apart.
        if latin_1 and b"\0" not in data:
            return _cesu_8(data) or data.decode("latin-1")
        raise DataFormatError(
            f"expected UTF-8 text, found byte 0x{data[error.start]:02x} at offset "
            f"{error.start}. Save the file as UTF-8.",
            path=path,
        ) from error


def _cesu_8(data: bytes) -> str | None:
    """Decodes UTF-8 in which surrogate pairs stand for the characters beyond U+FFFF."""
    try:
        pairs = data.decode("utf-8", "surrogatepass")
        return pairs.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        return None


def read_bytes(path: Path) -> bytes:
    """Reads all bytes of a file.

    Raises:
        DataNotFoundError: There is no such file, or it cannot be opened.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise DataNotFoundError(
            "the file does not exist. Check the path.", path=path
        ) from error
    except OSError as error:
        raise DataNotFoundError(
            f"the file cannot be read: {error.strerror}.", path=path
        ) from error


def read_json(path: Path, *, latin_1: bool = False) -> Any:
    """Reads one JSON document.

    Args:
        path: The file.
        latin_1: As for `read_text`.

    Raises:
        DataNotFoundError: As for `read_text`.
        DataFormatError: It is not JSON, or not strictly (`calls.strict_json`); the
            message says where it stops being so.
    """
    return parsed_json(read_bytes(path), path, latin_1=latin_1)


def parsed_json(data: bytes, path: Path | str, *, latin_1: bool = False) -> Any:
    """Returns the JSON document that a file holds; as `read_json` otherwise.

    Args:
        data: The file's bytes.
        path: Its name, for messages.
        latin_1: As for `read_text`.
    """
    text = _decoded(data, path, latin_1)
    if not text.strip():
        raise _empty(path)
    try:
        return strict_json.loads(text)
    except json.JSONDecodeError as error:
        ends = not text[error.pos :].strip()
        what = "the JSON breaks off" if ends else f"not JSON: {error.msg}"
        raise DataFormatError(
            f"{what} at line {error.lineno}, column {error.colno}. "
            "The file may be truncated; fetch or copy it again.",
            path=path,
        ) from error
    except ValueError as error:
        raise DataFormatError(
            f"not JSON that can be used: {error}. Correct the file, or fetch or copy "
            "it again.",
            path=path,
        ) from error


def _empty(path: Path | str) -> DataFormatError:
    return DataFormatError("the file is empty. Fetch or copy it again.", path=path)


def row_files(path: Path) -> list[Path]:
    """Returns the files of rows that `path` stands for, in the order of names.

    Args:
        path: A file, or a folder of files, such as `datasets` writes with
            `save_to_disk`.

    Raises:
        DataNotFoundError: The folder has no file of rows.
    """
    if not path.is_dir():
        return [path]
    files = sorted(
        f
        for f in path.iterdir()
        if f.suffix.lower() in _SUFFIXES
        and f.name not in _NO_ROWS
        and not f.name.startswith(".")
    )
    if not files:
        raise DataNotFoundError(
            f"the folder has no file of rows ({', '.join(sorted(_SUFFIXES))}).",
            path=path,
        )
    return files


def read_rows(path: Path) -> Iterator[tuple[int, Row]]:
    """Yields the rows of a file, numbered from 0.

    Args:
        path: A `.json`, `.jsonl`, `.parquet` or `.arrow` file.

    Raises:
        DataNotFoundError: There is no such file.
        DataFormatError: It is of another kind, damaged, or a row is not an object.
    """
    yield from _numbered(path, read_values(path))


def read_values(path: Path, *, on_bad_row: OnBadRow = "error") -> Iterator[Any]:
    """Yields what stands where `read_rows` has rows, objects or not.

    Args:
        path: As for `read_rows`.
        on_bad_row: Whether a line that is not JSON is an error, or is given as
            `Unreadable`.

    Raises:
        DataNotFoundError: There is no such file.
        DataFormatError: It is of another kind, or damaged.
    """
    suffix = path.suffix.lower()
    if suffix == ".json":
        yield from _json_rows(path)
    elif suffix == ".jsonl":
        yield from _json_lines(path, on_bad_row)
    elif suffix in TABLES:
        yield from _arrow_rows(path)
    else:
        raise DataFormatError(
            f"expected a file of rows ({', '.join(_SUFFIXES)}).", path=path
        )


def _json_rows(path: Path) -> Iterator[Any]:
    found = read_json(path)
    if not isinstance(found, list):
        raise DataFormatError(
            "expected a JSON list of rows; a file with one object per line is named "
            "*.jsonl.",
            path=path,
        )
    yield from found


def read_json_lines(path: Path) -> Iterator[tuple[int, Row]]:
    """Yields the rows of a file with one JSON object a line, whatever its suffix.

    Raises:
        DataNotFoundError: There is no such file.
        DataFormatError: A line is not a JSON object.
    """
    yield from _numbered(path, _json_lines(path))


def _numbered(path: Path, rows: Iterator[Any]) -> Iterator[tuple[int, Row]]:
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise DataFormatError(no_object(row), path=path, row=number)
        yield number, row


def no_object(row: Any) -> str:
    """Says that a row is no object, but `row`."""
    if isinstance(row, Unreadable):
        return row.problem
    return f"expected an object with named fields, found '{shorten(row, 40)}'."


def _json_lines(path: Path, on_bad_row: OnBadRow = "error") -> Iterator[Any]:
    text = read_text(path)
    if not text.strip():
        raise _empty(path)
    # Not `splitlines`: that breaks at U+2028 too, which may stand in a JSON string.
    # A file without one line of JSON is none of this kind.
    reject, waiting = on_bad_row == "reject", list[Unreadable]()
    readable = False
    for number, line in enumerate(text.split("\n")):
        if not line.strip():
            continue
        try:
            value = strict_json.loads(line)
        except ValueError as error:
            problem = f"line {number + 1} is not JSON: '{shorten(line, 60)}' ({error})."
            if not reject:
                raise DataFormatError(
                    f"{problem} Correct or remove the line.", path=path
                ) from error
            waiting.append(Unreadable(problem))
        else:
            readable = True
            yield from waiting
            waiting.clear()
            yield value
    if waiting and not readable:
        raise DataFormatError(waiting[0].problem, path=path)
    yield from waiting


def _arrow_rows(path: Path) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        raise DataNotFoundError("the file does not exist. Check the path.", path=path)
    try:
        if path.suffix.lower() == ".parquet":
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches():
                    yield from batch.to_pylist()
            return
        with pa.memory_map(str(path)) as mapped:
            try:
                reader = pa.ipc.open_stream(mapped)
            except pa.ArrowInvalid:
                mapped.seek(0)
                table = pa.ipc.open_file(mapped).read_all()
                reader = table.to_batches()
            for batch in reader:
                yield from batch.to_pylist()
    # A text column may turn out not to be UTF-8.
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise DataFormatError(
            f"the file cannot be read as {path.suffix[1:]}: {shorten(error)}. "
            "Fetch or copy it again.",
            path=path,
        ) from error
