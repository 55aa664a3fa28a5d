"""A run killed at any moment is taken up where it was, and ends in the same results."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

from tests.conductor.scripted import echo

EXPECTED = {
    f"d{n}": [echo(f"d{n}", str(step)).text for step in range(n % 4 + 1)]
    for n in range(120)
}


def test_killed_and_resumed(repository: Path, tmp_path: Path) -> None:
    journal, out = tmp_path / "journal.jsonl", tmp_path / "out.json"
    command = [sys.executable, "-m", "tests.conductor.counting_run"]
    rng, kills, lines = random.Random(20), 0, 0  # noqa: S311
    env = os.environ | {"PYTHONPATH": str(repository)}
    while not out.exists():
        process = subprocess.Popen(
            [*command, str(journal), str(out)], cwd=repository, env=env
        )
        # Killed once it has come further than the run before it, at a random moment.
        while process.poll() is None and kills < 5:
            now = journal.read_bytes().count(b"\n") if journal.exists() else 0
            if now > lines:
                time.sleep(rng.random() * 0.05)
                process.kill()
                kills += 1
                lines = journal.read_bytes().count(b"\n")
                break
            time.sleep(0.002)
        process.wait()

    predictions, resumed = json.loads(out.read_text())
    assert predictions == EXPECTED
    assert list(predictions) == list(EXPECTED)
    assert kills == 5
    assert resumed > 0
