"""Builds in processes of their own that are killed; a script, not a test.

    python killed_builds.py FOLDER

Builds once to the end, then ten times in a new folder: each is killed (SIGKILL) at a
random moment, looked at, resumed and finished. Prints a JSON object per build.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq

from coalm_oumi.mixture import BuildOptions, build

OPTIONS = BuildOptions(limit=60, on_missing="embedded")
KILLS = 10


def start(folder: Path, *, resume: bool) -> int:
    """Begins a build in a child process."""
    child = os.fork()
    if child:
        return child
    try:
        build(folder, OPTIONS, resume=resume)
    except BaseException as error:
        print(repr(error), file=sys.stderr)
        os._exit(1)
    os._exit(0)


def ended(child: int) -> int:
    """Waits for a child and returns its status."""
    return os.waitpid(child, 0)[1]


def digest(folder: Path) -> str:
    """The digest of all files of a build, names and bytes."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found.update(path.relative_to(folder).as_posix().encode() + b"\0")
            found.update(path.read_bytes())
    return found.hexdigest()


def half_files(folder: Path) -> list[str]:
    """The files under final names that cannot be read whole."""
    bad = []
    for path in folder.rglob("*"):
        if not path.is_file() or path.name.startswith(".unfinished-"):
            continue
        try:
            if path.suffix == ".parquet":
                pq.read_table(path)
            elif path.suffix == ".json":
                json.loads(path.read_text("utf-8"))
            elif path.suffix == ".jsonl":
                for line in path.read_text("utf-8").splitlines():
                    json.loads(line)
        except Exception as error:
            bad.append(f"{path.name}: {error!r}")
    return bad


def main() -> None:
    """Builds, kills and resumes."""
    root = Path(sys.argv[1])
    build(root / "warm", OPTIONS)  # the libraries are loaded before the first fork
    begun = time.monotonic()
    first = ended(start(root / "whole", resume=False))
    whole = time.monotonic() - begun
    print(json.dumps({"status": first, "digest": digest(root / "whole")}))
    draws = random.Random(7)  # noqa: S311
    for number in range(KILLS):
        folder = root / f"killed-{number}"
        child = start(folder, resume=False)
        time.sleep(draws.uniform(0.02, whole))
        os.kill(child, signal.SIGKILL)
        ended(child)
        complete = (folder / "manifest.json").is_file()
        pieces = [p.name for p in folder.glob(".build/shards/*.json")]
        found = {"complete": complete, "pieces": len(pieces)}
        found["half"] = half_files(folder) if folder.is_dir() else []
        status = ended(start(folder, resume=True))
        print(json.dumps({**found, "status": status, "digest": digest(folder)}))


if __name__ == "__main__":
    main()
