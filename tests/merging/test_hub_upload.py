"""The documented `hf upload` line, against a stand-in for the Hub."""

from __future__ import annotations

import base64
import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

UPLOAD = "from huggingface_hub.cli.hf import main; main()"


class StandIn(http.server.BaseHTTPRequestHandler):
    """Answers what an upload asks the Hub, and keeps the files that it brings."""

    committed: dict[str, str]

    def do_GET(self) -> None:
        """Answers as of a model that is there."""
        self._answer({"id": "me/8b_merged", "sha": "0" * 40, "siblings": []})

    def do_POST(self) -> None:
        """Answers each step of a commit."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if "/preupload/" in self.path:
            files = [
                {"path": f["path"], "uploadMode": "regular", "shouldIgnore": False}
                for f in json.loads(body)["files"]
            ]
            self._answer({"files": files})
        elif "/commit/" in self.path:
            for line in map(json.loads, body.splitlines()):
                if line["key"] == "file":
                    content = base64.b64decode(line["value"]["content"])
                    self.committed[line["value"]["path"]] = content.decode()
            url = f"http://{self.headers['Host']}/me/8b_merged/commit/{'1' * 40}"
            self._answer({"commitUrl": url, "commitOid": "1" * 40, "success": True})
        elif "/validate-yaml" in self.path:
            self._answer({"errors": [], "warnings": []})
        else:
            url = f"http://{self.headers['Host']}/me/8b_merged"
            self._answer({"url": url, "id": "me/8b_merged", "name": "me/8b_merged"})

    def _answer(self, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@pytest.fixture
def hub() -> Iterator[tuple[str, dict[str, str]]]:
    """The stand-in's address, and the files that have come."""
    committed: dict[str, str] = {}
    handler = type("Handler", (StandIn,), {"committed": committed})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", committed
    server.shutdown()
    server.server_close()


def test_upload_brings_the_model_and_no_checkpoints(
    hub: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    address, committed = hub
    folder = tmp_path / "8b_merged"
    (folder / "checkpoint-10").mkdir(parents=True)
    for name in ("README.md", "config.json", "checkpoint-10/state.json"):
        (folder / name).write_text(f"{{}} {name}")
    environment = {
        **os.environ,
        "HF_ENDPOINT": address,
        "HF_HUB_OFFLINE": "0",
        "HF_TOKEN": "hf_stand_in",
        "HF_HOME": str(tmp_path / "home"),
        "HF_HUB_DISABLE_XET": "1",
    }

    line = ["upload", "me/8b_merged", str(folder), ".", "--exclude", "checkpoint-*/*"]
    done = subprocess.run(
        [sys.executable, "-c", UPLOAD, *line],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert committed == {
        "README.md": "{} README.md",
        "config.json": "{} config.json",
    }
