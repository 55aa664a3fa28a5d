"""A run of 120 dialogues, as a process to be killed: `counting_run.py JOURNAL OUT`."""

from __future__ import annotations

import json
import sys
import time
from functools import partial
from pathlib import Path

from coalm_oumi.evaluation.conductor.conduct import Pace, conduct
from coalm_oumi.evaluation.conductor.journal import open_journal
from tests.conductor.scripted import Scripted, counting, echo


class Slow(Scripted):
    """Takes 2 ms for each request."""

    def __call__(self, wave):
        """Plays the script for a wave, slowly."""
        time.sleep(0.002 * len(wave))
        return super().__call__(wave)


def main(journal_file: Path, out: Path) -> None:
    """Runs what is left to run, then writes the predictions."""
    start = {f"d{n}": partial(counting, n % 4 + 1) for n in range(120)}
    with open_journal(journal_file, {"task": "counting"}) as journal:
        outcome = conduct(start, Slow(echo), journal, pace=Pace(wave=8, first_wave=4))
    out.write_text(json.dumps([outcome.predictions, outcome.resumed]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
