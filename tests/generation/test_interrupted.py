"""Ctrl-C on the command: one message, the replies under way kept, exit code 130."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from coalm_oumi.cli import app
from tests.generation.conftest import Write
from tests.generation.scripted_server import Script

COMMAND = "from coalm_oumi.cli.app import main; main()"


def begun(config: Path, server: Script, requests: int) -> subprocess.Popen[bytes]:
    """Starts the command, and waits until the server is at work on some requests."""
    command = [sys.executable, "-c", COMMAND, "generate-cra", "-c", str(config)]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    began = time.monotonic()
    while sum(server.put.values()) < requests:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() - began < 240
        time.sleep(0.05)
    time.sleep(0.2)
    return process


def ended(process: subprocess.Popen[bytes], seconds: float) -> str:
    try:
        return process.communicate(timeout=seconds)[0].decode()
    finally:
        process.kill()


@pytest.mark.slow
def test_the_first_press_waits_and_the_run_is_taken_up(
    server: Script, config_file: Write, tmp_path: Path
) -> None:
    server.latency = 4.0
    config = config_file(remote_params__num_workers=2)
    process = begun(config, server, 2)
    process.send_signal(signal.SIGINT)
    text = ended(process, 30)
    assert process.returncode == 130
    told = "stopping: waiting for 2 replies that are paid for; press again to end now"
    assert told in text
    assert "Traceback" not in text
    kept = (tmp_path / "run" / "replies.jsonl").read_text().splitlines()
    assert len(kept) == sum(server.put.values()) == 2
    server.latency = 0.0
    again = CliRunner().invoke(app, ["generate-cra", "-c", str(config)])
    assert again.exit_code == 0, again.output
    assert sum(server.put.values()) == 6
    assert json.loads((tmp_path / "run" / "run.json").read_text())["complete"]


@pytest.mark.slow
def test_the_second_press_ends_at_once(server: Script, config_file: Write) -> None:
    server.latency = 60.0
    process = begun(config_file(), server, 4)
    process.send_signal(signal.SIGINT)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    text = ended(process, 20)
    assert time.monotonic() - began < 5
    assert process.returncode == 130
    assert text.count("stopping: waiting for") == 1
    assert "Traceback" not in text
