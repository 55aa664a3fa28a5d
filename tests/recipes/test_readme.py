"""The README's commands name what exists, and CI runs the two at its top."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from coalm_oumi.cli import app

README = (Path(__file__).parents[2] / "README.md").read_text()


def test_recipes_named_exist(repository: Path) -> None:
    named = set(re.findall(r"recipes/\w+\.yaml", README))
    assert named
    assert [name for name in sorted(named) if not (repository / name).is_file()] == []


@pytest.mark.parametrize("name", ["run", "test"])
def test_ci_runs_the_command(repository: Path, name: str) -> None:
    assert README.count(f"<!-- command: {name} -->\n```bash\n") == 1
    assert f"readme_command {name}" in (repository / ".ci" / "run").read_text()


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`coalm ([\w-]+)", README))))
def test_commands_named_exist(name: str) -> None:
    assert CliRunner().invoke(app, [name, "--help"]).exit_code == 0


def test_python_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    example = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert example is not None
    code = compile(example[1], "README.md", "exec")
    exec(code, {})  # noqa: S102 - our own README
    assert '"domain"' in capsys.readouterr().out
