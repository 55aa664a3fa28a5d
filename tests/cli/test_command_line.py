"""How `coalm` starts, ends, and writes, whatever the command."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

import coalm_oumi
from coalm_oumi.cli import app, output
from coalm_oumi.cli.output import printable
from tests.cli.conftest import Command

START = "from coalm_oumi.cli import main; main()"


def test_version(coalm: Command) -> None:
    ended = coalm("--version")

    assert (ended.code, ended.text) == (0, f"coalm-oumi {coalm_oumi.__version__}\n")


def test_help_lists_every_command(coalm: Command) -> None:
    ended = coalm("--help")

    assert ended.code == 0
    for name in ("check", "download", "score", "preview"):
        assert f"  {name} " in ended.text


def test_starting_loads_nothing_heavy() -> None:
    heavy = ("oumi", "torch", "transformers", "datasets", "numpy", "pandas", "rich")
    code = (
        f"import sys, coalm_oumi.cli; print([m for m in {heavy} if m in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"


def test_an_interruption_ends_with_130(
    coalm: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(name: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("coalm_oumi.sources.locate.status", interrupted)

    assert coalm("download", "--list").code == 130


def test_a_bug_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("coalm_oumi.sources.locate.status", broken)

    result = CliRunner().invoke(app, ["download", "--list"])

    assert isinstance(result.exception, ZeroDivisionError)


def test_markup_in_a_message_is_shown_as_it_is(coalm: Command) -> None:
    assert "'[/b][bold' is unknown" in coalm("download", "[/b][bold").text


def test_control_characters_are_written_out() -> None:
    assert printable("a\x1b[2Jb\x9bc\r\td\n\u202ee") == (
        "a\\x1b[2Jb\\x9bc\\r\td\n\\u202ee"
    )


def test_a_message_holds_no_control_characters(coalm: Command) -> None:
    assert "\x1b" not in coalm("download", "\x1b]0;title\x07").text


def test_a_table_on_a_narrow_terminal_keeps_its_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "40")

    output.table(
        ("name", "#long_head_of_a_number", "#other"),
        [("a" * 30, "1,234,567", "99.9 %"), ("b", "1", "0.1 %")],
    )

    lines = capsys.readouterr().out.splitlines()
    cells = [" ".join(line.split()) for line in lines]
    assert f"{'a' * 30} 1,234,567 99.9 %" in cells
    assert "b 1 0.1 %" in cells


def test_a_reader_that_leaves_early_sees_no_error() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", START, "download", "--list"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()

    assert process.stderr.read() == ""
    assert process.wait() == 1
    process.stderr.close()


def test_a_pipe_gets_plain_lines() -> None:
    done = subprocess.run(
        [sys.executable, "-c", START, "download", "--list"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines()[0].split() == [
        "source",
        "data",
        "licence",
        "access",
        "title",
    ]
    assert done.stdout.isascii()
    assert "\x1b" not in done.stdout
