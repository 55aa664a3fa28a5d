"""Nothing about one benchmark stands outside its own folder and the list of them."""

from __future__ import annotations

import ast
import re
from pathlib import Path

NAMES = re.compile(r"snips_dst|api_bank|bfcl|multiwoz|cra_actions", re.IGNORECASE)
OWN = tuple(
    f"benchmarks/{folder}/"
    for folder in ("snips_dst", "api_bank", "bfcl", "multiwoz", "cra_actions")
)
LIST = "benchmarks/registry.py"

_SOURCE = "the source of the same name, which a benchmark takes its cases from"
_DATASET = "the training dataset coalm/snips_dst, of the same name"
EXCEPTIONS = {
    "sources/": _SOURCE,
    "embedded.py": _SOURCE,
    "environments/": "the world of the same name, in which a benchmark's calls run",
    "moved.py": "old names of modules",
    "mixture/benchmark_texts.py": "overlaps are sought in the raw files of these sources",
    "datasets/": _DATASET,
    "activation/state.py": _DATASET,
    "planning/check_data.py": _DATASET,
    "planning/check_sources.py": "bfcl_v3 alone needs a program of its own, uv",
    "training/rewards/against_answer.py": "a reward reads a state as the benchmark does",
}


def code_of(path: Path) -> str:
    """Returns a module's code without comments and docstrings, which may give examples."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            node.body = [part for part in node.body if not _is_text(part)]
    return ast.unparse(tree)


def _is_text(part: ast.stmt) -> bool:
    return (
        isinstance(part, ast.Expr)
        and isinstance(part.value, ast.Constant)
        and isinstance(part.value.value, str)
    )


def test_a_benchmark_is_named_in_its_own_folder_and_in_the_list(
    repository: Path,
) -> None:
    package = repository / "coalm_oumi"
    naming = {
        name
        for path in package.rglob("*.py")
        if not (name := path.relative_to(package).as_posix()).startswith(OWN)
        and NAMES.search(code_of(path))
    }
    naming.remove(LIST)
    unexplained = {name for name in naming if not name.startswith(tuple(EXCEPTIONS))}
    assert unexplained == set()
    assert {
        place for place in EXCEPTIONS if any(name.startswith(place) for name in naming)
    } == set(EXCEPTIONS)
