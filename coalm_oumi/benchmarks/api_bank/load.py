r"""Loading API-Bank: one prompt and one call per row.

`hammer/apibank_l1.json`, a row (ours, shortened; `input` is always empty)::

    {"instruction": "[BEGIN OF TASK INSTRUCTION]\n...[BEGIN OF QUERY]\nUser: Wake me at 7
     in the morning, the 3rd of May.\nAI: Sure.\nGenerate API Request:\n\n[END OF QUERY]",
     "input": "",
     "output": "```\n[{\"name\": \"AddAlarm\", \"arguments\": {\"time\": \"07:00\"}}]\n```"}

`original/apibank_l1.json` has the same rows with the turns apart::

    {"query": [{"role": "user", "content": "Wake me at 7 ..."},
               {"role": "agent", "content": "Sure.\nGenerate API Request:"}],
     "tools": [...], "answers": [{"name": "AddAlarm", "arguments": {"time": "07:00"}}]}

Out: the case `l1-0` with its prompt, its label as text, and its call.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coalm_oumi.calls import FunctionCall, parse_json_list
from coalm_oumi.errors import DataFormatError, DataNotFoundError, shorten
from coalm_oumi.evaluation.cases import Cases
from coalm_oumi.sources.locate import OnMissing, locate
from coalm_oumi.sources.rows import read_rows

LEVELS = (1, 2)


@dataclass(frozen=True)
class ApiBankCase:
    """One call to make.

    Attributes:
        id: `l<level>-<row>`, rows counted from 0 in the file.
        level: 1 (the tools are given) or 2 (they have to be searched for).
        prompt: The whole prompt, dialogue included.
        label: The right reply, as text.
        call: The call in it.
    """

    id: str
    level: int
    prompt: str
    label: str
    call: FunctionCall


@dataclass(frozen=True)
class ApiBankData(Cases[ApiBankCase]):
    """The cases, in the order of the files, level by level, and which data they are.

    Attributes:
        folder: The folder that has them in `hammer/`, and the turns apart in `original/`.
    """

    folder: Path


def load_api_bank(
    *,
    levels: Sequence[int] = LEVELS,
    data: str | Path | None = None,
    on_missing: OnMissing = "embedded",
) -> ApiBankData:
    """Loads the cases.

    Args:
        levels: Which levels, out of 1 and 2.
        data: A folder with `hammer/apibank_l<level>.json`; the place where the source is
            found when not given.
        on_missing: What to do when the data is nowhere: `download` it, take the
            `embedded` rows, or raise an `error`.

    Raises:
        CoalmError: The data is missing or malformed.
    """
    if data is not None:
        folder, origin = Path(data), str(data)
        if not folder.is_dir():
            raise DataNotFoundError(
                "expected a folder with hammer/apibank_l1.json. Check the path.",
                path=folder,
            )
    else:
        found = locate("api_bank", on_missing=on_missing)
        folder, origin = found.folder, f"{found.folder} ({found.origin})"
    cases = tuple(
        case for level in sorted(set(levels)) for case in _cases(folder, level)
    )
    return ApiBankData(cases, origin, _digest(cases), folder)


def _cases(folder: Path, level: int) -> list[ApiBankCase]:
    path = level_file(folder, "hammer", level)
    return [_case(path, level, number, row) for number, row in read_rows(path)]


def level_file(folder: Path, style: str, level: int) -> Path:
    """Returns the file of a level: `style` is `hammer` or `original`."""
    return folder / style / f"apibank_l{level}.json"


def _case(path: Path, level: int, number: int, row: dict[str, Any]) -> ApiBankCase:
    for name in ("instruction", "output"):
        if not isinstance(row.get(name), str):
            raise DataFormatError(
                f"expected text, found {shorten(repr(row.get(name)), 40)}. Fetch the file "
                "again.",
                path=path,
                row=number,
                field=name,
            )
    if row.get("input"):
        raise DataFormatError(
            "expected it to be empty, as in the published file: the prompt stands in "
            "'instruction'.",
            path=path,
            row=number,
            field="input",
        )
    try:
        (call,) = parse_json_list(row["output"])
    except ValueError as error:
        raise DataFormatError(
            f"expected a JSON list with one call, found "
            f"'{shorten(row['output'], 60)}' ({error}). Fetch the file again.",
            path=path,
            row=number,
            field="output",
        ) from error
    return ApiBankCase(
        f"l{level}-{number}", level, row["instruction"], row["output"], call
    )


def _digest(cases: Sequence[ApiBankCase]) -> str:
    hasher = hashlib.sha256()
    for case in cases:
        hasher.update(repr((case.id, case.prompt, case.label)).encode())
    return hasher.hexdigest()
