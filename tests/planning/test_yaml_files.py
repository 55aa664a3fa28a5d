"""A configuration whose YAML aliases stand for too much is refused at once, in a line."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from coalm_oumi.errors import CoalmError
from coalm_oumi.yaml_files import LARGEST, check_aliases
from tests.cli.conftest import Command, coalm  # noqa: F401
from tests.planning.conftest import RECIPES

LISTS = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
)
MAPPINGS = "\n".join(
    ["a0: &a0 {x: 1, y: 2}"]
    + [f"a{n}: &a{n} {{x: *a{n - 1}, y: *a{n - 1}}}" for n in range(1, 40)]
)
MERGED = "\n".join(
    ["a0: &a0 {x: 1}"]
    + [f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}" for n in range(1, 40)]
)
KEYS = "? &a [x, x, x]\n: 1\nb: &b [" + "*a, " * 300 + "]\nc: [" + "*b, " * 300 + "]"
ITSELF = "a: &a [1, *a]"
BOMBS = {
    "lists": LISTS,
    "mappings": MAPPINGS,
    "merge keys": MERGED,
    "a key": KEYS,
    "itself": ITSELF,
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=list(BOMBS))
def test_refused_at_once(bomb: str, tmp_path: Path) -> None:
    path = tmp_path / "x_train.yaml"
    path.write_text(bomb)
    begun = time.monotonic()

    with pytest.raises(CoalmError, match=r"its YAML aliases \(\*name\) stand for"):
        check_aliases(path)

    assert time.monotonic() - begun < 2


COMMANDS = (
    ("check", "-c", "x_train.yaml"),
    ("preview", "-c", "x_train.yaml"),
    ("generate-cra", "-c", "x_train.yaml"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_by_every_command_that_reads_one(
    command: tuple[str, ...],
    coalm: Command,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    recipe = (RECIPES / "8b_train.yaml").read_text()
    Path("x_train.yaml").write_text(f"{recipe}\n{LISTS}\n")

    ended = coalm(*command)

    text = " ".join(ended.text.split())
    assert ended.code == 1, text
    assert f"stand for more than {LARGEST:,} values" in text


def test_a_judge_s_config_too(tmp_path: Path) -> None:
    from coalm_oumi.benchmarks.multiwoz.protocols.goal_judge import judge_config
    from coalm_oumi.cra.validate.judge import CraJudge

    path = tmp_path / "judge.yaml"
    path.write_text(LISTS)
    for read in (judge_config, CraJudge):
        with pytest.raises(CoalmError, match="its YAML aliases"):
            read(path)


@pytest.mark.parametrize(
    "text",
    ["", "a: [", "\tx", "a: &a {x: 1}\nb: *a\nc: {<<: *a}", "a: 1\n---\nb: 2"],
)
def test_others_pass(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text)

    check_aliases(path)
    check_aliases(tmp_path / "none.yaml")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda below: st.lists(below) | st.dictionaries(st.text(), below),
)


@given(value=VALUES)
def test_what_is_written_out_passes(
    value: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("written") / "x.yaml"
    path.write_text(yaml.safe_dump(value), encoding="utf-8")

    check_aliases(path)


@pytest.mark.parametrize("recipe", sorted(RECIPES.glob("*.yaml")), ids=lambda p: p.stem)
def test_recipes_pass(recipe: Path) -> None:
    check_aliases(recipe)
