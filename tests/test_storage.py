"""A file is written whole or not at all, and who cannot write it says why."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from coalm_oumi.errors import CoalmError
from coalm_oumi.storage import atomic_file, open_lines, write_text


def test_a_file_is_there_when_all_of_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.txt"
    with atomic_file(path) as own:
        own.write_text("all of it")
        assert not path.exists()
    assert [each.name for each in path.parent.iterdir()] == ["a.txt"]
    assert path.read_text() == "all of it"


def test_what_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with (
        pytest.raises(UnicodeEncodeError),
        atomic_file(path) as own,
        own.open("w", encoding="ascii") as file,
    ):
        file.writelines(["new", "\u00fc"])
    assert [each.name for each in tmp_path.iterdir()] == ["a.txt"]
    assert path.read_text() == "old"


def test_a_full_disk_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with (
        pytest.raises(CoalmError, match=r"a\.txt: it cannot be written: No space left"),
        atomic_file(path),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_folder_that_is_a_file_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(CoalmError, match=r"taken.b.a\.txt: it cannot be written"):
        write_text(tmp_path / "taken" / "b" / "a.txt", "")


def test_another_files_error_is_not_laid_to_this_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), atomic_file(tmp_path / "a.txt"):
        (tmp_path / "elsewhere.txt").read_text()


def test_lines_are_read_back_and_a_torn_one_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with open_lines(path) as file:
        file.write({"n": 1})
        file.write({"n": 2})
    path.write_bytes(path.read_bytes()[:-1])
    with open_lines(path) as file:
        read = file.read(lambda value: value["n"], lost="it is counted anew")
        assert list(read) == [1]
        file.write({"n": "\ud83d"})
    assert path.read_bytes() == b'{"n": 1}\n{"n": "\\ud83d"}\n'


@pytest.mark.parametrize("line", [b"{]", b"{}", b"[]", b"3", b"\xff"])
def test_a_damaged_line_is_named(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"n": 1}\n' + line + b"\n")
    problem = r"a\.jsonl: line 2 is damaged: .* Remove it; it is counted anew\."
    with open_lines(path) as file, pytest.raises(CoalmError, match=problem):
        list(file.read(lambda value: value["n"], lost="it is counted anew"))
