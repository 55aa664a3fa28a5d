r"""CoALM-IT as published, or as `coalm build` makes it: rows of instructions.

Row (an invented one)::

    {"instruction": "You are a helpful assistant who is assigned to find the intents ...",
     "input": "User: Weather in Ely",
     "output": "System: {\"domain\": \"GetWeather\", \"slot_values\": {\"city\": \"Ely\"}}"}

gives `InstructionRow("train-00000-of-00002.parquet#0", <these three>, origin={})`. A row
of a build has further columns, which say where it came from: they become `origin`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coalm_oumi.errors import DataFormatError, DataNotFoundError
from coalm_oumi.sources.ledger import Ledger
from coalm_oumi.sources.records import BadRowError, an_object, checked_field
from coalm_oumi.sources.rows import TABLES, OnBadRow, Row, read_values
from coalm_oumi.sources.source import HUB_SCHEME, RemoteFile, Source, formats

_CITATION = """\
@misc{acikgoz2025coalm,
  title = {Can a Single Model Master Both Multi-turn Conversations and Tool Use?
           {CoALM}: A Unified Conversational Agentic Language Model},
  author = {Acikgoz, Emre Can and others},
  year = {2025},
  eprint = {2502.08820},
  archivePrefix = {arXiv},
}"""

_REPO = "uiuc-convai/CoALM-IT"
_REVISION = "c8d416ee7cc04df837f3a1b4df3566f9136147b5"

# The pinned revision's card says CC BY-NC 4.0; the page was later seen with Apache-2.0.
# The stricter one counts until its owners say otherwise.
COALM_IT = Source(
    name="coalm_it",
    title="CoALM-IT as published (311,639 rows); its licence was also seen as Apache-2.0",
    folder="coalm_it",
    files=tuple(
        RemoteFile(
            path=f"data/{name}",
            url=f"{HUB_SCHEME}{_REPO}@{_REVISION}/data/{name}",
        )
        for name in ("train-00000-of-00002.parquet", "train-00001-of-00002.parquet")
    ),
    revision=_REVISION,
    licence="CC-BY-NC-4.0",
    citation=_CITATION,
    homepage=f"https://huggingface.co/datasets/{_REPO}",
    local_patterns=(
        "data/train-*.parquet",
        "data/*.json*",
        *formats("train", "coalm", "CoALM", "0000"),
    ),
)

COLUMNS = ("instruction", "input", "output")
_ORIGIN = ("part", "source", "record_id", "prompt", "transformation", "seed", "copy")
# Where the rows of a folder are, best first; beside them lie ledgers and manifests.
_PATTERNS = (
    "data/train-*.parquet",
    "data/*.parquet",
    "train-*.parquet",
    "*.parquet",
    "jsonl/*.jsonl",
    "data/*.jsonl",
    "data/*.json",
    "*.jsonl",
    "*.arrow",
    "*.json",
)


@dataclass(frozen=True)
class InstructionRow:
    """One row of a set of instructions.

    Attributes:
        record_id: `<file>#<row>`.
        instruction: What the model is asked to do.
        input: What it is asked to do it with; may be empty.
        output: The reply to learn.
        origin: What a build says about where the row came from; empty for others.
    """

    record_id: str
    instruction: str
    input: str
    output: str
    origin: Mapping[str, Any] = field(default_factory=dict)


def read_coalm_it(
    path: Path, *, ledger: Ledger | None = None, on_bad_row: OnBadRow = "reject"
) -> Iterator[InstructionRow]:
    """Reads the published set or a build, in the order of the rows.

    Args:
        path: A file of rows; or a folder as the Hub or `coalm build` lays it out, of
            which the Parquet files are read, else the JSON ones.
        ledger: Counts the rows, and notes those with a field that is not text.
        on_bad_row: Whether such a row goes into the ledger, or ends the reading.

    Yields:
        The rows.

    Raises:
        DataNotFoundError: There is no such file, or no file of rows in the folder.
        DataFormatError: A file lacks a column, or is the rest of an unfinished build; or
            a row cannot be used, and `on_bad_row` is `error`.
    """
    ledger = ledger if ledger is not None else Ledger("coalm_it")
    for file in coalm_it_files(path):
        # Of a table all rows have the same columns; a line of JSON alone may lack some.
        first, has_columns = Row(), False
        for number, value in enumerate(read_values(file, on_bad_row=on_bad_row)):
            ledger.read += 1
            record_id = f"{file.name}#{number}"
            try:
                row = an_object(value)
                if not has_columns:
                    has_columns = row.keys() >= set(COLUMNS)
                    first = first or row
                    if not has_columns and file.suffix.lower() in TABLES:
                        raise _no_columns(file, row)
                # The Hub has an empty input as null where it was made from such rows.
                row["input"] = "" if row.get("input") is None else row["input"]
                texts = [checked_field(row, name, str) for name in COLUMNS]
            except BadRowError as error:
                error.settle(on_bad_row, ledger, record_id, (file, number))
                continue
            origin = {name: row[name] for name in _ORIGIN if name in row}
            yield InstructionRow(record_id, *texts, origin=origin)
        if first and not has_columns:
            raise _no_columns(file, first)


def coalm_it_files(path: Path) -> list[Path]:
    """Returns the files of rows of a set, in order.

    Raises:
        DataNotFoundError: There are none.
        DataFormatError: The folder is the rest of an unfinished build.
    """
    if not path.exists():
        raise DataNotFoundError("it does not exist. Check the path.", path=path)
    if path.is_file():
        return [path]
    if (path / ".build" / "plan.json").is_file() and not (
        path / "manifest.json"
    ).is_file():
        raise DataFormatError(
            "this build is not finished. Run `coalm build` with --resume.", path=path
        )
    for pattern in _PATTERNS:
        files = sorted(path.glob(pattern))
        if files:
            return files
    raise DataNotFoundError(
        "the folder has no file of rows (.parquet, .jsonl, .json, .arrow), neither "
        "itself nor in data/.",
        path=path,
    )


def _no_columns(file: Path, row: Row) -> DataFormatError:
    missing = [name for name in COLUMNS if name not in row]
    found = ", ".join(str(name) for name in list(row)[:12]) or "none"
    advice = f"Rename the columns to {', '.join(COLUMNS)}."
    if "messages" in row:
        advice = "A build with --format messages is for other trainers: build anew."
    if "turns" in row:
        advice = "These are dialogues: name the folder, which has their rows too."
    return DataFormatError(
        f"expected the columns {', '.join(COLUMNS)}; {', '.join(missing)} "
        f"{'is' if len(missing) == 1 else 'are'} missing, and the columns are {found}. "
        f"{advice}",
        path=file,
    )
