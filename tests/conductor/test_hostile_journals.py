"""A journal with anything in it is read or refused in one line; a full disk is named."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coalm_oumi.cra.generate.paid_replies import PaidReply, open_paid_replies
from coalm_oumi.errors import CoalmError, DataFormatError
from coalm_oumi.evaluation.conductor.journal import Entry, open_journal

RUN = {"task": "t"}
ENTRY = asdict(Entry("a", "ok", 1, 0, 7, 2, 1.5, 1.25))
REPLY = asdict(PaidReply("k", "1", "text", "stop", 9, 0, 1, False, "x"))
ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.just(10**400)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner),
    max_leaves=3,
)
FRESH = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


def journal_with(path: Path, *lines: Any) -> Path:
    with open_journal(path, RUN):
        pass
    with path.open("a") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
    return path


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file can grow beyond a size, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", ["a"]),
        ("id", {"a": 1}),
        ("id", 7),
        ("id", None),
        ("steps", "1"),
        ("cut_off", -1),
        ("prompt_tokens", [1]),
        ("completion_tokens", 1.5),
        ("elapsed", "soon"),
        ("elapsed", float("nan")),
        ("engine_seconds", float("inf")),
        ("steps", True),
        ("elapsed", 10**400),
    ],
)
def test_a_value_of_another_kind_is_one_line(
    tmp_path: Path, name: str, value: Any
) -> None:
    path = journal_with(tmp_path / "j.jsonl", {**ENTRY, name: value})
    with (
        pytest.raises(DataFormatError, match="line 2 is damaged"),
        open_journal(path, RUN),
    ):
        pass


@FRESH
@given(st.sampled_from(sorted(ENTRY)), ANY)
def test_anything_in_a_journal(tmp_path: Path, name: str, value: Any) -> None:
    path = tmp_path / "j.jsonl"
    path.unlink(missing_ok=True)
    journal_with(path, {**ENTRY, name: value})
    try:
        with open_journal(path, RUN) as journal:
            assert all(isinstance(key, str) for key in journal.entries)
            sum(entry.elapsed + entry.steps for entry in journal.entries.values())
    except DataFormatError as error:
        assert "line 2 is damaged" in str(error)  # noqa: PT017


@FRESH
@given(st.sampled_from(sorted(REPLY)), ANY)
def test_anything_in_the_file_of_paid_replies(
    tmp_path: Path, name: str, value: Any
) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(json.dumps({**REPLY, name: value}) + "\n")
    try:
        with open_paid_replies(path) as replies:
            assert replies.count == 1
    except DataFormatError as error:
        assert "line 1 is damaged" in str(error)  # noqa: PT017


def test_a_full_disk_names_the_file_and_leaves_it_whole(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    entries = [Entry(f"d{n}", "x" * 30, 1, 0, 7, 2, 1.5, 1.25) for n in range(9)]
    with largest_file(440), open_journal(path, RUN) as journal:
        for entry in entries[:2]:
            journal.write(entry)
        with pytest.raises(
            CoalmError, match=r"j\.jsonl: cannot be written: File too la"
        ):
            journal.write(entries[2])
    assert path.read_bytes().endswith(b"\n")
    with open_journal(path, RUN) as journal:
        assert list(journal.entries) == ["d0", "d1"]


def test_what_fails_in_the_run_is_not_laid_to_the_journal(tmp_path: Path) -> None:
    other = OSError(28, "No space left on device", "elsewhere.json")
    with (
        pytest.raises(OSError, match=r"elsewhere\.json"),
        open_journal(tmp_path / "j.jsonl", RUN),
    ):
        raise other


def test_a_full_disk_does_not_pay_for_a_reply_again(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    with largest_file(500), open_paid_replies(path) as replies:
        first = PaidReply(**REPLY)
        replies.add(first)
        replies.add(replace(first, attempt="y"))
        with pytest.raises(CoalmError, match=r"r\.jsonl: cannot be written"):
            replies.add(replace(first, key="new", attempt="n", text="x" * 300))
        assert "new" in replies.usable
    with open_paid_replies(path) as replies:
        assert replies.count == 2
