"""Whether a value is one that the JSON schema of a user's own argument allows.

A parameter's definition (`functions.FunctionCatalogue`) has the type and the closed list of
values in words of this package; what else the schema says, such as bounds, patterns and the
schemas of items, is checked here. SGD's definitions say nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping

from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.errors import shorten
from coalm_oumi.own_apis.plain_schema import DESCRIBING

_ELSEWHERE = frozenset(("type", "enum", "nullable"))


def schema_problem(value: JsonValue, definition: Mapping[str, JsonValue]) -> str | None:
    """Says why a schema does not allow a value, if so.

    Args:
        value: The value of an argument.
        definition: The definition of its parameter.
    """
    elsewhere = _ELSEWHERE
    if definition.get("type") == "any":
        # Python takes `True` for 1, which a list of mixed values may hold.
        elsewhere = elsewhere - {"enum"}
    limits = {
        key: limit
        for key, limit in definition.items()
        if key not in elsewhere and key not in DESCRIBING and not key.startswith("x-")
    }
    if not limits:
        return None
    from jsonschema import Draft202012Validator

    error = next(iter(Draft202012Validator(limits).iter_errors(value)), None)
    return None if error is None else shorten(error.message, 120)
