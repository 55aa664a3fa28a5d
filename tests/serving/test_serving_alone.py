"""Serving needs the standard library alone: `pip install --no-deps` beside any vLLM."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path

from tests.activation.test_installation_files import ACTIVATION, FILES

READ = """
import sys
from coalm_oumi.serving import CHAT_TEMPLATE, TOOL_PARSER_PLUGIN, read_reply
from coalm_oumi.serving.structural_tag import OfferedTool, structural_tag
assert CHAT_TEMPLATE.is_file() and TOOL_PARSER_PLUGIN.is_file()
structural_tag([OfferedTool("clock")], "cra")
print(read_reply("[clock()]").calls[0].name)
print([name for name in sys.modules if name.partition(".")[0] not in
       {"coalm_oumi", "__main__", *sys.stdlib_module_names}])
"""


def test_an_environment_without_oumi_serves_and_starts_in_silence(
    repository: Path, tmp_path: Path
) -> None:
    venv.create(tmp_path, with_pip=False, symlinks=True)
    (site_packages,) = tmp_path.glob("lib/python*/site-packages")
    shutil.copytree(repository / "coalm_oumi", site_packages / "coalm_oumi")
    for name in FILES:  # as an installation has them, the .pth among them
        shutil.copy(ACTIVATION / name, site_packages)
    python = tmp_path / "bin/python"

    ended = subprocess.run(
        [python, "-W", "error", "-c", READ],
        env={},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.stderr == ""
    assert ended.stdout.splitlines() == ["clock", "[]"]
    assert not list(site_packages.glob("oumi*"))


def test_its_modules_ask_for_nothing_else(repository: Path) -> None:
    code = f"import sys; sys.path.insert(0, {str(repository)!r})\n{READ}"
    ended = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )

    assert ended.stdout.splitlines() == ["clock", "[]"]
