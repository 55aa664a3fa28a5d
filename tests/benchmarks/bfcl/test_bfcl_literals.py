"""Expressions are worked out as Python does it, or refused; nothing of them is run."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalm_oumi.benchmarks.bfcl.environment import CHECKER_FOLDER


@pytest.fixture(scope="module")
def literals() -> Iterator[ModuleType]:
    """The module, which is no part of the package, but lies beside it."""
    sys.path.insert(0, str(CHECKER_FOLDER))
    try:
        import literals as module  # pyright: ignore[reportMissingImports]

        yield module
    finally:
        sys.path.remove(str(CHECKER_FOLDER))
        sys.modules.pop("literals", None)


def worked_out(module: ModuleType, text: str) -> Any:
    """Returns a value, or the type of the error."""

    def undefined(name: str) -> Any:
        raise NameError(name)

    def refused(node: ast.Call, literals: Any) -> Any:
        raise module.code_in(node)

    try:
        found = module.Literals(undefined, refused)
        return found.value(ast.parse(text, mode="eval").body)
    except (Exception, module.RefusedError) as error:
        return type(error)


def evaluated(text: str) -> Any:
    """Returns what Python makes of it, or the type of the error."""
    try:
        return eval(text, {"__builtins__": {}})  # noqa: S307 - text of our own
    except Exception as error:
        return type(error)


LITERALS = st.one_of(
    st.integers(-999, 999),
    st.floats(allow_nan=False, allow_infinity=False, width=16),
    st.booleans(),
    st.none(),
    st.text("ab %sd", max_size=4),
    st.binary(max_size=2),
    st.complex_numbers(max_magnitude=9, allow_nan=False),
    st.lists(st.integers(0, 3), max_size=2),
    st.tuples(st.text("a", max_size=1)),
    st.dictionaries(st.text("a", max_size=1), st.integers(0, 3), max_size=1),
).map(repr)
OPERATORS = ("+", "-", "*", "/", "//", "%", "@", "<<", ">>", "&", "|", "^")


def combined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    two = st.builds("({}) {} ({})".format, parts, st.sampled_from(OPERATORS), parts)
    one = st.builds("{}({})".format, st.sampled_from(("-", "+", "~", "not ")), parts)
    several = st.builds("[{}, {}]".format, parts, parts)
    return two | one | several


@given(text=st.recursive(LITERALS, combined, max_leaves=5))
def test_a_value_is_the_one_that_python_gives(literals: ModuleType, text: str) -> None:
    found = worked_out(literals, text)

    if found is not literals.RefusedError:
        wanted = evaluated(text)
        assert repr(found) == repr(wanted)
        assert type(found) is type(wanted)


@given(base=st.integers(-12, 12), exponent=st.integers(-6, 40))
def test_powers_are_those_of_python(
    literals: ModuleType, base: int, exponent: int
) -> None:
    text = f"({base}) ** ({exponent})"

    assert worked_out(literals, text) == evaluated(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10 ** (-12)", 1e-12),
        ("3 * 10 ** 8", 300_000_000),
        ("5000 * (1 + 0.025 / 4) ** (2 * 4)", 5000 * (1 + 0.025 / 4) ** 8),
        ("1_000 + 0x1f + 0b11", 1034),
        ("'a' 'b' + \"c\"", "abc"),
        ("'%s of %d' % ('King', 2)", "King of 2"),
        ("[1] + [2] * 2", [1, 2, 2]),
        ("{1, 2} - {2}", {1}),
        ("{'a': 1} | {'b': (2,)}", {"a": 1, "b": (2,)}),
        ("-2j * 1j", 2),
        ("1 / 0", ZeroDivisionError),
        ("'a' + 1", TypeError),
    ],
)
def test_arithmetic_on_literals(literals: ModuleType, text: str, value: Any) -> None:
    assert worked_out(literals, text) == value


@pytest.mark.parametrize(
    "text",
    [
        *(
            "f(1)",
            "'a'.upper()",
            "'a'.b",
            "[1][0]",
            "1 if 2 else 3",
            "1 < 2",
            "1 and 2",
        ),
        *("lambda: 1", "[a for a in [1]]", "{*[1]}", "[*[1]]", "{**{}}", "f'{1}'"),
        *("(a := 1)", "{a: 1 for a in [1]}", "1 + (2).real", "-[1][0]"),
    ],
)
def test_all_else_is_refused(literals: ModuleType, text: str) -> None:
    assert worked_out(literals, text) is literals.RefusedError


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2 ** 70000",
            "(-3) ** 10 ** 9",
            "1 << 70000",
            "'ab' * 99999",
            "99999 * [1, 2]",
        ),
        *("'%99999d' % 1", "'%*d' % (9, 1)", "b'%9999d' % 1", "[[1] * 999] * 999"),
        "('x' * 60000) + ('x' * 60000)",
        "2 ** 60000 * 2 ** 60000",
    ],
)
def test_what_would_be_large_is_refused(literals: ModuleType, text: str) -> None:
    assert worked_out(literals, text) is literals.RefusedError
