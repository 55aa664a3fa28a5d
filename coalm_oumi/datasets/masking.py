"""Function masking (Hammer, arXiv 2410.04587): names that tell nothing.

A model that trains on random names has to read the descriptions. In (invented)::

    query   Two seats to Ely
    tools   [{"name": "find_bus", "parameters": {"to": {...}, "seats": {...}}}]
    calls   [{"name": "find_bus", "arguments": {"to": "Ely", "seats": 2}}]

and out, for some draw::

    tools   [{"name": "kT.0_zQx", "parameters": {"_9dWq": {...}, "XmB4.u": {...}}}]
    calls   [{"name": "kT.0_zQx", "arguments": {"_9dWq": "Ely", "XmB4.u": 2}}]

The rule is that of Hammer's data script (`train/data_processing.py`), with its faults
mended, so that every masked row can be solved:

- new names are distinct, as in a row where two random names fell together the calls
  would be ambiguous;
- of several tools with one name, the first that has the parameters the calls use is
  kept (more than one only when different calls need different ones);
- a default is renewed only where the argument *equals* it, type included (`1` is not
  `True`, and `"5"` is not `5`), and only as a whole word of a text (`1` does not touch
  `2021`); it is left alone when the query spells it in another way (`five`, `5km`,
  `1,000`, `2` for `2.0`), or has it in common with another argument: that argument
  would lose its ground;
- booleans are left alone: Hammer's script adds a fraction to them; so are texts without
  a letter or digit (`,`), which stand all over a query and mean nothing there.
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from coalm_oumi.calls import FunctionCall, FunctionSchema, ParameterSchema
from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.datasets.spelling import (
    has_number_word,
    has_other_numeral,
    has_word,
    mentions,
    word,
)

ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "_."
"""Characters of a random name."""
FUNCTION_NAME_LENGTH = (5, 15)
"""Shortest and longest random function name, in characters."""
PARAMETER_NAME_LENGTH = (4, 10)
"""Shortest and longest random parameter name, in characters."""
DEFAULT_TEXT_LENGTH = 5
"""Length of a random default text, in characters."""
_WAYS = (has_word, has_other_numeral, has_number_word)


@dataclass(frozen=True)
class FunctionTask:
    """A query, the tools on offer, and the calls that answer it."""

    query: str
    tools: tuple[FunctionSchema, ...]
    calls: tuple[FunctionCall, ...]


def mask_functions(task: FunctionTask, rng: random.Random) -> FunctionTask:
    """Masks the names of all functions and parameters, and defaults relied on.

    Args:
        task: A task whose calls all resolve to a listed tool.
        rng: Source of the draws; the same state gives the same result.

    Returns:
        The masked task: tools shuffled, each of another name, every call resolvable.

    Raises:
        ValueError: A call resolves to no listed tool.
    """
    tools, chosen = _without_duplicates(task.tools, task.calls)
    function_names = _fresh_names(len(tools), FUNCTION_NAME_LENGTH, rng)
    parameter_names = [
        dict(
            zip(
                (p.name for p in tool.parameters),
                _fresh_names(len(tool.parameters), PARAMETER_NAME_LENGTH, rng),
                strict=True,
            )
        )
        for tool in tools
    ]
    renamed_tools = [
        replace(
            tool,
            name=name,
            parameters=tuple(
                ParameterSchema(names[p.name], p.definition) for p in tool.parameters
            ),
            extra=_renamed_extra(tool.extra, names),
        )
        for tool, name, names in zip(
            tools, function_names, parameter_names, strict=True
        )
    ]
    renamed_calls = tuple(
        FunctionCall(
            function_names[index],
            {parameter_names[index][k]: v for k, v in call.arguments.items()},
        )
        for call, index in zip(task.calls, chosen, strict=True)
    )
    renamed = FunctionTask(task.query, tuple(renamed_tools), renamed_calls)
    masked = _renew_defaults(renamed, rng)
    shuffled = list(masked.tools)
    rng.shuffle(shuffled)
    return replace(masked, tools=tuple(shuffled))


def _without_duplicates(
    tools: Sequence[FunctionSchema], calls: Sequence[FunctionCall]
) -> tuple[list[FunctionSchema], list[int]]:
    """Keeps one tool of each name, and says which of the kept ones each call means."""
    named: dict[str, list[int]] = {}
    for index, tool in enumerate(tools):
        named.setdefault(tool.name, []).append(index)
    used: dict[str, set[str]] = {}
    for call in calls:
        used.setdefault(call.name, set()).update(call.arguments)

    def first_fit(name: str, needed: Set[str]) -> int | None:
        fitting = (i for i in named[name] if needed <= tools[i].parameter_names)
        return next(fitting, None)

    meant: list[int] = []
    for call in calls:
        index = first_fit(call.name, used[call.name])
        if index is None:
            index = first_fit(call.name, call.arguments.keys())
        if index is None:
            raise ValueError(f"the call '{call.name}' resolves to no listed tool")
        meant.append(index)
    called = {tools[index].name for index in meant}
    unused = {indices[0] for name, indices in named.items() if name not in called}
    kept = sorted({*meant, *unused})
    return [tools[i] for i in kept], [kept.index(i) for i in meant]


def _renamed_extra(
    extra: Mapping[str, JsonValue], names: Mapping[str, str]
) -> Mapping[str, JsonValue]:
    """Renames the parameters in a tool's `required`, where the source gives one."""
    required = extra.get("required")
    if not isinstance(required, list):
        return extra
    renamed = [names.get(r, r) if isinstance(r, str) else r for r in required]
    return {**extra, "required": renamed}


