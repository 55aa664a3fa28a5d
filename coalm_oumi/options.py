"""Options of datasets and benchmarks, checked when they are made.

A recipe's `dataset_kwargs` and `eval_kwargs` come as YAML has read them, of any type, and
are taken as they are: `true` is no whole number, `3` no text. What is wrong is told by an
`OptionError`::

    @dataclass(frozen=True, kw_only=True)
    class ToyOptions(Options):
        split: Literal["test", "validation"] = "test"
        limit: int | None = field(default=None, metadata={"ge": 1})

    ToyOptions(split="tset")
    # field 'split': 'tset' is unknown; did you mean 'test'? Expected one of: test, ...
    ToyOptions(limit=True)
    # field 'limit': expected a whole number from 1, found True.

A field's metadata are arguments of `pydantic.Field`. pydantic checks what is not
plainly right (a default, a choice, a text where one may stand), and is imported for that
alone: it takes as long to import as the `coalm` command to start, and samples are made on
a Python that has no packages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Literal,
    Self,
    get_args,
    get_origin,
    get_type_hints,
)

from coalm_oumi.errors import OptionError, expected_one_of, shorten

if TYPE_CHECKING:
    from pydantic import BaseModel

_KINDS = {
    "bool_type": "true or false",
    "float_type": "a number",
    "greater_than_equal": "a whole number",
    "int_type": "a whole number",
    "string_type": "text",
}


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of one thing, each with a default.

    Attributes:
        recipe_field: The field of a recipe in which they stand.

    Raises:
        OptionError: A value has the wrong type, or cannot be used.
    """

    recipe_field: ClassVar[str]

    def __post_init__(self) -> None:
        """Checks the values."""
        given = [
            (each, value)
            for each in fields(self)
            if not _is_same(value := getattr(self, each.name), each.default)
        ]
        hints = get_type_hints(type(self)) if given else {}
        unsure = {
            each.name: value
            for each, value in given
            if each.metadata or not _fits(hints[each.name], value)
        }
        if unsure:
            _check(type(self), unsure)

    @classmethod
    def option_names(cls) -> tuple[str, ...]:
        """Returns the names of the options."""
        return tuple(each.name for each in fields(cls))

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Self:
        """Returns the options that a recipe gives.

        Args:
            given: Their values by name.

        Raises:
            OptionError: One is unknown, or its value cannot be used.
        """
        for name in given:
            if name not in cls.option_names():
                problem = expected_one_of(name, cls.option_names())
                raise OptionError(problem, field=cls.recipe_field)
        return cls(**given)


def _is_same(value: Any, default: Any) -> bool:
    # True equals 1.
    return type(value) is type(default) and value == default


def _fits(hint: Any, value: Any) -> bool:
    """Whether a value surely has a type; what is less simple is left to pydantic."""
    kinds = get_args(hint) or (hint,)
    plain = type(value) in (str, int, bool) and type(value) in kinds
    return hint is Any or plain or value in _choices(hint)


def _choices(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) is Literal else ()


def _check(options: type[Options], given: Mapping[str, Any]) -> None:
    from pydantic import ValidationError

    try:
        _model(options).model_validate(dict(given))
    except ValidationError as error:
        problem = error.errors()[0]
        name = str(problem["loc"][0])
        raise OptionError(_sentence(options, name, problem), field=name) from None


@cache
def _model(options: type[Options]) -> type[BaseModel]:
    from pydantic import ConfigDict, Field, create_model

    hints = get_type_hints(options)
    found: dict[str, Any] = {
        each.name: (hints[each.name], Field(each.default, **each.metadata))
        for each in fields(options)
    }
    return create_model(options.__name__, __config__=ConfigDict(strict=True), **found)


def _sentence(options: type[Options], name: str, problem: Any) -> str:
    found = shorten(repr(problem["input"]))
    if choices := _choices(get_type_hints(options)[name]):
        return expected_one_of(problem["input"], choices)
    bounds = next(each.metadata for each in fields(options) if each.name == name)
    if "le" in bounds and problem["type"] in ("greater_than_equal", "less_than_equal"):
        return f"expected {bounds['ge']} to {bounds['le']}, found {found}."
    if problem["type"] not in _KINDS:
        return f"{problem['msg']}, found {found}."
    kind = _KINDS[problem["type"]]
    least = f" from {bounds['ge']}" if kind == "a whole number" and bounds else ""
    return f"expected {kind}{least}, found {found}."
