"""The arguments of a call, checked and as text.

``{"stars": 4, "area": "East ", "name": None}`` for `query_hotels` is ``{"stars": "4",
"area": "east"}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from coalm_oumi.environments.multiwoz.data.domains import ANY_VALUES, DONTCARE_VALUES
from coalm_oumi.environments.multiwoz.data.fuzzy import LONGEST
from coalm_oumi.environments.multiwoz.world.tools import Parameter, Tool
from coalm_oumi.errors import shorten

_LARGEST = 10**6


class ArgumentError(ValueError):
    """An argument cannot be used; the message says why, for the model to read.

    Args:
        failure: The kind of failure.
        why: The message.
    """

    def __init__(
        self, failure: Literal["unknown_argument", "wrong_type"], why: str
    ) -> None:
        self.failure: Literal["unknown_argument", "wrong_type"] = failure
        super().__init__(why)


def read_arguments(tool: Tool, arguments: Mapping[str, Any]) -> dict[str, str]:
    """Returns the arguments that say something, as text in lower case.

    Args:
        tool: The function called.
        arguments: JSON values by name; null, `any` and `dontcare` say nothing.

    Raises:
        ArgumentError: One is unknown, or is neither text nor a whole number.
    """
    parameters = {p.name: p for p in tool.parameters}
    read: dict[str, str] = {}
    for name, value in arguments.items():
        parameter = parameters.get(name)
        if parameter is None:
            raise ArgumentError(
                "unknown_argument",
                f"{tool.name} has no parameter '{shorten(name, 40)}'. It has: "
                f"{', '.join(parameters)}.",
            )
        text = _text(value)
        if text is None or len(text) > LONGEST:
            raise ArgumentError(
                "wrong_type",
                f"'{name}' must be {_expected(parameter)}, not {_shown(value)}.",
            )
        if text not in ANY_VALUES | DONTCARE_VALUES:
            read[name] = text
    return read


def _shown(value: Any) -> str:
    # Python refuses to write numbers of thousands of digits.
    large = isinstance(value, int) and abs(value) > _LARGEST
    return "so large a number" if large else shorten(value, 40)


def _expected(parameter: Parameter) -> str:
    if parameter.values:
        return f"one of {', '.join(parameter.values)}"
    return "a whole number" if parameter.type == "integer" else "short text"


def _text(value: Any) -> str | None:
    """Returns an argument as text in lower case; None if it is no text or number."""
    if value is None:
        return ""
    if isinstance(value, str):
        return " ".join(value.lower().split())
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    is_integer = abs(value) < _LARGEST and value == int(value)
    return str(int(value)) if is_integer else None
