"""A run killed at any moment ends in the same files, and pays for nothing twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.cra.generate.config import read_config
from coalm_oumi.cra.generate.run import generate
from tests.generation.conftest import contents, write_config
from tests.generation.scripted_server import Script, faulty, rubbish_for_some

AT_ONCE = 8


def killed_runs(
    repository: Path, config: Path, kills: int, dialogues: int
) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.generation.killed_runs"]
    ended = subprocess.run(
        [*command, str(config), str(kills), str(dialogues)],
        cwd=repository,
        env=os.environ | {"PYTHONPATH": str(repository)},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return json.loads(ended.stdout.splitlines()[-1])


def compare(
    script: Script,
    folder: Path,
    repository: Path,
    *,
    dialogues: int,
    kills: int,
    **more: Any,
) -> dict[str, Any]:
    """Runs a config undisturbed and killed, and compares; returns the counts."""
    script.faults, script.reply = faulty, rubbish_for_some
    script.latency, script.hang = 0.02, 6.5
    fields = {
        "cra__limit": dialogues,
        "remote_params__connection_timeout": 5.0,
        **more,
    }
    config = write_config(folder, script.url, "undisturbed", **fields)
    counts = generate(read_config(str(config))).record["counts"]
    assert (counts["asked"], counts["failed"]) == (dialogues, 0)
    assert counts["dialogues"] + counts["rejected"] == dialogues
    assert counts["rejected"] > 0
    undisturbed = sum(script.paid.values()), sum(script.unusable.values())
    assert undisturbed[0] >= dialogues
    assert undisturbed[1] > 0

    for counter in (script.put, script.paid, script.unusable):
        counter.clear()
    killed = write_config(folder, script.url, "killed", **fields)
    told = killed_runs(repository, killed, kills, dialogues)
    paid = sum(script.paid.values()), sum(script.unusable.values())

    assert told["status"] == 0
    assert sum(0 < n < dialogues for n in told["came"]) >= kills // 2
    files = contents(folder / "undisturbed")
    found = contents(folder / "killed")
    assert [
        name for name in {**files, **found} if found.get(name) != files.get(name)
    ] == []
    # What a loaded machine was too slow to read in time was paid for in vain as well.
    assert dialogues <= paid[0]
    assert sum(paid) <= sum(undisturbed) + kills * AT_ONCE
    return {"undisturbed": undisturbed, "killed": paid, **told}


@pytest.mark.slow
def test_killed_and_resumed(server: Script, tmp_path: Path, repository: Path) -> None:
    compare(server, tmp_path, repository, dialogues=40, kills=3)
