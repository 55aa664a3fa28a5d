"""Calls as a JSON list, the notation of xLAM and Hammer.

In: ``[{"name": "find_bus", "arguments": {"to": "Ely"}}]``, bare or inside a code fence.
Out: ``FunctionCall("find_bus", {"to": "Ely"})``.

Written as above, and read as other families and protocols write it, too: the arguments
may be called `parameters` (Llama 3.1), `args`, `params`, `input` (Anthropic) or `kwargs`,
be an object or the JSON text of one, and stand with the name inside a `function` (OpenAI).
An entry from which it does not follow what the arguments are is no call, so that nobody
makes a call without what the model said: see `parse_json_list`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from coalm_oumi.calls import strict_json
from coalm_oumi.calls.model import FunctionCall
from coalm_oumi.calls.notation import NO_CALL, IsListed, ListNotation, only_call

_FENCE = "```"
_ARGUMENTS = ("arguments", "parameters", "args", "params", "input", "kwargs")
# What protocols write beside a call: the call's number and kind.
_BESIDE = frozenset(("id", "call_id", "index", "type"))
_NOTHING = (None, "", {}, [])


def write_json_list(calls: Iterable[FunctionCall]) -> str:
    """Writes calls as one line of JSON, as in xLAM's `answers` column.

    Args:
        calls: The calls, in order; none gives `[]`.
    """
    return strict_json.dumps(
        [{"name": call.name, "arguments": dict(call.arguments)} for call in calls]
    )


def fenced(text: str) -> str:
    """Puts `text` between two lines of three backticks, as Hammer's outputs are."""
    return f"{_FENCE}\n{text}\n{_FENCE}"


def unfenced(text: str) -> str:
    """Takes a surrounding code fence, with or without a language name, off `text`."""
    body = text.strip()
    if not body.startswith(_FENCE):
        return body
    body = body[len(_FENCE) :]
    first_line, newline, rest = body.partition("\n")
    if newline and not first_line.strip().startswith(("[", "{")):
        body = rest
    body = body.rstrip()
    return body.removesuffix(_FENCE).strip()


def parse_json_list(text: str) -> tuple[FunctionCall, ...]:
    """Parses calls written as a JSON list.

    A call is an object with a `name`, and with its arguments under one of the names in
    the module's docstring. There are none if they are missing, null, `""` or `{}` and no
    other key holds anything, but for a call's `id`, `call_id`, `index` and `type`. Beside
    `arguments` further keys are passed over; beside the other names they make the entry
    no call, as `{"name": ..., "description": ..., "parameters": ...}` defines a function.

    Args:
        text: The list, bare or fenced.

    Returns:
        The calls in order; none for `[]`.

    Raises:
        ValueError: It is not JSON, not a list, or an entry is not a call: it has no
            `name` (text), has arguments under two names that differ, or arguments that
            are no object.
    """
    found = strict_json.loads(unfenced(text))
    if not isinstance(found, list):
        raise ValueError("expected a JSON list of calls")
    return tuple(_call(entry) for entry in found)


def _call(entry: strict_json.JsonValue) -> FunctionCall:
    if isinstance(entry, dict) and "name" not in entry:
        inner = entry.get("function")
        if isinstance(inner, dict) and not _others(entry, "function"):
            entry = inner
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise ValueError("a call is an object with a 'name' (string) and 'arguments'")
    name = entry["name"]
    given = {key: entry[key] for key in _ARGUMENTS if entry.get(key) not in (None, "")}
    read = [_arguments(name, key, value) for key, value in given.items()]
    arguments = read[0] if read else {}
    if len({json.dumps(found, sort_keys=True) for found in read}) > 1:
        raise ValueError(f"call '{name}': {_listed(given)} differ")
    others = _others(entry, "name", *_ARGUMENTS)
    if others and not (arguments and "arguments" in given):
        raise ValueError(f"call '{name}': {_listed(others)} cannot stand in a call")
    if "arguments" not in given and _is_schema(arguments):
        raise ValueError(f"call '{name}': it has a JSON schema in place of arguments")
    return FunctionCall(name, arguments)


def _arguments(
    name: str, key: str, value: strict_json.JsonValue
) -> dict[str, strict_json.JsonValue]:
    if isinstance(value, str):
        try:
            value = strict_json.loads(value)
        except ValueError as error:
            raise ValueError(f"call '{name}': the text of '{key}': {error}") from None
        value = {} if value is None else value
    if not isinstance(value, dict):
        raise ValueError(f"call '{name}': '{key}' is not an object")
    return value


def _others(entry: dict[str, strict_json.JsonValue], *known: str) -> list[str]:
    """Returns the keys that hold something and are not known."""
    found = {
        key: value
        for key, value in entry.items()
        if key not in known and value not in _NOTHING
    }
    holds = (dict, list)
    return [k for k, v in found.items() if k not in _BESIDE or isinstance(v, holds)]


def _listed(keys: Iterable[str]) -> str:
    return " and ".join(f"'{key}'" for key in keys)


def _is_schema(arguments: dict[str, strict_json.JsonValue]) -> bool:
    return arguments.get("type") in ("object", "dict") and isinstance(
        arguments.get("properties"), dict
    )


def _begun(text: str, is_listed: IsListed) -> int:
    return 0 if text[0] == "{" else NO_CALL


JSON_LIST = ListNotation(
    "json",
    parse_json_list,
    write_json_list,
    only_call(parse_json_list),
    quotes='"',
    starts=r"\{(?!\s*+\})",
    begins=_begun,
)
