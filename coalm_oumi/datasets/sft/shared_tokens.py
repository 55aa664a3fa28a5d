"""Tokens made once on a machine, and mapped into memory by all processes that train there.

Each of torchrun's processes builds the whole data set before any of them is connected with
the others (Oumi's `local_leader_first` does not wait then). So a lock of the file system
decides which of them makes the tokens; the others wait for it and map its file, as does a
run that is started again. Pages of a mapped file are in memory once for all processes.

The files lie beside those of the `datasets` library (HF_DATASETS_CACHE), named by all that
the tokens follow from. A file appears whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
from datasets.config import HF_DATASETS_CACHE
from datasets.fingerprint import Hasher
from filelock import FileLock, Timeout

import coalm_oumi
from coalm_oumi.errors import CoalmError

WAIT_MINUTES = 60.0
"""How long a process waits for another one's tokens; the whole mixture takes minutes."""

_PACKAGE = Path(coalm_oumi.__file__).resolve().parent


def several_processes_here(variables: Mapping[str, str] = os.environ) -> bool:
    """Says whether torchrun has started several processes on this machine."""
    return int(variables.get("LOCAL_WORLD_SIZE") or 1) > 1


def tokens_key(
    options: Mapping[str, Any], tokenizer: Any, inputs: Iterable[Path]
) -> str:
    """Returns a name for the tokens that follow from all this, and from this version.

    Args:
        options: The data set's class and options.
        tokenizer: A tokenizer of transformers.
        inputs: The files and folders that are read; told apart by size and time.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    parts = [
        json.dumps(options, sort_keys=True, default=str),
        backend.to_str() if backend is not None else Hasher.hash(tokenizer),
        str(tokenizer.chat_template),
        f"{tokenizer.model_max_length} {tokenizer.special_tokens_map}",
        *(line for path in inputs for line in _identity(path)),
        _version(),
    ]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{len(part)}:{part}".encode())
    return digest.hexdigest()[:32]


def shared_tokens(
    key: str,
    make: Callable[[], Iterable[pa.RecordBatch]],
    schema: pa.Schema,
    told: Callable[[], list[str]] = list,
    *,
    folder: Path | None = None,
    wait_minutes: float = WAIT_MINUTES,
) -> tuple[datasets.Dataset, list[str]]:
    """Returns tokens from the file that one process writes and all map.

    Args:
        key: What `tokens_key` returns.
        make: Makes the tokens, if no process has yet.
        schema: Their columns.
        told: Says, once they are made, what became of the rows: in lines that are kept.
        folder: Where the files lie; beside those of `datasets` if not given.
        wait_minutes: How long to wait for another process.

    Returns:
        The tokens, and what became of the rows when they were made.

    Raises:
        CoalmError: The process that made them failed, or did not end; the file cannot be
            written.
    """
    folder = folder or Path(HF_DATASETS_CACHE) / "coalm_tokens"
    path, failure = folder / f"{key}.arrow", folder / f"{key}.failed"
    began = time.time()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f"{key}.lock", timeout=60 * wait_minutes):
            if not path.exists():
                _raise_failure_since(began, failure)
                _write(path, failure, make, schema, told)
            lines = path.with_suffix(".txt").read_text("utf-8").splitlines()
    except Timeout as error:
        raise CoalmError(
            f"another process of this machine has been making the tokens for "
            f"{wait_minutes:g} minutes. See its log; end it and start again.",
            path=path,
        ) from error
    except OSError as error:
        raise CoalmError(
            f"the tokens cannot be kept: {error}. Make room, or set HF_DATASETS_CACHE to "
            "a folder on a local disk.",
            path=path,
        ) from error
    return datasets.Dataset.from_file(str(path)), [*lines, f"tokens in {path}"]


def _write(
    path: Path,
    failure: Path,
    make: Callable[[], Iterable[pa.RecordBatch]],
    schema: pa.Schema,
    told: Callable[[], list[str]],
) -> None:
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            with pa.ipc.new_stream(file, schema) as writer:
                for batch in make():
                    writer.write_batch(batch)
            file.flush()
            os.fsync(file.fileno())
        path.with_suffix(".txt").write_text("\n".join(told()), encoding="utf-8")
        part.replace(path)  # last: what has this name is whole
    except BaseException as error:
        failure.write_text(str(error) or type(error).__name__, encoding="utf-8")
        raise
    finally:
        part.unlink(missing_ok=True)


def _raise_failure_since(began: float, failure: Path) -> None:
    """Raises an error if another process failed while this one waited for it."""
    if failure.exists() and failure.stat().st_mtime >= began:
        told = failure.read_text(encoding="utf-8")
        raise CoalmError(f"the process that made the tokens for all failed: {told}")


def _identity(path: Path) -> Iterator[str]:
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    for file in files:
        if file.is_file():  # Who reads says of a missing one that it is.
            state = file.stat()
            yield f"{file} {state.st_size} {state.st_mtime_ns}"


@cache
def _version() -> str:
    """Returns a digest of this package's own files, which also an edit changes."""
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*")):
        if path.suffix in (".py", ".txt", ".jinja", ".json") and path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()
