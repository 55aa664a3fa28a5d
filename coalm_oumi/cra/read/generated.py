"""CRA samples that a language model's dialogues gave, read back from where they were left.

In: the folder of `coalm generate-cra`, that of `coalm validate-cra`, or a file of their
rows. Out: the samples, their source `generated`, their prompt naming the model's prompt.
`run.json`, where it is, says which model wrote them, and of what.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from coalm_oumi.errors import DataFormatError
from coalm_oumi.prompts.recognise import recognise
from coalm_oumi.sample import Origin, Sample
from coalm_oumi.sources.coalm_it import read_coalm_it
from coalm_oumi.sources.ledger import Ledger
from coalm_oumi.sources.rows import read_json

GENERATED = "generated"
"""The source of samples that a language model wrote."""
RUN_RECORD = "run.json"
"""The run record of `coalm generate-cra`."""
NO_CRA = "no row of CRA"


def generated_samples(path: Path, ledger: Ledger) -> Iterator[Sample]:
    """Yields the samples, in the order of their rows.

    Args:
        path: The folder or the file.
        ledger: Counts the rows, and names those that are left out.

    Raises:
        CoalmError: There is no such file, or it has no rows of CRA.
    """
    for row in read_coalm_it(path, ledger=ledger):
        part = recognise(row.instruction).part
        if part != "cra":
            ledger.rejected(row.record_id, NO_CRA, f"its prompt is one of {part}")
            continue
        known = row.origin
        origin = Origin(
            GENERATED,
            str(known.get("record_id") or row.record_id),
            str(known.get("prompt") or ""),
            str(known.get("transformation") or ""),
            known.get("seed"),
        )
        yield Sample(row.instruction, row.input, row.output, origin)


def run_record(path: Path) -> Mapping[str, Any]:
    """Returns the run record beside generated rows or dialogues; empty without one.

    Args:
        path: The folder, or a file in it or in a folder of it (`data`, `jsonl`).

    Raises:
        DataFormatError: It is damaged.
    """
    folders = [path] if path.is_dir() else [path.parent]
    folders += [folder.parent for folder in folders if folder.name in ("data", "jsonl")]
    for folder in folders:
        file = folder / RUN_RECORD
        if file.is_file():
            record = read_json(file)
            if not isinstance(record, dict):
                raise DataFormatError("expected a run record.", path=file)
            return record
    return {}
