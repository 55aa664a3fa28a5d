"""Stored results, read back and checked.

In: `output/evaluation/api_bank/results.json`, as `evaluation.results.write_results`
writes it. Out: a `StoredResult` with `task="api_bank"` and its metrics by name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import NoneType
from typing import Any, TypeGuard

from coalm_oumi.errors import DataFormatError, DataNotFoundError, shorten
from coalm_oumi.evaluation.benchmark import Benchmark
from coalm_oumi.evaluation.intervals import Interval
from coalm_oumi.evaluation.metric_names import readable
from coalm_oumi.evaluation.results import (
    RESULTS_FILE,
    SCHEMA_VERSION,
    Floor,
    Metric,
    Metrics,
)
from coalm_oumi.sources.rows import read_bytes, read_json

# No score is larger; what is, cannot be drawn or summed either.
_LARGEST = 1e12


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
        floors: By metric, what a constant reply reaches; empty in older results.
        benchmark: The benchmark's object; None if it is not known here.
    """

    folder: Path
    label: str
    task: str
    metrics: Metrics
    groups: Mapping[str, Metrics]
    provenance: Mapping[str, Any]
    cases: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...]
    benchmark: Benchmark[Any, Any] | None = None
    floors: Mapping[str, Floor] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """How many cases were scored."""
        told = self.provenance.get("n")
        if not self.cases and isinstance(told, int):
            return told
        most = max((metric.n for metric in self.metrics.values()), default=0)
        return len(self.cases) or most

    @property
    def main_metric(self) -> str | None:
        """The one metric that stands for the result; the first, if nothing says which."""
        if self.benchmark is None:
            return next(iter(self.metrics), None)
        return self.benchmark.main_metric(self.metrics)

    def metric_name(self, metric: str) -> str:
        """Returns a metric's name in words."""
        own = self.benchmark
        return readable(metric) if own is None else own.metric_name(metric)

    @property
    def model_name(self) -> str:
        """The model's name, with its adapter's if it has one."""
        told = self.provenance
        adapter, predictions = told.get("adapter"), told.get("predictions")
        name = Path(str(predictions)).stem if predictions else self.folder.name
        if told.get("model"):
            # Not its stem: the end of `Llama-3.1-8B-Instruct` is no suffix.
            name = Path(str(told["model"])).name
        return f"{name} + {Path(str(adapter)).name}" if adapter else name

    @property
    def protocol(self) -> str | None:
        """How the benchmark was run, where there are several ways; None if not told."""
        told = self.provenance.get("protocol")
        return told if isinstance(told, str) else None


def read_results(
    folders: Sequence[Path],
    find_benchmark: Callable[[str], Benchmark[Any, Any] | None],
) -> list[StoredResult]:
    """Reads results.

    Args:
        folders: Each the folder of one result, or one with such folders in it (the
            `output_dir` of an `oumi evaluate`). Of several, those without any result
            are passed over (`without_results`); a result that is named twice counts
            once.
        find_benchmark: Returns a benchmark by its name; None for one that is not known.

    Returns:
        Them, each with a label: the model's name, told apart by the folder's if need be.

    Raises:
        DataNotFoundError: None of the folders holds a result.
        DataFormatError: A file is damaged or of another version.
    """
    below = {path.resolve(): path for each in folders for path in _result_folders(each)}
    if not below:
        raise _nothing_found(folders)
    found = [_read(path) for path in below.values()]
    names = [(result.task, result.model_name) for result in found]
    labelled = []
    for result, name in zip(found, names, strict=True):
        label = name[1]
        if names.count(name) > 1:
            label = f"{label} ({_told_apart(result, found)})"
        benchmark = find_benchmark(result.task)
        labelled.append(replace(result, label=label, benchmark=benchmark))
    return labelled


def without_results(paths: Sequence[Path]) -> list[Path]:
    """Returns those of several paths that hold no result, such as Oumi's own folders."""
    return [path for path in paths if not _result_folders(path)]


def _result_folders(folder: Path) -> list[Path]:
    """Returns the folder, or those in it, that hold a result of this package."""
    if folder.name == RESULTS_FILE:
        folder = folder.parent
    if (folder / RESULTS_FILE).is_file():
        return [folder] if _is_ours(folder / RESULTS_FILE) else []
    return sorted(
        path.parent for path in folder.glob(f"*/{RESULTS_FILE}") if _is_ours(path)
    )


def _is_ours(path: Path) -> bool:
    """Says whether a file is a result of this package, be it damaged or not.

    Other programs name files so as well; theirs have no schema version.
    """
    found = read_bytes(path)
    return b'"schema_version"' in found or not _is_json_object(found)


def _is_json_object(data: bytes) -> bool:
    try:
        return isinstance(json.loads(data), dict)
    except (ValueError, RecursionError):
        return False


