"""`coalm generate-cra` as a user meets it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from coalm_oumi.cli import app
from tests.generation.conftest import Write
from tests.generation.scripted_server import RUBBISH, Script, number_of, written

PRICES = {"input": 2.0, "output": 8.0, "as_of": "2026-11-21"}


def run(*args: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["generate-cra", *map(str, args)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def test_estimate(server: Script, config_file: Write) -> None:
    path = config_file(cra__prices=PRICES, cra__max_cost_usd=0.01)
    code, text = run("-c", path, "--estimate", "--cra.limit", 3)
    assert code == 0
    assert "3 requests (cra_generation_v1)" in text
    assert "prices of 2026-11-21" in text
    assert "At most 12,288 written" in text
    assert "the run will stop before its end" in text
    assert not server.put


def test_preview_shows_dialogues_and_why_a_reply_is_none(
    server: Script, config_file: Write
) -> None:
    server.reply = lambda p: RUBBISH if number_of(p) % 2 else written(p)
    code, text = run("-c", config_file(), "--preview", 5)
    assert code == 0
    assert sum(server.put.values()) == 5
    good = sum(number_of(p) % 2 == 0 for p in server.put)
    assert text.count("Rejected: ") == 5 - good
    assert text.count("Thought: The user speaks, and I answer without an API") >= good


def test_a_run_tells_progress_cost_and_counts(
    server: Script, config_file: Write, tmp_path: Path
) -> None:
    server.faults = lambda p: ("429",)
    code, text = run("-c", config_file(cra__prices=PRICES))
    assert code == 0
    assert "generate-cra: 6 of 6 dialogues, " in text
    assert "/s, took " in text
    assert "6 retries by the engine" in text
    assert "6 asked for: 6 dialogues" in text
    assert "6 replies paid for: " in text
    assert f"Written to {tmp_path / 'run'}" in text


def test_a_wrong_config_ends_in_one_line(config_file: Write) -> None:
    code, text = run("-c", config_file(cra__mod="paper"))
    assert code == 1
    assert text.count("\n") == 1
    assert "did you mean 'mode'" in text


@pytest.mark.parametrize("option", ["--preview", "--estimate"])
def test_what_a_run_spends_nothing_on(config_file: Write, option: str) -> None:
    extra = [option, 1] if option == "--preview" else [option]
    path = config_file(remote_params__api_url="http://127.0.0.1:9/v1/chat/completions")
    code, text = run("-c", path, *extra)
    assert code == (1 if option == "--preview" else 0)
    assert ("nothing answers" in text) == (option == "--preview")


def test_a_run_that_kept_nothing_is_an_error(
    server: Script, config_file: Write, tmp_path: Path
) -> None:
    server.reply = lambda prompt: RUBBISH
    code, text = run("-c", config_file())
    assert code == 1
    last = text.splitlines()[-1]
    assert last.startswith(f"Error: {tmp_path / 'run'}: none of the 6 dialogues")
    assert (tmp_path / "run" / "run.json").exists()
