"""The plug-in's variable is one environment's own: no child of another one inherits it."""

from __future__ import annotations

import os
import subprocess
import venv
from pathlib import Path

import pytest

from tests.activation.test_installation_files import ACTIVATION, FILES

VARIABLE = "OUMI_EXTRA_DEPS_FILE"
OLD_PTH = (
    'import os; os.environ.setdefault("OUMI_EXTRA_DEPS_FILE", '
    'os.path.join(sitedir, "coalm_oumi_plugin.txt"))\n'
)
SHOW = f"import os; print(os.environ.get('{VARIABLE}'))"
# The ways in which a program gives its environment to a child.
CHILD = """
import copy, os, subprocess, sys
env = {env}
print(subprocess.run([sys.argv[1], "-c", sys.argv[2]], env=env, text=True,
                     capture_output=True, check=True).stdout.strip())
"""
ENVIRONMENTS = (
    "None",
    "os.environ",
    "os.environ.copy()",
    "{**os.environ, 'OTHER': '1'}",
    "copy.deepcopy(os.environ)",
    "os.environ | {'OTHER': '1'}",
)


class Environment:
    """A bare virtual environment, with an installation's files or without."""

    def __init__(self, folder: Path, pth: str | None) -> None:
        venv.create(folder, with_pip=False, symlinks=True)
        self.python = folder / "bin" / "python"
        (site_packages,) = folder.glob("lib/python*/site-packages")
        self.list = str(site_packages / "coalm_oumi_plugin.txt")
        if pth is not None:
            for name in FILES:
                content = (ACTIVATION / name).read_text()
                (site_packages / name).write_text(
                    pth if name.endswith(".pth") else content
                )

    def run(self, code: str, *arguments: object, **changes: str) -> str:
        """Runs code, without what this process's own environment sets."""
        kept = {k: v for k, v in os.environ.items() if k != VARIABLE}
        ended = subprocess.run(
            [self.python, "-c", code, *map(str, arguments)],
            env={**kept, **changes},
            capture_output=True,
            text=True,
            check=True,
        )
        assert ended.stderr == ""
        return ended.stdout.strip()


@pytest.fixture(scope="module")
def environments(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Environment]:
    folder = tmp_path_factory.mktemp("environments")
    ours = (ACTIVATION / "coalm_oumi.pth").read_text()
    found = {"ours": ours, "another": ours, "an older": OLD_PTH, "without": None}
    return {
        name: Environment(folder / name.replace(" ", "_"), pth)
        for name, pth in found.items()
    }


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_child_of_an_environment_without_the_package(
    env: str, environments: dict[str, Environment]
) -> None:
    other = environments["without"].python

    shown = environments["ours"].run(CHILD.format(env=env), other, SHOW)

    assert shown == "None"


@pytest.mark.parametrize("parent", ["ours", "an older"])
@pytest.mark.parametrize("child", ["ours", "another"])
def test_child_takes_its_own(
    parent: str, child: str, environments: dict[str, Environment]
) -> None:
    run = environments[parent].run

    shown = run(CHILD.format(env="None"), environments[child].python, SHOW)

    assert shown == environments[child].list


def test_older_version_s_child_takes_its_own_too(
    environments: dict[str, Environment],
) -> None:
    other = environments["an older"]

    shown = environments["ours"].run(CHILD.format(env="None"), other.python, SHOW)

    assert shown == other.list


def test_user_s_own_reaches_every_child(environments: dict[str, Environment]) -> None:
    mine = {VARIABLE: "/home/me/plugins.txt"}
    for name in ("ours", "another", "without"):
        child = environments[name].python
        for env in ENVIRONMENTS:
            shown = environments["ours"].run(CHILD.format(env=env), child, SHOW, **mine)
            assert shown == "/home/me/plugins.txt", (name, env)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("os.environ.pop(V)", "None None"),
        ("del os.environ[V]", "None None"),
        ("os.environ[V] = 'mine'", "mine mine"),
        ("os.environ.update({V: 'mine'})", "mine mine"),
        ("os.environ.pop(V); os.environ.setdefault(V, 'mine')", "mine mine"),
    ],
)
def test_a_program_can_change_it_as_any_other(
    code: str, expected: str, environments: dict[str, Environment]
) -> None:
    program = (
        f"import os; V = '{VARIABLE}'; {code}; "
        "print(os.environ.get(V), dict(os.environ).get(V))"
    )
    assert environments["ours"].run(program) == expected


def test_the_environment_s_length_is_that_of_its_names(
    environments: dict[str, Environment],
) -> None:
    # os.posix_spawn, which subprocess takes from Python 3.13 on, counts on it.
    program = (
        "import os, sys; assert len(os.environ) == len(list(os.environ)); "
        "child = os.posix_spawn(sys.executable, [sys.executable, '-c', '0'], os.environ); "
        "print(os.waitpid(child, 0)[1])"
    )
    assert environments["ours"].run(program) == "0"