def _nothing_found(folders: Sequence[Path]) -> DataNotFoundError:
    names = ", ".join(map(str, folders[:3])) + (", ..." if len(folders) > 3 else "")
    where = "in it, nor in a folder in it" if len(folders) == 1 else "in any of them"
    return DataNotFoundError(
        f"there is no {RESULTS_FILE} {where}, of those that this package writes. Pass "
        "the output_dir of an `oumi evaluate` that has ended, or a task's folder in it.",
        path=names,
    )


def _told_apart(result: StoredResult, others: Sequence[StoredResult]) -> str:
    """Returns what only this result has: its protocol, or the end of its folder's path.

    The protocol will do if it differs from that of all others of the task and model.
    """
    name = result.task, result.model_name
    alike = [each for each in others if (each.task, each.model_name) == name]
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
    metrics = _metrics(_typed(found, "metrics", dict, path), path, "metrics")
    if not any(metric.n for metric in metrics.values()):
        raise _damaged("no case was scored", path, "metrics")
    return StoredResult(
        folder=folder,
        label="",
        task=str(_typed(found, "task", str, path)),
        metrics=metrics,
        groups={str(k): _metrics(v, path, f"groups.{k}") for k, v in groups.items()},
        provenance=_typed(found, "provenance", dict, path, {}),
        cases=_cases(_typed(found, "cases", list, path, []), path),
        notes=tuple(str(note) for note in _typed(found, "notes", list, path, [])),
        floors=_floors(_typed(found, "floors", dict, path, {}), path),
    )


def _cases(found: Sequence[Any], path: Path) -> tuple[Mapping[str, Any], ...]:
    """Returns the cases, checked as far as they are compared with other results'."""
    seen: set[str] = set()
    for number, case in enumerate(found):
        field = f"cases[{number}]"
        if not isinstance(case, dict) or not isinstance(case.get("id"), str):
            raise _damaged("expected a case with an id", path, field)
        if case["id"] in seen:
            what = f"the case '{shorten(case['id'], 40)}' stands twice"
            raise _damaged(what, path, field)
        seen.add(case["id"])
        if not isinstance(case.get("right", False), (bool, NoneType)):
            raise _damaged("expected true or false", path, f"{field}.right")
        scores = case.get("scores", {})
        if not isinstance(scores, dict) or not all(map(_is_score, scores.values())):
            what = "expected a number, or a list of numbers, by name"
            raise _damaged(what, path, f"{field}.scores")
    return tuple(found)


def _is_score(value: Any) -> bool:
    values = value if isinstance(value, list) else [value]
    return all(
        each is None or (isinstance(each, (int, float)) and abs(each) < _LARGEST)
        for each in values
    )


def _typed(
    found: Mapping[str, Any], name: str, kind: type, path: Path, default: Any = None
) -> Any:
    value = found.get(name, default)
    if not isinstance(value, kind):
        what = f"expected {kind.__name__}, found {shorten(repr(value), 40)}"
        raise _damaged(what, path, name)
    return value


def _metrics(found: Any, path: Path, field: str) -> Metrics:
    if not isinstance(found, dict):
        raise _damaged("expected metrics by name", path, field)
    return {name: _metric(name, one, path, field) for name, one in found.items()}


def _metric(name: str, one: Any, path: Path, field: str) -> Metric:
    if not isinstance(one, dict):
        one = {}
    value, n, interval = (one.get(key) for key in ("value", "n", "interval"))
    if not (
        _is_number(value)
        and isinstance(n, int)
        and not isinstance(n, bool)
        and 0 <= n < _LARGEST
        and isinstance(interval, list)
        and len(interval) == 2
        and all(map(_is_number, interval))
    ):
        raise _damaged(
            "expected metrics with value, n (a whole number) and interval (two numbers), "
            f"found {shorten(repr(one), 80)} for '{shorten(name, 40)}'",
            path,
            field,
        )
    return Metric(float(value), n, Interval(*map(float, interval)))


def _floors(found: Mapping[str, Any], path: Path) -> dict[str, Floor]:
    floors: dict[str, Floor] = {}
    for name, one in found.items():
        value = one.get("value") if isinstance(one, dict) else None
        if not _is_number(value):
            what = "expected a value in per cent and a reply by metric"
            raise _damaged(what, path, f"floors.{shorten(name, 40)}")
        floors[name] = Floor(float(value), str(one.get("reply") or ""))
    return floors


def _is_number(value: Any) -> TypeGuard[int | float]:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and abs(value) < _LARGEST


def _damaged(what: str, path: Path, field: str) -> DataFormatError:
    return DataFormatError(
        f"{what}. Score the predictions again with `coalm score`.",
        path=path,
        field=field,
    )
