"""What every masked task must be, checked against the task it was made from."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from coalm_oumi.calls import FunctionCall, FunctionSchema, unresolved
from coalm_oumi.datasets.masking import FunctionTask

FUNCTION_NAME = re.compile(r"[A-Za-z0-9_.]{5,15}")
_CASE = re.RegexFlag(0)
PARAMETER_NAME = re.compile(r"[A-Za-z0-9_.]{4,10}")


def same(a: Any, b: Any) -> bool:
    """Whether two JSON values are equal, types and order of keys included."""
    return repr(a) == repr(b)


def check_names(masked: FunctionTask) -> None:
    """Names are random-looking, of the right lengths, and distinct."""
    names = [tool.name for tool in masked.tools]
    assert len(set(names)) == len(names)
    assert all(FUNCTION_NAME.fullmatch(name) for name in names)
    for tool in masked.tools:
        parameters = [p.name for p in tool.parameters]
        assert len(set(parameters)) == len(parameters)
        assert all(PARAMETER_NAME.fullmatch(name) for name in parameters)


def check_masked(task: FunctionTask, masked: FunctionTask) -> int:
    """Asserts that `masked` is `task` renamed, with some defaults renewed.

    Returns:
        How many defaults were renewed.
    """
    check_names(masked)
    assert unresolved(masked.calls, masked.tools) is None
    origins = _origins(task, masked)
    assert origins is not None, "no renaming leads from the one to the other"
    renewed = list(_renewed(masked, origins))
    _check_query(task, masked, origins, renewed)
    return len(renewed)


Origins = dict[str, FunctionSchema]


def _origins(task: FunctionTask, masked: FunctionTask) -> Origins | None:
    """Finds which original each masked tool is, if all fits together."""
    candidates = [
        [tool for tool in task.tools if _is_renamed(tool, other)]
        for other in masked.tools
    ]
    for choice in itertools.product(*candidates):
        origins = {m.name: tool for m, tool in zip(masked.tools, choice, strict=True)}
        if {t.name for t in choice} == {t.name for t in task.tools} and _calls_fit(
            task, masked, origins
        ):
            return origins
    return None


def _is_renamed(tool: FunctionSchema, masked: FunctionSchema) -> bool:
    """Whether only names, defaults and what tells the defaults differ."""
    if tool.description != masked.description:
        return False
    if len(tool.parameters) != len(masked.parameters):
        return False
    for before, after in zip(tool.parameters, masked.parameters, strict=True):
        if list(before.definition) != list(after.definition):
            return False
        if not same(before.default, after.default):
            if not _is_renewed(before.definition, after.definition):
                return False
        elif not same(before.definition, after.definition):
            return False
    return True


def _is_renewed(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a definition has a new default, and tells the new one only."""
    old, new = before["default"], after["default"]
    told = str(before.get("description", "")), str(after.get("description", ""))
    return (
        _is_of_its_kind(old, new)
        and bool(word_count(old, told[0], _CASE)) <= (str(new) in told[1])
        and not word_count(old, told[1].replace(str(new), ""), _CASE)
        and same(before.get("type"), after.get("type"))
    )


def _is_of_its_kind(old: Any, new: Any) -> bool:
    """Whether the one default may have become the other."""
    if isinstance(old, str):
        letters = any(c.isalnum() for c in old)
        return letters and re.fullmatch(r"[A-Za-z0-9_.]{5}", new) is not None
    if isinstance(old, bool) or type(old) is not type(new):
        return False
    if isinstance(old, int):
        return 1 <= new - old <= 4
    return isinstance(old, float) and 0 <= new - old <= 1


def _pairs(
    task: FunctionTask, masked: FunctionTask, origins: Origins
) -> Iterator[tuple[FunctionCall, FunctionCall, FunctionSchema, FunctionSchema]]:
    by_name = {tool.name: tool for tool in masked.tools}
    for before, after in zip(task.calls, masked.calls, strict=True):
        yield before, after, origins[after.name], by_name[after.name]


def _calls_fit(task: FunctionTask, masked: FunctionTask, origins: Origins) -> bool:
    """Whether the calls are the same, in number, order, arguments and values."""
    if len(task.calls) != len(masked.calls):
        return False
    for before, after, tool, renamed in _pairs(task, masked, origins):
        if before.name != tool.name:
            return False
        names = {
            p.name: q for p, q in zip(tool.parameters, renamed.parameters, strict=True)
        }
        old = {p.name: p for p in tool.parameters}
        if not before.arguments.keys() <= names.keys():
            return False
        if list(after.arguments) != [names[name].name for name in before.arguments]:
            return False
        for name, value in before.arguments.items():
            new = after.arguments[names[name].name]
            relies = old[name].has_default and same(value, old[name].default)
            # Where the answer relies on a default, it has the new one; else its own.
            if not same(new, names[name].default if relies else value):
                return False
    return True


def _renewed(masked: FunctionTask, origins: Origins) -> Iterator[tuple[Any, Any]]:
    for tool in masked.tools:
        for before, after in zip(
            origins[tool.name].parameters, tool.parameters, strict=True
        ):
            if not same(before.default, after.default):
                yield before.default, after.default


def _check_query(
    task: FunctionTask,
    masked: FunctionTask,
    origins: Origins,
    renewed: list[tuple[Any, Any]],
) -> None:
    """What the query said of other values it still says, and renewed ones anew."""
    if not renewed:
        assert masked.query == task.query
    for old, new in renewed:
        if word_count(old, task.query):
            assert str(new) in masked.query
        # Unless a new default happens to contain it.
        if not any(word_count(old, str(other)) for _, other in renewed):
            assert not word_count(old, masked.query)
    for before, after, _, _ in _pairs(task, masked, origins):
        for a, b in zip(
            before.arguments.values(), after.arguments.values(), strict=True
        ):
            if not same(a, b):
                continue
            for text in _texts(a):
                if word_count(text, task.query):
                    assert word_count(text, masked.query)


def word_count(value: Any, text: str, flags: re.RegexFlag = re.IGNORECASE) -> int:
    """How often a value stands in a text as a word of its own."""
    own = re.escape(str(value))
    return len(re.findall(rf"(?<![\w.])(?<!\d,){own}(?!\w|[.,]\d)", text, flags))


def _texts(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(key)
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif any(c.isalnum() for c in str(value)):
        yield value
