"""Merges into one folder: one of them whole, the others with a message, nothing mixed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from coalm_oumi.errors import CoalmError
from coalm_oumi.training.merging.atomic_folder import written_atomically

WRITE = """
import sys, time
from pathlib import Path
from coalm_oumi.errors import CoalmError
from coalm_oumi.training.merging.atomic_folder import written_atomically
output, word, wait = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
try:
    with written_atomically(output) as folder:
        for number in range(5):
            (folder / f"{number}.txt").write_text(word)
            if number == 2:
                print("half", flush=True)
                time.sleep(wait)
except CoalmError as error:
    sys.exit(str(error))
"""


def start(output: Path, word: str, wait: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITE, str(output), word, str(wait)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def words(folder: Path) -> set[str]:
    assert len(list(folder.iterdir())) == 5
    return {path.read_text() for path in folder.iterdir()}


def test_second_one_is_told_and_the_first_is_whole(tmp_path: Path) -> None:
    first = start(tmp_path / "merged", "first", 60)
    assert first.stdout is not None
    assert first.stdout.readline() == "half\n"
    try:
        with (
            pytest.raises(CoalmError, match="another process is writing it"),
            written_atomically(tmp_path / "merged"),
        ):
            raise AssertionError("two write at once")
        assert not (tmp_path / "merged").exists()
    finally:
        os.kill(first.pid, signal.SIGKILL)
        first.communicate()


def test_several_at_once(tmp_path: Path) -> None:
    runs = [start(tmp_path / "merged", str(n), 0.2) for n in range(4)]
    ends = [(run.communicate()[1], run.returncode) for run in runs]

    whole = [n for n, (_, code) in enumerate(ends) if code == 0]
    assert len(whole) == 1
    assert words(tmp_path / "merged") == {str(whole[0])}
    for error, code in ends:
        assert code == 0 or ("merged: " in error and error.count("\n") == 1), error
    assert [path.name for path in tmp_path.iterdir()] == ["merged"]


def test_killed_in_the_middle_leaves_nothing_that_looks_whole(tmp_path: Path) -> None:
    killed = start(tmp_path / "merged", "killed", 60)
    assert killed.stdout is not None
    assert killed.stdout.readline() == "half\n"
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert not (tmp_path / "merged").exists()
    begun = time.monotonic()

    with written_atomically(tmp_path / "merged") as folder:
        assert list(folder.iterdir()) == []
        for number in range(5):
            (folder / f"{number}.txt").write_text("next")

    assert time.monotonic() - begun < 10
    assert words(tmp_path / "merged") == {"next"}
    assert [path.name for path in tmp_path.iterdir()] == ["merged"]


def test_folder_that_was_filled_meanwhile_is_left_alone(tmp_path: Path) -> None:
    output = tmp_path / "merged"

    def write() -> None:
        with written_atomically(output):
            output.mkdir()
            (output / "mine.txt").write_text("mine")

    with pytest.raises(CoalmError, match="cannot be written"):
        write()

    assert [path.name for path in output.iterdir()] == ["mine.txt"]
    assert [path.name for path in tmp_path.iterdir()] == ["merged"]


def test_disk_that_is_full(tmp_path: Path) -> None:
    with (
        pytest.raises(CoalmError, match="No space left on device"),
        written_atomically(tmp_path / "merged"),
    ):
        raise OSError(28, "No space left on device")

    assert list(tmp_path.iterdir()) == []
