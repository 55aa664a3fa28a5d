"""Where things stand: names of folders, and what is named outside its own file."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.rooms_table import PAGE, listed, rooms

PACKAGE = Path(__file__).resolve().parents[1] / "coalm_oumi"
SKIPPED_BY_TOOLS = {"build", "dist", "env", "venv", "out"}
LISTS = {
    "datasets/__init__.py": "the classes' names, for editors and type checkers",
    "datasets/parts.py": "the list of parts",
    "sources/__init__.py": "the readers' names",
    "sources/catalogue.py": "the list of sources",
    "embedded.py": "the sources of which the package brings a small corpus",
    "cli": "help and examples of the commands",
}
PROMPTS = {
    "prompts/__init__.py": "the templates' names",
    "prompts/recognise.py": "the parts' names in `include`, told by their prompts",
    "prompts/templates.py": "its prompt template",
}
PAPER = {
    f"benchmarks/{name}/paper.py": "a model of that name in the paper's tables"
    for name in ("api_bank", "bfcl", "multiwoz")
}
# Besides its own file and its source's, whatever else says its name, and why it may.
ELSEWHERE: dict[str, tuple[str, dict[str, str]]] = {
    "toolace": ("toolace", PROMPTS | PAPER),
    "snips_dst": (
        "snips",
        PROMPTS
        | {
            "benchmarks": "the benchmark on its test split",
            "mixture/benchmark_texts.py": "the benchmark's texts",
            "activation/state.py": "the name that says whether the plug-in is active",
            "mixture/run.py": "the benchmark's texts, found once",
            "planning": "the benchmark in recipes",
            "training/rewards": "the benchmark's reading of a reply",
        },
    ),
    "hammer_masked": (
        "hammer|xlam",
        PROMPTS
        | PAPER
        | {
            "benchmarks/api_bank": "API-Bank in Hammer's form",
            "calls": "the notations' names: `to_xlam`, `from_xlam`",
            "mixture/benchmark_texts.py": "API-Bank in Hammer's form",
            "mixture/card.py": "a warning of the card, whatever the parts",
            "sources/api_bank.py": "API-Bank in Hammer's form",
        },
    ),
    "cra": (
        r"coalm/cra\b|\bsgd\b",
        {
            "benchmarks/cra_actions": "the benchmark on SGD's held-out dialogues",
            "cra": "the dialogues are made and checked there",
            "mixture/resolved_sources.py": "a warning: made of own APIs, not of SGD",
            "planning/check_training.py": "the optimizer of that name",
            "sources": "SGD's files and schemas have files of their own",
        },
    ),
}


@cache
def code(file: Path) -> str:
    """Returns a file's code without comments and docstrings."""
    tree = ast.parse(file.read_text("utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [  # pyright: ignore
                one
                for one in body
                if not (
                    isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)
                )
            ] or [ast.Pass()]
    return ast.unparse(tree)


def test_every_room_says_what_it_is_for_and_stands_in_the_table() -> None:
    table, there = listed(PAGE.read_text("utf-8")), rooms()
    assert table.keys() == there.keys()
    counted = {name: pytest.approx(there[name], rel=0.15, abs=100) for name in there}
    assert table == counted, "python -m tests.rooms_table counts them anew"
    for folder in PACKAGE.glob("*/__init__.py"):
        purpose = ast.get_docstring(ast.parse(folder.read_text("utf-8"))) or ""
        assert re.match(r"[^\n]+[.](\n|$)|[^\n]+:[^\n]+$", purpose), folder


def test_no_package_has_a_name_that_tools_skip() -> None:
    folders = {path.name for path in PACKAGE.rglob("*") if path.is_dir()}
    tests = {path.name for path in PACKAGE.with_name("tests").rglob("*")}
    assert (folders | tests) & SKIPPED_BY_TOOLS == set()


@pytest.mark.parametrize("dataset", ELSEWHERE)
def test_a_dataset_is_named_in_its_own_file_and_the_lists(dataset: str) -> None:
    words, allowed = ELSEWHERE[dataset]
    own = {f"datasets/{dataset}.py": "", "sources/snips": "", **LISTS, **allowed}
    own |= {f"sources/{word}.py": "" for word in ("toolace", "xlam", "sgd")}
    named = {
        file.relative_to(PACKAGE).as_posix()
        for file in PACKAGE.rglob("*.py")
        if re.search(words, code(file), re.IGNORECASE)
    }
    assert f"datasets/{dataset}.py" in named
    assert {name for name in named if not _within(name, own)} == set()
    unused = {one for one in allowed if not any(_within(name, [one]) for name in named)}
    assert unused == set()


def _within(name: str, places: object) -> bool:
    return any(name == p or name.startswith(f"{p}/") for p in list(places))  # pyright: ignore
