"""Small builds of the embedded corpus, made once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.mixture import BuildOptions, Built, build

LIMIT = 40


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Built]]:
    """A build of 40 rows of each source, and what it said."""
    folder = tmp_path_factory.mktemp("small") / "built"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COALM_CACHE_DIR", str(folder.parent / "cache"))
        patch.delenv("COALM_DATA_DIR", raising=False)
        options = BuildOptions(limit=LIMIT, on_missing="embedded")
        yield folder, build(folder, options)


def rows(folder: Path) -> list[dict[str, Any]]:
    """The rows of a build, from its JSON lines."""
    return [
        json.loads(line)
        for file in sorted((folder / "jsonl").iterdir())
        for line in file.read_text("utf-8").splitlines()
    ]


def contents(folder: Path) -> dict[str, bytes]:
    """The bytes of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
