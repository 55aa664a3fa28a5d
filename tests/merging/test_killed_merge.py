"""`coalm merge`, killed before any of its writes, leaves no folder or a complete one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.merging.test_merge import saved

KILLED_AT_EACH = """
import json, os, shutil, signal, sys
from pathlib import Path
from typer.testing import CliRunner
from coalm_oumi.cli import app
# Before the forks, so that each takes no time for it.
import torch, safetensors.torch
import coalm_oumi.training.merging.card, coalm_oumi.training.merging.merge, filelock

adapter, base, place = map(Path, sys.argv[1:])
WRITES = ("os.mkdir", "os.rename", "os.rmdir", "os.remove", "os.truncate")

seen = 0

def killed_before(number):
    def hook(event, args):
        global seen
        writes = event in WRITES or (event == "open" and str(args[1])[:1] in "wax+")
        if writes and str(args[0]).startswith(str(place)):
            seen += 1
            if seen == number:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hook)

def merge(number):
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    child = os.fork()
    if not child:
        killed_before(number)
        arguments = ["merge", str(adapter), "-o", str(place / "m"), "--base", str(base)]
        code = CliRunner().invoke(app, arguments).exit_code
        (place / "writes").write_text(str(seen))
        os._exit(code)
    _, status = os.waitpid(child, 0)
    merged = place / "m"
    files = sorted(os.listdir(merged)) if merged.exists() else None
    return [status, files]

whole = merge(0)
writes = int((place / "writes").read_text())
# Each of the last writes, where the folder takes its place, and some of those before.
numbers = sorted({*range(1, writes, 6), *range(max(1, writes - 8), writes + 1)})
found = [*map(merge, numbers), whole]
print(json.dumps(found))
"""


def test_killed_before_any_write_it_leaves_no_folder_or_a_complete_one(
    tmp_path: Path,
) -> None:
    adapter, base = saved(tmp_path, dtype="float32")
    done = subprocess.run(
        [sys.executable, "-c", KILLED_AT_EACH, adapter, base, tmp_path / "place"],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    status, complete = found[-1]
    assert status == 0
    assert "README.md" in complete
    assert "config.json" in complete
    assert len(found) > 8
    assert {status for status, _ in found[:-1]} == {9}
    assert all(files in (None, complete) for _, files in found)
    assert any(files == complete for _, files in found[:-1]), "never killed behind it"
