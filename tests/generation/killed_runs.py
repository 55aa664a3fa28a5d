"""Runs of a generation config, each killed at a random moment, and one to the end.

`killed_runs.py CONFIG KILLS WORKING`: imports once, and forks a process for each run.
WORKING is the number of dialogues. Prints what each killed run had come to, as JSON.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from coalm_oumi.cra.generate.config import read_config
from coalm_oumi.cra.generate.run import generate


def main(config_path: str, kills: int, dialogues: int) -> None:
    """Kills as many runs, then runs to the end."""
    config = read_config(config_path)
    replies = config.options.output_dir / "replies.jsonl"
    rng, came = random.Random(kills), []  # noqa: S311
    for kill in range(kills):
        # Each run gets a little further, to a point in the middle of a wave.
        goal = (kill + rng.random()) * dialogues / kills
        child = _forked(config_path)
        while _lines(replies) < goal and not _ended(child):
            time.sleep(0.002)
        time.sleep(rng.random() * 0.05)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        came.append(_lines(replies))
        if kill % 2:
            with replies.open("ab") as file:
                file.write(b'{"key": "torn')
    _, status = os.waitpid(_forked(config_path), 0)
    print(json.dumps({"came": came, "status": status}), flush=True)


def _forked(config_path: str) -> int:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setsid()
            generate(read_config(config_path))
            status = 0
        finally:
            os._exit(status)
    return child


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def _ended(child: int) -> bool:
    # Left to be waited for: the kill of a run that has ended does nothing.
    found = os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    return found is not None


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
