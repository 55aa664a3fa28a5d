"""Every test module is found: pytest passes over folders by name (`build`, `dist`...)."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent
PASSED_OVER = {"build", "dist", "env", "venv", "out", "node_modules"}
CHANGING = {"time", "monotonic", "now", "utcnow", "today", "uuid4", "getpid", "random"}


def tracked_modules() -> set[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--", "."], cwd=TESTS, capture_output=True, text=True
    )
    if listed.returncode or not listed.stdout:  # an unpacked source archive
        return set(TESTS.rglob("test_*.py"))
    return {TESTS / n for n in listed.stdout.split() if Path(n).name[:5] == "test_"}


def test_every_test_module_is_collected() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-p", "tests.list_modules"],
        cwd=TESTS.parent,
        capture_output=True,
        text=True,
    )
    lines = done.stdout.splitlines()
    found = {Path(line[6:]) for line in lines if line.startswith("found ")}
    assert found >= tracked_modules()
    assert len(found) > 100, done.stdout + done.stderr


def test_no_folder_of_tests_has_a_name_that_tools_pass_over() -> None:
    names = [path.relative_to(TESTS) for path in tracked_modules()]
    folders = {part for name in names for part in name.parts}
    assert not folders.intersection(PASSED_OVER)


def test_no_test_is_named_by_the_time_or_by_chance() -> None:
    """Processes that share the tests among them (pytest-xdist) have to find the same."""
    changing = [
        f"{path.relative_to(TESTS)}:{call.lineno}"
        for path in sorted(tracked_modules())
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        for decorator in function.decorator_list
        for call in ast.walk(decorator)
        if isinstance(call, ast.Call) and name_of(call.func) in CHANGING
    ]
    assert changing == []


def name_of(called: ast.expr) -> str:
    """Returns the last name of what is called: `now` of `datetime.now`."""
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id if isinstance(called, ast.Name) else ""