def _fresh_names(n: int, lengths: tuple[int, int], rng: random.Random) -> list[str]:
    names: dict[str, None] = {}
    while len(names) < n:
        length = rng.randint(*lengths)
        names["".join(rng.choices(ALPHABET, k=length))] = None
    return list(names)


def _renew_defaults(task: FunctionTask, rng: random.Random) -> FunctionTask:
    for tool in task.tools:
        for parameter in tool.parameters:
            task = _renew_default(task, tool.name, parameter.name, rng)
    return task


def _renew_default(
    task: FunctionTask, function: str, parameter: str, rng: random.Random
) -> FunctionTask:
    """Gives one parameter another default, where the answer relies on it."""
    tool = next(t for t in task.tools if t.name == function)
    schema = next(p for p in tool.parameters if p.name == parameter)
    old = schema.default
    relying = [
        call.name == function
        and parameter in call.arguments
        and _same(call.arguments[parameter], old)
        for call in task.calls
    ]
    if not schema.has_default or not _renewable(old) or not any(relying):
        return task
    # Drawn in any case: so a row's draws do not depend on what its query says.
    new = _another(old, rng)
    query = word(old, ignore_case=True).sub(lambda _: str(new), task.query)
    others = list(_other_texts(task, relying, parameter))
    if _at_odds(old, task.query, query, others) or has_other_numeral(
        old, schema.description
    ):
        return task
    definition = _redefined(schema.definition, old, new)
    return FunctionTask(
        query=query,
        tools=tuple(
            t if t.name != function else _with_definition(t, parameter, definition)
            for t in task.tools
        ),
        calls=tuple(
            replace(call, arguments={**call.arguments, parameter: new})
            if relies
            else call
            for call, relies in zip(task.calls, relying, strict=True)
        ),
    )


def _redefined(
    definition: Mapping[str, JsonValue], old: int | float | str, new: int | float | str
) -> dict[str, JsonValue]:
    """Puts the new default wherever a definition tells the old one."""
    renewed = dict(definition)
    renewed["default"] = new
    if isinstance(renewed.get("description"), str):
        renewed["description"] = word(old).sub(
            lambda _: str(new), renewed["description"]
        )
    if isinstance(renewed.get("type"), str):
        # Some types end in the default: "str, optional, default 'Ely'".
        kind, default, told = renewed["type"].partition("default")
        renewed["type"] = kind + default + word(old).sub(lambda _: str(new), told)
    if isinstance(renewed.get("enum"), list):
        renewed["enum"] = [new if _same(e, old) else e for e in renewed["enum"]]
    return renewed


def _with_definition(
    tool: FunctionSchema, parameter: str, definition: dict[str, JsonValue]
) -> FunctionSchema:
    return replace(
        tool,
        parameters=tuple(
            ParameterSchema(p.name, definition) if p.name == parameter else p
            for p in tool.parameters
        ),
    )


def _renewable(value: JsonValue) -> bool:
    """Whether it is a number or a text that holds a letter or digit."""
    if isinstance(value, bool):
        return False
    return isinstance(value, (int, float)) or (
        isinstance(value, str) and re.search(r"[^\W_]", value) is not None
    )


def _same(value: JsonValue, default: JsonValue) -> bool:
    return type(value) is type(default) and value == default


def _another(value: int | float | str, rng: random.Random) -> int | float | str:
    if isinstance(value, str):
        return "".join(rng.choices(ALPHABET, k=DEFAULT_TEXT_LENGTH))
    if isinstance(value, int):
        return value + rng.randint(1, 4)
    return value + rng.random()


def _at_odds(
    old: int | float | str, before: str, after: str, others: Sequence[str]
) -> bool:
    """Whether a change of the value would leave query and calls at odds.

    Args:
        old: The value to change.
        before: The query with the old value.
        after: The query with the new one.
        others: The texts of all arguments that keep their values.
    """
    if has_other_numeral(old, before) or has_number_word(old, before):
        return True
    if after == before:
        return False
    return any(
        mentions(old, text)
        # "York" where "New York" went, 5 where "$5" went.
        or any(stands(text, before) and not stands(text, after) for stands in _WAYS)
        for text in others
        if text
    )


def _other_texts(
    task: FunctionTask, relying: Sequence[bool], parameter: str
) -> Iterator[str]:
    """Yields the texts of all arguments but those that rely on the default."""
    for call, relies in zip(task.calls, relying, strict=True):
        for name, value in call.arguments.items():
            if not (relies and name == parameter):
                yield from _texts(value)


def _texts(value: JsonValue) -> Iterator[str]:
    """Yields all texts and numbers inside a JSON value, as text."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    else:
        yield str(value)
