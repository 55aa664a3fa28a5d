"""A run killed at any moment ends in the same files, and pays for nothing twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from coalm_oumi.generation.run import generate
from tests.generation.conftest import Read, Write, contents
from tests.generation.scripted_server import Script, faulty, rubbish_for_some

DIALOGUES, KILLS, AT_ONCE = 60, 4, 8


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


def check_killed(
    script: Script,
    config: Read,
    config_file: Callable[..., Path],
    repository: Path,
    *,
    dialogues: int,
    kills: int,
) -> dict[str, Any]:
    """Runs the same config undisturbed and killed, and compares; returns the counts."""
    script.faults, script.reply = faulty, rubbish_for_some
    script.latency, script.hang = 0.02, 3.0
    fields = {"cra__limit": dialogues, "remote_params__connection_timeout": 2.0}
    undisturbed = generate(config("undisturbed", **fields))
    counts = undisturbed.record["counts"]
    assert (counts["asked"], counts["failed"]) == (dialogues, 0)
    assert counts["dialogues"] + counts["rejected"] == dialogues
    assert counts["rejected"] > 0
    assert sum(script.unusable.values()) > 0
    unusable = sum(script.unusable.values())
    paid = sum(script.paid.values())

    for counter in (script.put, script.paid, script.unusable):
        counter.clear()
    killed = config_file("killed", **fields)
    told = killed_runs(repository, killed, kills, dialogues)

    assert told["status"] == 0
    assert sum(0 < n < dialogues for n in told["came"]) >= kills // 2
    assert contents(killed.parent / "killed") == contents(
        killed.parent / "undisturbed"
    )
    under_way = kills * AT_ONCE
    again = sum(script.paid.values()) - dialogues
    again_unusable = sum(script.unusable.values()) - unusable
    assert 0 <= again + again_unusable <= under_way + (paid - dialogues)
    return {"paid": dialogues + again, "undisturbed": paid, **told}


def test_killed_and_resumed(
    server: Script, config: Read, config_file: Write, repository: Path
) -> None:
    check_killed(
        server, config, config_file, repository, dialogues=DIALOGUES, kills=KILLS
    )
