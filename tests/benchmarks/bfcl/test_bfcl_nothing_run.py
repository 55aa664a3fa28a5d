"""Why no text can be run: nothing is there to run it, and a hook refuses it."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from coalm_oumi.benchmarks.bfcl.environment import CHECKER_FOLDER, package_data

RUNS_TEXT = {"eval", "exec", "compile", "__import__", "open", "input", "breakpoint"}
REPLACED = {
    ("model_handler/utils.py", "eval"),
    ("eval_checker/multi_turn_eval/multi_turn_utils.py", "eval"),
}
USED = (
    "utils.py",
    "model_handler/utils.py",
    "model_handler/parser/*.py",
    "eval_checker/ast_eval/**/*.py",
    "eval_checker/multi_turn_eval/**/*.py",
)
UNUSED = {
    # Of the command line.
    *(("utils.py", name) for name in ("open",)),
}


def test_upstreams_modules_could_run_text_only_where_our_function_is(
    checker_python: Path,
) -> None:
    package = package_data(checker_python).parent
    paths = {path for pattern in USED for path in package.glob(pattern)}

    found = {
        (path.relative_to(package).as_posix(), name)
        for path in paths
        for name in _names(path)
        if name in RUNS_TEXT
    }

    assert found - UNUSED == REPLACED


def test_our_own_modules_of_the_checker_run_no_text() -> None:
    for path in CHECKER_FOLDER.glob("*.py"):
        assert not _names(path) & RUNS_TEXT


def _names(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


SCRIPT = """
import ctypes, json, os, socket, subprocess, sys
sys.path.insert(0, sys.argv[1])
import worker
from literals import RefusedError
tried = {
    "exec": lambda: exec("1"),
    "eval": lambda: eval("1"),
    "import": lambda: __import__("colorsys"),
    "open": lambda: open("/etc/hostname"),
    "socket": lambda: socket.socket(),
    "lookup": lambda: socket.getaddrinfo("127.0.0.1", 80),
    "run": lambda: subprocess.run(["true"]),
    "system": lambda: os.system("true"),
    "fork": os.fork,
    "spawn": lambda: os.posix_spawn("/bin/true", ["true"], {}),
    "kill": lambda: os.kill(os.getppid(), 0),
    "remove": lambda: os.remove("nothing"),
    "list": lambda: os.listdir("/"),
    "library": lambda: ctypes.CDLL(None),
}
found = {}
sys.addaudithook(worker._refuse_events)
for name, action in tried.items():
    try:
        action()
    except RefusedError as refused:
        found[name] = refused.kind
print(json.dumps([list(tried), found]))
"""


@pytest.mark.parametrize("python", ["ours", "the checker's"])
def test_the_second_line_refuses_code_files_sockets_and_processes(
    python: str, checker_python: Path
) -> None:
    done = subprocess.run(
        [
            sys.executable if python == "ours" else str(checker_python),
            *("-B", "-c", SCRIPT, str(CHECKER_FOLDER)),
        ],
        capture_output=True,
        text=True,
        check=True,
    )

    names, found = json.loads(done.stdout)
    assert found == dict.fromkeys(names, "code")
