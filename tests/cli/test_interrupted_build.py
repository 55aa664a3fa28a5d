"""`coalm build` at Ctrl-C and SIGTERM: one line, nothing half, and it can be resumed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import Command

CLI = "from coalm_oumi.cli import main; main()"
HANGING = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
from coalm_oumi.cli.interruption import interruptible
try:
    with interruptible():
        try:
            print("begun", flush=True)
            time.sleep(300)
        except KeyboardInterrupt:
            print("cleaning up", flush=True)
            time.sleep(300)
finally:
    print("never", flush=True)
"""


@contextmanager
def begun(*command: object) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, *map(str, command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read_until(process: subprocess.Popen[str], start: str) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(start):
            return
    raise AssertionError(f"it ended before '{start}'")


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("at", ["finding the sources: 0", "making samples: 0 of"])
def test_it_ends_in_one_line_and_leaves_nothing_half(
    coalm: Command, tmp_path: Path, at: str, number: signal.Signals, workers: int
) -> None:
    folder = tmp_path / "built"
    options = ["build", "--output", folder, "--on-missing", "embedded"]
    options += ["--workers", workers, "--no-overlaps"]
    with begun("-c", CLI, *options) as process:
        read_until(process, at)
        # A terminal sends it to all processes, a scheduler mostly to the first.
        if number is signal.SIGINT:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        out, err = process.communicate(timeout=120)
    lines = [line for line in err.splitlines() if " of " not in line]
    assert (process.returncode, out, len(lines)) == (130, "", 1), err
    assert lines[0].startswith("Error: interrupted. "), err
    assert not (folder / "manifest.json").exists()
    assert not list(folder.rglob(".unfinished-*"))
    assert ("--resume" in lines[0]) == folder.exists()

    if at.startswith("making") and workers == 1:
        ended = coalm(*options, "--resume", "--only", "snips")
        assert "made with another options" in ended.text
        ended = coalm(*options, "--resume")
        assert ended.code == 0, ended.text
        assert (folder / "manifest.json").is_file()


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_a_second_one_ends_it_at_once(
    first: signal.Signals, second: signal.Signals
) -> None:
    with begun("-c", HANGING) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.send_signal(first)
        assert process.stdout.readline() == "cleaning up\n"
        process.send_signal(second)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "")
