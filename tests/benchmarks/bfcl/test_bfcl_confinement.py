"""What the operating system itself refuses, without the hook in Python."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from coalm_oumi.benchmarks.bfcl.environment import CHECKER_FOLDER

SCRIPT = """
import errno, json, os, socket, sys
sys.path.insert(0, sys.argv[1])
import sandbox
sandbox._audit = lambda library: None
folder = sys.argv[2]
os.chdir(folder)
channel = os.dup(1)
measures = sandbox.confine(5, 1 << 30)
def tried(action):
    try:
        action()
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"
found = {
    "socket": tried(socket.socket),
    "socketpair": tried(socket.socketpair),
    "fork": tried(os.fork),
    "spawn": tried(lambda: os.posix_spawn("/bin/true", ["true"], {})),
    "exec": tried(lambda: os.execv("/bin/true", ["true"])),
    "signal": tried(lambda: os.kill(os.getppid(), 0)),
    "write": tried(lambda: open("new", "w")),
    "append": tried(lambda: open("witness", "a")),
    "read": tried(lambda: open("witness")),
    "read secrets": tried(lambda: open(f"/proc/{os.getppid()}/environ")),
    "list": tried(lambda: os.listdir("/")),
    "make": tried(lambda: os.mkdir("new")),
    "remove": tried(lambda: os.remove("witness")),
    "rename": tried(lambda: os.rename("witness", "new")),
    "link": tried(lambda: os.link("witness", "new")),
    "chmod": tried(lambda: os.chmod("witness", 0)),
    "truncate": tried(lambda: os.truncate("witness", 0)),
    "library": tried(lambda: open(os.__file__)),
}
os.write(channel, json.dumps([measures, found]).encode())
"""


@pytest.fixture(scope="module")
def confined(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[list[str], dict[str, str]]:
    """What is in force in a confined process, and what it could do."""
    folder = tmp_path_factory.mktemp("confined")
    (folder / "witness").write_text("3")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(CHECKER_FOLDER), str(folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (folder / "witness").read_text() == "3"
    assert [path.name for path in folder.iterdir()] == ["witness"]
    return tuple(json.loads(done.stdout))


REFUSED = ("EPERM", "EACCES", "ENOSYS")


@pytest.mark.parametrize(
    "action",
    [
        *("socket", "socketpair", "fork", "spawn", "exec", "signal", "write", "append"),
        *("make", "remove", "rename", "link", "chmod", "truncate"),
    ],
)
def test_seccomp_refuses_network_processes_signals_and_changes(
    confined: tuple[list[str], dict[str, str]], action: str
) -> None:
    measures, found = confined
    if "seccomp" not in measures:
        pytest.skip("this system has no seccomp filter that we know")
    assert found[action] in REFUSED


@pytest.mark.parametrize("action", ["read", "read secrets", "list"])
def test_landlock_leaves_nothing_to_read_but_pythons_library(
    confined: tuple[list[str], dict[str, str]], action: str
) -> None:
    measures, found = confined
    if "landlock" not in measures:
        pytest.skip("this system has no Landlock")
    assert found[action] in REFUSED
    assert found["library"] == "done"


def test_limits_are_in_force_everywhere(
    confined: tuple[list[str], dict[str, str]],
) -> None:
    assert "limits" in confined[0]


def test_memory_and_time_are_limited(tmp_path: Path) -> None:
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import sandbox\n"
        "sandbox.confine(1, 1 << 29)\n"
        "try:\n    bytearray(1 << 30)\nexcept MemoryError:\n    pass\n"
        "else:\n    sys.exit(3)\n"
        "while True: pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(CHECKER_FOLDER)], check=False, timeout=60
    )
    assert done.returncode < 0
