"""Generation configs for a scripted server, on the embedded corpus."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import oumi.builders  # noqa: F401 - first, for Oumi's circular imports
import pytest

from coalm_oumi.cra.generate.config import GenerationConfig, read_config
from tests.generation.scripted_server import Script, scripted_server

CONFIG: dict[str, Any] = {
    "model": {"model_name": "gpt-scripted"},
    "engine": "REMOTE",
    "generation": {"max_new_tokens": 4096, "temperature": 0.0},
    "remote_params": {
        "num_workers": 8,
        "max_retries": 4,
        "retry_backoff_base": 0.01,
        "retry_backoff_max": 0.05,
        "connection_timeout": 20.0,
        "use_adaptive_concurrency": False,
    },
    "cra": {"mode": "paper", "on_missing": "embedded", "limit": 6, "reject": []},
}

Write = Callable[..., Path]
Read = Callable[..., GenerationConfig]


@pytest.fixture
def server() -> Iterator[Script]:
    """A server that writes good replies until told otherwise."""
    with scripted_server() as script:
        yield script


@pytest.fixture
def config_file(server: Script, tmp_path: Path) -> Write:
    """Writes a config for the server; see `write_config`."""
    return lambda name="run", **fields: write_config(
        tmp_path, server.url, name, **fields
    )


def write_config(folder: Path, url: str, name: str, **fields: Any) -> Path:
    """Writes a config for a server; `cra__limit=3` changes a field, None removes it."""
    config = copy.deepcopy(CONFIG)
    config["remote_params"]["api_url"] = url
    config["cra"]["output_dir"] = str(folder / name)
    for field, value in fields.items():
        *blocks, last = field.split("__")
        holder = config
        for block in blocks:
            holder = holder.setdefault(block, {})
        holder[last] = value
        if value is None:
            del holder[last]
    path = folder / f"{name}.yaml"
    path.write_text(json.dumps(config))  # JSON is YAML
    return path


@pytest.fixture
def config(config_file: Write) -> Read:
    """Reads such a config."""
    return lambda *args, **fields: read_config(str(config_file(*args, **fields)))


def contents(folder: Path) -> dict[str, bytes]:
    """Returns the files of a run that depend on its replies alone."""
    apart = ("run.json", "journal.jsonl", "replies.jsonl")
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in apart and not path.name.endswith(".lock")
    }


def lines(path: Path) -> list[dict[str, Any]]:
    """Returns a file of JSON lines."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
