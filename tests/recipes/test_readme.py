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


def test_the_model_before_training_is_compared_with_the_one_that_is_trained() -> None:
    from oumi.core.configs import EvaluationConfig, TrainingConfig

    first, second = (words_of(name) for name in ("run", "before"))
    trained = TrainingConfig.from_yaml(first["train"][1])
    after = EvaluationConfig.from_yaml(first["evaluate"][1])
    _, recipe, *options = second["evaluate"]
    pairs = zip(options[::2], options[1::2], strict=True)
    before = EvaluationConfig.from_yaml_and_arg_list(
        recipe, [f"{name.removeprefix('--')}={value}" for name, value in pairs]
    )

    assert first["download"] == ["smollm2", "--output", trained.model.model_name]
    assert after.model.model_name == trained.training.output_dir
    assert before.model.model_name == trained.model.model_name
    assert before.tasks == after.tasks
    page = first["report"][1:]
    assert first["report"] == [after.output_dir, *page]
    assert second["report"] == [before.output_dir, after.output_dir, *page]


def words_of(name: str) -> dict[str, list[str]]:
    """Returns the words of each part of a command of the README, by its verb."""
    command = README.split(f"<!-- command: {name} -->\n```bash\n")[1].split("```")[0]
    parts = [part.split() for part in command.split("&&")]
    return {verb: words for _, verb, *words in parts}


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`coalm ([\w-]+)", README))))
def test_commands_named_exist(name: str) -> None:
    assert CliRunner().invoke(app, [name, "--help"]).exit_code == 0


def test_python_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    example = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert example is not None
    code = compile(example[1], "README.md", "exec")
    exec(code, {})  # noqa: S102 - our own README
    assert '"domain"' in capsys.readouterr().out
