"""`coalm build` as a user sees it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from tests.cli.conftest import Command


def test_it_shows_table_ledger_and_overlaps(coalm: Command, tmp_path: Path) -> None:
    ended = coalm(
        *("build", "--output", tmp_path / "built", "--limit", 20),
        *("--on-missing", "embedded", "--workers", 1),
    )
    assert ended.code == 0
    lines = [" ".join(line.split()) for line in ended.text.splitlines()]
    assert "snips TOD single SNIPS 20 - - 13,028 12,278,780 942.49" in lines
    assert "hammer LA single Hammer 120 - - 202,500 129,001,612 637.04" in lines
    (total,) = (line.split()[1] for line in lines if line.startswith("total "))
    assert int(total.replace(",", "")) > 140
    assert f"total {total} - - 311,583 211,184,321 677.78" in lines
    assert "sgd: 20 rows read = 20 kept + 0 rejected" in lines
    assert "xlam: 20 rows read = 20 kept + 0 rejected" in lines
    assert any("BFCL V3: not compared" in line for line in lines)
    assert any(line.startswith("making samples: 6 of 6, ") for line in lines)
    assert any(line.startswith("Warning: The rows of snips_split") for line in lines)
    assert f"{total} rows are in {tmp_path / 'built'}" in lines


def test_a_part_that_is_unknown_is_one_line(coalm: Command, tmp_path: Path) -> None:
    ended = coalm("build", "--output", tmp_path / "built", "--only", "hamer")
    assert ended.code == 1
    assert "did you mean 'hammer'" in ended.text
    assert "Traceback" not in ended.text
    assert not (tmp_path / "built").exists()


def test_a_second_build_in_the_folder_needs_resume(
    coalm: Command, tmp_path: Path
) -> None:
    arguments = ("build", "--output", tmp_path / "built", "--limit", 5)
    arguments = (*arguments, "--on-missing", "embedded", "--workers", 1)
    assert coalm(*arguments).code == 0
    refused = coalm(*arguments)
    assert refused.code == 1
    assert "a finished build is there" in refused.text
    again = coalm(*arguments, "--resume")
    assert again.code == 0
    assert "The build was complete already; nothing was done." in again.text


def test_an_empty_choice_of_parts_is_no_choice_of_all(
    coalm: Command, tmp_path: Path
) -> None:
    ended = coalm("build", "--output", tmp_path / "built", "--only", "")
    assert ended.code == 1
    assert "'' is unknown. Expected one of: snips" in ended.text
    assert not (tmp_path / "built").exists()


def test_a_folder_that_cannot_be_made_is_one_line(
    coalm: Command, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "built"
    ended = coalm("build", "--output", folder, "--on-missing", "embedded")
    assert ended.code == 1
    assert "Error: " in ended.text
    assert str(tmp_path / "file") in ended.text
    assert "Traceback" not in ended.text


def test_a_full_disk_is_one_line(
    coalm: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("coalm_oumi.mixture.build", full)
    ended = coalm("build", "--output", tmp_path / "built")
    assert ended.code == 1
    assert ended.text.splitlines() == ["Error: No space left on device"]
