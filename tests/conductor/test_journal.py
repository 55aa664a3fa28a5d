"""The journal: a line per finished dialogue, of one run, torn at most at its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from coalm_oumi.errors import CoalmError, DataFormatError
from coalm_oumi.evaluation.conductor.journal import Entry, open_journal

RUN = {"task": "api_bank", "model": "tiny"}


def entry(key: str, prediction: object = "ok") -> Entry:
    return Entry(key, prediction, 1, 0, 7, 2, 1.5, 1.25)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal with two entries, in a folder that had to be made."""
    path = tmp_path / "new" / "journal.jsonl"
    with open_journal(path, RUN) as journal:
        journal.write(entry("a"))
        journal.write(entry("b", [["f(x=1)"], []]))
    return path


def reopened(path: Path, **other: str) -> dict[str, Entry]:
    with open_journal(path, {**RUN, **other}) as journal:
        return dict(journal.entries)


def test_entries_are_read_back(path: Path) -> None:
    assert reopened(path) == {"a": entry("a"), "b": entry("b", [["f(x=1)"], []])}


def test_a_line_is_there_as_soon_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with open_journal(path, RUN) as journal:
        journal.write(entry("a"))
        assert path.read_bytes().count(b"\n") == 2


@pytest.mark.parametrize("cut", [1, 5, 60])
def test_a_torn_last_line_is_dropped_and_written_anew(path: Path, cut: int) -> None:
    path.write_bytes(path.read_bytes()[:-cut])
    with open_journal(path, RUN) as journal:
        assert list(journal.entries) == ["a"]
        journal.write(entry("c"))
    assert list(reopened(path)) == ["a", "c"]


def test_a_torn_first_line_is_a_new_journal(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:10])
    assert reopened(path) == {}
    assert path.read_bytes().startswith(b'{"journal": 1, "run": {"task": "api_bank"')


def test_any_reply_can_be_kept(path: Path) -> None:
    text = 'half a pair \ud83d, a line\nbreak, \u2028, "quotes" and \x00'
    with open_journal(path, RUN) as journal:
        journal.write(entry("c", text))
    assert reopened(path)["c"].prediction == text


def test_another_runs_journal_is_refused(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(
        CoalmError, match=r'another run.*: model was "tiny", is now "8b".*begin anew'
    ):
        reopened(path, model="8b")
    assert path.read_bytes() == before


def test_a_run_that_says_more_is_another_run(path: Path) -> None:
    with pytest.raises(CoalmError, match='level was not given, is now "1"'):
        reopened(path, level="1")


def test_a_damaged_line_is_named(path: Path) -> None:
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([lines[0], b"{]", *lines[2:]]))
    with pytest.raises(DataFormatError, match="line 2 is damaged"):
        reopened(path)


def test_another_file_is_not_taken_for_a_journal(path: Path) -> None:
    path.write_text("Dear diary,\nnothing today.\n")
    with pytest.raises(DataFormatError, match=r"no journal of version 1: .*Dear diary"):
        reopened(path)
    assert path.read_text() == "Dear diary,\nnothing today.\n"


def test_two_runs_do_not_share_a_journal(path: Path) -> None:
    with (
        open_journal(path, RUN),
        pytest.raises(CoalmError, match="another process is writing it"),
    ):
        reopened(path)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CoalmError, match="the journal cannot be opened"):
        reopened(tmp_path / "file" / "journal.jsonl")
