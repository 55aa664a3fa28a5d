"""Every test module is found, and a plain run, without the slow tests, knows every part."""

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


def test_every_folder_has_tests_that_a_plain_run_keeps() -> None:
    """But for SLURM's jobs: there is nothing else in their folder."""
    kept = {path.parent for path in tracked_modules() if is_kept(path)}
    folders = {path.parent for path in tracked_modules()}
    assert folders - kept == {TESTS / "jobs"}


def is_kept(path: Path) -> bool:
    """Whether a test of a module is not marked slow."""
    body = ast.parse(path.read_text()).body
    whole = [n.value for n in body if isinstance(n, ast.Assign) and is_mark(n)]
    tests = [
        n for n in body if isinstance(n, ast.FunctionDef) and n.name[:5] == "test_"
    ]
    return not any(map(is_slow, whole)) and any(
        not any(map(is_slow, test.decorator_list)) for test in tests
    )


def is_mark(assigned: ast.Assign) -> bool:
    return any(name_of(target) == "pytestmark" for target in assigned.targets)


def is_slow(value: ast.expr) -> bool:
    return any(
        isinstance(node, ast.Attribute) and node.attr == "slow"
        for node in ast.walk(value)
    )


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
