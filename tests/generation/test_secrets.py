"""No key stands in a file, a log, an error or on the screen, wherever it came from."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from typer.testing import CliRunner

from coalm_oumi.cli import app
from coalm_oumi.cra.generate.run import generate
from coalm_oumi.errors import CoalmError
from coalm_oumi.secret_keys import Hider, known_secrets
from tests.generation.conftest import Read, Write
from tests.generation.scripted_server import Script, number_of

CANARY = "canary-1f9a0c77-4f7d"


def everything(folder: Path) -> str:
    return "".join(
        path.read_bytes().decode("utf-8", "replace")
        for path in folder.rglob("*")
        if path.is_file()
    )


@pytest.mark.parametrize("origin", ["remote_params.api_key", "environment"])
@pytest.mark.parametrize("fate", ["finished", "stopped"])
def test_canary(
    server: Script,
    config_file: Write,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    origin: str,
    fate: str,
) -> None:
    if origin == "environment":
        monkeypatch.setenv("SOME_VARIABLE", CANARY)
        given = {"remote_params__api_key_env_varname": "SOME_VARIABLE"}
    else:
        given = {"remote_params__api_key": CANARY}
    faults = ("429", "500", "length") if fate == "finished" else ("401", "always")
    server.echo, server.faults = True, lambda p: faults
    config = config_file(**given, remote_params__max_retries=0)
    with caplog.at_level(logging.DEBUG):
        for extra in (["--preview", "2"], []):
            ended = CliRunner().invoke(app, ["generate-cra", "-c", str(config), *extra])
            assert CANARY not in ended.output
            assert CANARY not in str(ended.exception)
    assert server.put, ended.output
    assert CANARY not in caplog.text
    assert CANARY not in everything(tmp_path / "run")
    if fate == "stopped":
        assert ended.exit_code == 1
        assert "[hidden]" in ended.output


def test_a_key_in_the_address(
    server: Script, config_file: Write, tmp_path: Path
) -> None:
    server.faults = lambda p: ("500",) if number_of(p) % 2 else ()
    config = config_file(remote_params__api_url=f"{server.url}?key={CANARY}")
    ended = CliRunner().invoke(app, ["generate-cra", "-c", str(config)])
    assert ended.exit_code == 0, ended.output
    assert CANARY not in ended.output + everything(tmp_path / "run")


def test_a_key_that_nobody_named() -> None:
    hide = Hider(known_secrets({"MY_SERVICE_API_KEY": "abcdef123", "HOME": "/home/me"}))
    assert hide("key abcdef123 of /home/me") == "key [hidden] of /home/me"
    assert hide("sk-proj-0123456789abcdef") == "[hidden]"
    assert (
        hide("Authorization: Bearer aaaabbbbcccc") == "Authorization: Bearer [hidden]"
    )
    assert hide.value({"a": ["abcdef123"]}) == {"a": ["[hidden]"]}


def test_settings_that_are_no_keys_stay() -> None:
    found = known_secrets(
        {"TOKENIZERS_PARALLELISM": "parallel-yes", "KEYBOARD": "qwerty"}
    )
    assert list(found) == []


@pytest.mark.parametrize("end", ["\n", "\r\nX: y", "\u2026", "\x00"])
def test_a_key_that_cannot_be_sent_is_told_and_not_shown(
    config: Read, end: str
) -> None:
    key = f"sk-canary-0123456789{end}"
    with pytest.raises(CoalmError, match="a line break or a character") as raised:
        generate(config(remote_params__api_key=key))
    assert "sk-canary" not in str(raised.value)
