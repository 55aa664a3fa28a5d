"""Options of a benchmark (`eval_kwargs` in a recipe), checked as they are read.

A recipe's values come as YAML has read them, of any type, and are taken as they are: `true`
is no whole number, `3` no text. What is wrong is told by an `OptionError`::

    @dataclass(frozen=True, kw_only=True)
    class ToyOptions(Options):
        split: Literal["test", "validation"] = "test"
        limit: int | None = field(default=None, metadata={"ge": 1})

    ToyOptions.read({"split": "tset"})
    # field 'split': 'tset' is unknown; did you mean 'test'? Expected one of: test, ...
    ToyOptions.read({"limit": True})
    # field 'limit': expected a whole number from 1, found True.

A field's metadata are arguments of `pydantic.Field`; a check of its own is in
`__post_init__`, and raises an `OptionError`. pydantic, which takes as long to import as the
`coalm` command to start, is imported when a recipe's options are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    Self,
    get_args,
    get_origin,
    get_type_hints,
)

from coalm_oumi.errors import OptionError, expected_one_of, shorten
from coalm_oumi.sources.locate import OnMissing

if TYPE_CHECKING:
    from pydantic import BaseModel

_KINDS = {
    "bool_type": "true or false",
    "greater_than_equal": "a whole number",
    "int_type": "a whole number",
    "string_type": "text",
}


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options that every benchmark has; a benchmark adds its own, with defaults.

    Attributes:
        data: A folder or file to test on instead of the source's own place.
        on_missing: What to do when the data is nowhere: `download`, `embedded`, `error`.
    """

    data: str | None = None
    on_missing: OnMissing = "download"

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Self:
        """Returns a recipe's options.

        Args:
            given: Their values by name.

        Raises:
            OptionError: One is unknown, or its value cannot be used.
        """
        from pydantic import ValidationError

        try:
            checked = _model(cls).model_validate(dict(given))
        except ValidationError as error:
            raise _option_error(cls, error.errors()) from None
        return cls(**{name: getattr(checked, name) for name in given})

    @classmethod
    def of_stored(cls, **given: Any) -> Self:
        """Returns the options of stored predictions, without pydantic.

        Args:
            given: Their values by name, of the right types; choices are checked.

        Raises:
            OptionError: A value is none of the field's choices.
        """
        hints = get_type_hints(cls)
        for name, value in given.items():
            choices = get_args(hints[name])
            if get_origin(hints[name]) is Literal and value not in choices:
                raise OptionError(expected_one_of(value, choices), field=name)
        return cls(**given)


@cache
def _model(options: type[Options]) -> type[BaseModel]:
    from pydantic import ConfigDict, Field, create_model

    hints = get_type_hints(options)
    found: dict[str, Any] = {
        each.name: (hints[each.name], Field(each.default, **each.metadata))
        for each in fields(options)
    }
    config = ConfigDict(strict=True, extra="forbid")
    return create_model(options.__name__, __config__=config, **found)


def _option_error(options: type[Options], problems: list[Any]) -> OptionError:
    own = {each.name: each for each in fields(options)}
    for problem in problems:
        name = str(problem["loc"][0])
        if name not in own:
            known = expected_one_of(name, tuple(own))
            return OptionError(known, field="eval_kwargs")
    problem = problems[0]
    name = str(problem["loc"][0])
    hint, found = get_type_hints(options)[name], shorten(repr(problem["input"]))
    if get_origin(hint) is Literal:
        sentence = expected_one_of(problem["input"], get_args(hint))
    elif problem["type"] in _KINDS:
        least = own[name].metadata.get("ge")
        kind = _KINDS[problem["type"]] + (f" from {least}" if least is not None else "")
        sentence = f"expected {kind}, found {found}."
    else:
        sentence = f"{problem['msg']}, found {found}."
    return OptionError(sentence, field=name)
