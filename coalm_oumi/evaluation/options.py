"""Options of a benchmark (`eval_kwargs` in a recipe), checked as they are read.

A recipe's values come as YAML has read them, of any type, and are taken as they are: `true`
is no whole number, `3` no text. What is wrong is told by an `OptionError`::

    class ToyOptions(Options):
        split: Literal["test", "validation"] = "test"
        limit: int | None = Field(default=None, ge=1)

    ToyOptions(split="tset")
    # field 'split': 'tset' is unknown; did you mean 'test'? Expected one of: test, ...
    ToyOptions(limit=True)
    # field 'limit': expected a whole number from 1, found True.

A validator of its own raises a `ValueError` with the sentence to tell, or an `OptionError`.
"""

from __future__ import annotations

from typing import Any, Literal, Self, get_args, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo

from coalm_oumi.errors import OptionError, expected_one_of, shorten
from coalm_oumi.sources.locate import OnMissing

_KINDS = {
    "bool_type": "true or false",
    "greater_than_equal": "a whole number",
    "int_type": "a whole number",
    "string_type": "text",
}


class Options(BaseModel):
    """The options that every benchmark has; a benchmark adds its own, with defaults.

    Attributes:
        data: A folder or file to test on instead of the source's own place.
        on_missing: What to do when the data is nowhere: `download`, `embedded`, `error`.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    data: str | None = None
    on_missing: OnMissing = "download"

    @model_validator(mode="wrap")
    @classmethod
    def _told_clearly(cls, given: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return read(given)
        except ValidationError as error:
            raise _option_error(cls, error) from None


def _option_error(options: type[Options], error: ValidationError) -> OptionError:
    fields, problems = options.model_fields, error.errors()
    for problem in problems:
        name = str(problem["loc"][0])
        if name not in fields:
            known = expected_one_of(name, tuple(fields))
            return OptionError(known, field="eval_kwargs")
    name = str(problems[0]["loc"][0])
    return OptionError(_sentence(fields[name], dict(problems[0])), field=name)


def _sentence(field: FieldInfo, problem: dict[str, Any]) -> str:
    if problem["type"] == "value_error":
        return str(problem["ctx"]["error"])
    if get_origin(field.annotation) is Literal:
        return expected_one_of(problem["input"], get_args(field.annotation))
    found = shorten(repr(problem["input"]))
    if problem["type"] not in _KINDS:
        return f"{problem['msg']}, found {found}."
    least = [f" from {part.ge}" for part in field.metadata if hasattr(part, "ge")]
    return f"expected {_KINDS[problem['type']]}{''.join(least)}, found {found}."
