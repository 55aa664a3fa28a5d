"""`oumi evaluate` interrupted, and with a server that sends its key back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conductor.hostile_server import Answer, HostileServer, hostile_server, said

KEY = "canary-1f9a0c77-4f7d"


def config(folder: Path, url: str) -> Path:
    task = {
        "evaluation_backend": "custom",
        "task_name": "snips_dst",
        "num_samples": 6,
        "eval_kwargs": {"on_missing": "embedded"},
    }
    value: dict[str, Any] = {
        "model": {"model_name": "stub"},
        "generation": {"max_new_tokens": 16},
        "inference_engine": "REMOTE",
        "inference_remote_params": {
            "api_url": url,
            "api_key_env_varname": "SOME_VARIABLE",
            "num_workers": 2,
            "max_retries": 1,
            "retry_backoff_base": 0.01,
            "use_adaptive_concurrency": False,
        },
        "tasks": [task],
        "output_dir": str(folder / "out"),
    }
    path = folder / "evaluate.yaml"
    path.write_text(json.dumps(value))
    return path


def begun(path: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [str(Path(sys.executable).with_name("oumi")), "evaluate", "-c", str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env={**os.environ, "SOME_VARIABLE": KEY, "PYTHONUNBUFFERED": "1"},
    )


def asked(process: subprocess.Popen[bytes], server: HostileServer, n: int) -> None:
    began = time.monotonic()
    while len(server.asked) < n:
        assert process.poll() is None, process.communicate()[0].decode()
        assert time.monotonic() - began < 240
        time.sleep(0.05)
    time.sleep(0.2)


def ended(process: subprocess.Popen[bytes], seconds: float) -> str:
    try:
        return process.communicate(timeout=seconds)[0].decode()
    finally:
        process.kill()


@pytest.mark.slow
def test_an_evaluation_is_interrupted_and_taken_up(tmp_path: Path) -> None:
    seconds = 4.0
    with hostile_server(lambda p, times, sent: said("no", seconds)) as server:
        path = config(tmp_path, server.url)
        process = begun(path)
        asked(process, server, 2)
        process.send_signal(signal.SIGINT)
        text = ended(process, 60)
        assert process.returncode == 130, text
        assert "stopping: waiting for 2 replies that are paid for" in text
        assert "Traceback" not in text
        assert len(server.asked) == len(server.answered) == 2
        seconds = 0.0
        process = begun(path)
        text = ended(process, 240)
        assert process.returncode == 0, text
        assert len(server.asked) == len(set(server.asked)) == 6
    left = sorted(p.name for p in (tmp_path / "out" / "snips_dst").iterdir())
    assert [n for n in left if n[0] != "."] == ["predictions.jsonl", "results.json"]


@pytest.mark.slow
def test_a_key_that_a_401_sends_back_is_nowhere(tmp_path: Path) -> None:
    def answer(prompt: str, times: int, sent: str) -> Answer:
        error = {"error": {"message": f"Incorrect API key provided: {sent}"}}
        return Answer(json.dumps(error).encode(), 401, {"X-Echo": sent})

    with hostile_server(answer) as server:
        process = begun(config(tmp_path, server.url))
        text = ended(process, 240)
    assert process.returncode == 1
    # `oumi` breaks lines at 80 characters.
    text = "".join(text.split())
    assert "IncorrectAPIkeyprovided:Bearer[hidden]" in text
    files = [p for p in (tmp_path / "out").rglob("*") if p.is_file()]
    stored = "".join(p.read_bytes().decode("utf-8", "replace") for p in files)
    assert KEY not in text + stored
