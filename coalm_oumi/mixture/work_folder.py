"""The folder of a build that is not finished: its plan and its finished pieces.

`<output>/.build/` holds `plan.json` (options, versions, sources with their SHA-256),
`benchmarks.json`, `shards/` and `files/`. A build that goes on where another stopped has
to have the same plan. The folder is removed once the manifest is written.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from coalm_oumi.errors import CoalmError, OptionError
from coalm_oumi.mixture.benchmark_texts import BenchmarkTexts
from coalm_oumi.storage import remove_unfinished, write_json

WORK = ".build"
MANIFEST = "manifest.json"
_PLAN, _BENCHMARKS, _LOCK = "plan.json", "benchmarks.json", "lock"

Plan = dict[str, Any]


@contextmanager
def only_build(output: Path) -> Iterator[Path]:
    """Keeps other builds out of the folder, and gives the work folder.

    Raises:
        CoalmError: Another build is at work in the folder, or it cannot be written.
    """
    from filelock import FileLock, Timeout

    work = output / WORK
    try:
        work.mkdir(parents=True, exist_ok=True)
        with FileLock(work / _LOCK, timeout=0):
            try:
                yield work
            except KeyboardInterrupt:
                remove_unfinished(output)
                raise
    except Timeout as error:
        raise CoalmError(
            "another build is at work in this folder. Wait for it or choose another.",
            path=output,
        ) from error
    except FileExistsError as error:
        raise OptionError("it is a file.", path=output, field="--output") from error


def is_begun(output: Path) -> bool:
    """Says whether a build was begun in a folder, so that it can be resumed."""
    return (output / WORK / _PLAN).is_file()


def check_folder(output: Path, *, resume: bool) -> None:
    """Refuses a folder in which a build would destroy something.

    Args:
        output: The build's folder; it need not exist.
        resume: Whether an unfinished build there is to be continued.

    Raises:
        OptionError: There is something else in it, or an unfinished build and `resume`
            is not set, or a finished one.
    """
    if output.exists() and not output.is_dir():
        raise OptionError("it is a file.", path=output, field="--output")
    if not output.is_dir() or (resume and is_begun(output)):
        return
    if (output / MANIFEST).is_file():
        if resume:
            return
        raise OptionError(
            "a finished build is there. Choose another folder, or remove it.",
            path=output,
            field="--output",
        )
    if is_begun(output):
        raise OptionError(
            "an unfinished build is there. Pass --resume to finish it, or remove it.",
            path=output,
            field="--output",
        )
    if any(path.name != WORK for path in output.iterdir()):
        raise OptionError(
            "there are other files in it. Choose a new or empty folder.",
            path=output,
            field="--output",
        )


def take_up(work: Path, plan: Plan) -> None:
    """Begins a build, or takes up the one that was begun.

    Args:
        work: The work folder.
        plan: What this build is.

    Raises:
        OptionError: The build that was begun is another one; the message says how.
    """
    file = work / _PLAN
    if file.is_file():
        compare(json.loads(file.read_text("utf-8")), plan, work.parent)
        remove_unfinished(work.parent)
        return
    write_json(file, plan)


def compare(begun: Plan, plan: Plan, output: Path) -> None:
    """Refuses a plan that is not the one that was begun.

    Raises:
        OptionError: They differ; the message says in what.
    """
    changed = sorted(_differences(begun, json.loads(json.dumps(plan))))
    if changed:
        raise OptionError(
            f"the build there was made with another {', '.join(changed)}. Run it with "
            "the same options and sources, or choose another folder.",
            path=output,
            field="--resume",
        )


def _differences(one: Any, other: Any, name: str = "") -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict) and name.count(".") < 2:
        for key in one.keys() | other.keys():
            below = f"{name}.{key}" if name else key
            yield from _differences(one.get(key), other.get(key), below)
    elif one != other:
        yield name


def write_benchmarks(work: Path, benchmarks: list[BenchmarkTexts]) -> None:
    """Keeps the benchmarks' texts for the processes that compare."""
    write_json(work / _BENCHMARKS, [asdict(benchmark) for benchmark in benchmarks])


def read_benchmarks(work: Path) -> list[BenchmarkTexts]:
    """Returns the benchmarks' texts that were kept."""
    found = json.loads((work / _BENCHMARKS).read_text("utf-8"))
    return [
        BenchmarkTexts(**{**entry, "texts": tuple(map(tuple, entry["texts"]))})
        for entry in found
    ]
