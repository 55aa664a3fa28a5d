"""Which stored results belong to one run, and so stand in one column.

`out/8b/snips_dst` and `out/8b/api_bank` are one run; two folders with `snips_dst` of one
model are two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from coalm_oumi.evaluation.report.stored import StoredResult


@dataclass(frozen=True)
class Run:
    """The results of one model.

    Attributes:
        name: The model's name, told apart from that of other runs.
        results: Its results, of any benchmarks.
        is_base: Whether it is the model that another run's adapter was trained on.
    """

    name: str
    results: tuple[StoredResult, ...]
    is_base: bool = False


def runs_of(results: Sequence[StoredResult]) -> list[Run]:
    """Returns the runs that results are of, base models behind the others."""
    by_model: dict[str, list[StoredResult]] = {}
    for result in results:
        by_model.setdefault(result.model_name, []).append(result)
    runs: list[Run] = []
    for name, own in by_model.items():
        groups = _groups(own)
        names = [name] if len(groups) == 1 else _told_apart(name, list(groups))
        runs += [
            Run(each, tuple(group), _is_base(group, results))
            for each, group in zip(names, groups.values(), strict=True)
        ]
    return sorted(runs, key=lambda run: run.is_base)


def _groups(results: Sequence[StoredResult]) -> dict[Path, list[StoredResult]]:
    """Returns a model's results by run: the largest sets in which none stands twice.

    Scored predictions tell no model: of them only those of one `oumi evaluate` are sure
    to be of one.
    """
    known = all(result.provenance.get("model") for result in results)
    if known and not _stands_twice(results):
        return {results[0].folder.resolve(): list(results)}
    if known or all(r.folder.name.startswith(r.task) for r in results):
        groups = _by_folder(results, lambda result: result.folder.resolve().parent)
        if not any(map(_stands_twice, groups.values())):
            return groups
    return _by_folder(results, lambda result: result.folder.resolve())


def _by_folder(
    results: Sequence[StoredResult], folder_of: Callable[[StoredResult], Path]
) -> dict[Path, list[StoredResult]]:
    groups: dict[Path, list[StoredResult]] = {}
    for result in results:
        groups.setdefault(folder_of(result), []).append(result)
    return groups


def _stands_twice(results: Sequence[StoredResult]) -> bool:
    return len({(r.task, r.protocol) for r in results}) < len(results)


def _told_apart(name: str, folders: Sequence[Path]) -> list[str]:
    """Returns a name for each folder, with as much of its end as tells it apart."""
    ends = range(1, max(len(folder.parts) for folder in folders) + 1)
    for length in ends:
        found = ["/".join(folder.parts[-length:]) for folder in folders]
        if len(set(found)) == len(found):
            return [f"{name} ({each})" for each in found]
    return [f"{name} ({folder})" for folder in folders]


def _is_base(own: Sequence[StoredResult], results: Sequence[StoredResult]) -> bool:
    models = [result.provenance.get("model") for result in own]
    if any(result.provenance.get("adapter") for result in own):
        return False
    adapted = (
        r.provenance.get("model") for r in results if r.provenance.get("adapter")
    )
    return any(model is not None and model in models for model in adapted)
