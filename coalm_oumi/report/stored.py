"""Stored results, read back and checked.

In: `output/evaluation/api_bank/results.json`, as `benchmarks.results.write_results`
writes it. Out: a `StoredResult` with `task="api_bank"` and its metrics by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coalm_oumi.benchmarks.intervals import Interval
from coalm_oumi.benchmarks.results import (
    RESULTS_FILE,
    SCHEMA_VERSION,
    Metric,
    Metrics,
)
from coalm_oumi.errors import DataFormatError, DataNotFoundError, shorten
from coalm_oumi.sources.rows import read_json


@dataclass(frozen=True)
class StoredResult:
    """One benchmark's result.

    Attributes:
        folder: Where it is stored.
        label: A short name, unique within the report.
        task: The benchmark.
        metrics: Score by name, over all cases.
        groups: The same by the name of a group of cases.
        provenance: How the number was made.
        cases: One object per case.
        notes: What the reader has to know, as sentences.
    """

    folder: Path
    label: str
    task: str
    metrics: Metrics
    groups: Mapping[str, Metrics]
    provenance: Mapping[str, Any]
    cases: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...]

    @property
    def n(self) -> int:
        """How many cases were scored."""
        most = max((metric.n for metric in self.metrics.values()), default=0)
        return len(self.cases) or most

    @property
    def protocol(self) -> str | None:
        """How the benchmark was run, where there are several ways; None if not told."""
        told = self.provenance.get("protocol")
        return told if isinstance(told, str) else None


def read_results(folders: Sequence[Path]) -> list[StoredResult]:
    """Reads results.

    Args:
        folders: Each the folder of one result, or one with such folders in it (the
            `output_dir` of an `oumi evaluate`).

    Returns:
        Them, each with a label: the model's name, told apart by the folder's if need be.

    Raises:
        DataNotFoundError: A folder holds no result.
        DataFormatError: A file is damaged or of another version.
    """
    found = [_read(path) for folder in folders for path in _result_folders(folder)]
    names = [(result.task, _model_name(result)) for result in found]
    labelled = []
    for result, name in zip(found, names, strict=True):
        label = name[1]
        if names.count(name) > 1:
            label = f"{label} ({_told_apart(result, found)})"
        labelled.append(StoredResult(**{**vars(result), "label": label}))
    return labelled


def _result_folders(folder: Path) -> list[Path]:
    if folder.name == RESULTS_FILE:
        folder = folder.parent
    if (folder / RESULTS_FILE).is_file():
        return [folder]
    below = sorted(path.parent for path in folder.glob(f"*/{RESULTS_FILE}"))
    if not below:
        raise DataNotFoundError(
            f"there is no {RESULTS_FILE} in it, nor in a folder in it. Pass the "
            "output_dir of an `oumi evaluate` that has ended, or a task's folder in it.",
            path=folder,
        )
    return below


def _model_name(result: StoredResult) -> str:
    model = result.provenance.get("model") or result.provenance.get("predictions")
    adapter = result.provenance.get("adapter")
    name = Path(str(model)).stem if model else result.folder.name
    return f"{name} + {Path(str(adapter)).name}" if adapter else name


def _told_apart(result: StoredResult, others: Sequence[StoredResult]) -> str:
    """Returns what only this result has: its protocol, or the end of its folder's path.

    The protocol will do if it differs from that of all others of the task and model.
    """
    name = result.task, _model_name(result)
    alike = [each for each in others if (each.task, _model_name(each)) == name]
    protocols = [each.protocol for each in alike]
    if result.protocol and len(set(protocols)) == len(protocols):
        return result.protocol
    mine = result.folder.resolve().parts
    paths = [other.folder.resolve().parts for other in others if other is not result]
    for length in range(1, len(mine) + 1):
        end = mine[-length:]
        if all(path[-length:] != end for path in paths):
            return "/".join(end)
    return "/".join(mine)


def _read(folder: Path) -> StoredResult:
    path = folder / RESULTS_FILE
    found = read_json(path)
    if not isinstance(found, dict) or found.get("schema_version") != SCHEMA_VERSION:
        version = found.get("schema_version") if isinstance(found, dict) else None
        raise DataFormatError(
            f"expected results of schema version {SCHEMA_VERSION}, found {version!r}. "
            "Score the predictions again with `coalm score`.",
            path=path,
        )
    groups = _typed(found, "groups", dict, path, {})
    return StoredResult(
        folder=folder,
        label="",
        task=str(_typed(found, "task", str, path)),
        metrics=_metrics(_typed(found, "metrics", dict, path), path, "metrics"),
        groups={str(k): _metrics(v, path, f"groups.{k}") for k, v in groups.items()},
        provenance=_typed(found, "provenance", dict, path, {}),
        cases=tuple(
            case for case in _typed(found, "cases", list, path, []) if _is_case(case)
        ),
        notes=tuple(str(note) for note in _typed(found, "notes", list, path, [])),
    )


def _is_case(case: Any) -> bool:
    return isinstance(case, dict) and isinstance(case.get("id"), str)


def _typed(
    found: Mapping[str, Any], name: str, kind: type, path: Path, default: Any = None
) -> Any:
    value = found.get(name, default)
    if not isinstance(value, kind):
        raise DataFormatError(
            f"expected {kind.__name__}, found {shorten(repr(value), 40)}. Score the "
            "predictions again with `coalm score`.",
            path=path,
            field=name,
        )
    return value


def _metrics(found: Any, path: Path, field: str) -> Metrics:
    try:
        return {
            str(name): Metric(
                float(one["value"]),
                int(one["n"]),
                Interval(*(float(end) for end in one["interval"])),
            )
            for name, one in found.items()
        }
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DataFormatError(
            "expected metrics with value, n and interval. Score the predictions again "
            "with `coalm score`.",
            path=path,
            field=field,
        ) from error
