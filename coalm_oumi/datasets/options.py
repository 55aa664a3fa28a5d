"""What the options of datasets and evaluation tasks may be, said once, as data.

A recipe's `dataset_kwargs` and `eval_kwargs` reach the code as YAML has read them, of any
type. Each option has a check here, so that a wrong type is told like a wrong value::

    check_options({"copies": whole(1)}, {"copies": True})
    # OptionError: field 'copies': expected a whole number from 1, found True.

A class of options states its checks by its types, or with them::

    @dataclass(frozen=True)
    class ToyOptions(Options):
        copies: Annotated[int, whole(1)] = 3
        kind: Literal["short", "long"] = "short"
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from coalm_oumi.errors import OptionError, expected_one_of, shorten

Check = Callable[[Any], str]
"""Returns what is wrong with a value, as a sentence, or nothing if it can be used."""


def check_options(checks: Mapping[str, Check], values: Mapping[str, Any]) -> None:
    """Checks options.

    Args:
        checks: The check of each option, by the option's name.
        values: The options' values; those without a check are let through.

    Raises:
        OptionError: A value has the wrong type or cannot be used.
    """
    for name, check in checks.items():
        problem = check(values[name]) if name in values else ""
        if problem:
            raise OptionError(problem, field=name)


@dataclass(frozen=True)
class Options:
    """Options that are checked when they are made.

    Raises:
        OptionError: A value has the wrong type or cannot be used.
    """

    def __post_init__(self) -> None:
        check_options(checks_of(type(self)), vars(self))


def checks_of(options: type[Options]) -> dict[str, Check]:
    """Returns the check of each option: the one beside its type, or its type's own."""
    hints = get_type_hints(options, include_extras=True)
    return {name: _check_of(hint) for name, hint in hints.items()}


def _check_of(hint: Any) -> Check:
    if get_origin(hint) is Annotated:
        return hint.__metadata__[0]
    if get_origin(hint) is Literal:
        return one_of(get_args(hint))
    return {int: whole(), bool: flag(), str: text()}.get(hint) or text(optional=True)


def one_of(names: tuple[str, ...]) -> Check:
    """Returns a check for one of some names."""

    def check(value: Any) -> str:
        return "" if value in names else expected_one_of(value, names)

    return check


def some_of(names: tuple[str, ...]) -> Check:
    """Returns a check for a list of some names, none of them twice, or for nothing."""
    wanted = f"a list of some of {', '.join(names)}"

    def check(value: Any) -> str:
        if value is None:
            return ""
        if not isinstance(value, (list, tuple)) or not value:
            return f"expected {wanted}, found {shorten(repr(value))}."
        unknown = [name for name in value if name not in names]
        if unknown:
            return expected_one_of(unknown[0], names)
        twice = len(set(value)) < len(value)
        return f"a name stands twice: {shorten(repr(value))}." if twice else ""

    return check


def text(*, optional: bool = False) -> Check:
    """Returns a check for text, or also for nothing."""
    return _typed("text", lambda value: isinstance(value, str), optional)


def flag() -> Check:
    """Returns a check for true or false."""
    return _typed("true or false", lambda value: isinstance(value, bool))


def whole(least: int | None = None, *, optional: bool = False) -> Check:
    """Returns a check for a whole number, which `True` is not.

    Args:
        least: The smallest that can be used; None for any.
        optional: Whether nothing will do as well.
    """
    wanted = "a whole number" if least is None else f"a whole number from {least}"

    def fits(value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, int):
            return False
        return least is None or value >= least

    return _typed(wanted, fits, optional)


def share() -> Check:
    """Returns a check for a number from 0 to 1."""

    def check(value: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return f"expected a number, found {shorten(repr(value))}."
        return "" if 0 <= value <= 1 else f"expected 0 to 1, found {value}."

    return check


def either(first: Check, second: Check) -> Check:
    """Returns a check that is content if one of two is; the first has the word."""
    return lambda value: second(value) and first(value)


def _typed(wanted: str, fits: Callable[[Any], bool], optional: bool = False) -> Check:
    def check(value: Any) -> str:
        if fits(value) or (optional and value is None):
            return ""
        return f"expected {wanted}, found {shorten(repr(value))}."

    return check
