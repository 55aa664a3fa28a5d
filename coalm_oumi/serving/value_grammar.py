r"""Values of arguments as rules of a grammar (EBNF, as vLLM's backends read it).

In: ``{"type": "array", "items": {"enum": ["Ely", "Rye"]}}``, written as JSON.
Out: the name of a rule that stands for ``[]``, ``["Ely"]``, ``["Rye", "Ely"]`` and so on.

Of a schema the types, `enum`, `const`, `anyOf`, `oneOf`, `items` and `properties` are held;
lengths, bounds and patterns are not. What is not understood may have any value. Whatever
the rules allow is read by the notation's own reader: numbers have few digits, values are
nested a few levels, and there are no halves of surrogate pairs. One thing no grammar can
hold: that an object whose keys are free does not repeat one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from coalm_oumi.calls import write_literal

Style = Literal["json", "python", "bracket"]
"""How a value is written: as JSON, as Python, or as JSON but for a bare `True`, `False`
or `None`, as the bracket notation has its arguments."""

DEEPEST = 6
"""Levels of arrays and objects; inside the last, values are scalars."""

_NO_HALF = "[0-9a-cA-CefEF] [0-9a-fA-F]{3} | [dD] [0-7] [0-9a-fA-F]{2}"
_ESCAPED = rf""""\\" (["\\/bfnrt] | "u" ({_NO_HALF}))"""
_JSON_TEXT = rf"""("\"" ([^"\\\x00-\x1f] | {_ESCAPED})* "\"")"""
_PYTHON_TEXT = (
    r"""("'" ([^'\\\x00-\x1f\x7f-\x9f] | "\\" ['"\\nrt])* "'" """
    r"""| "\"" ([^"\\\x00-\x1f\x7f-\x9f] | "\\" ['"\\nrt])* "\"")"""
)
_INTEGER = r"""("-"? ("0" | [1-9] [0-9]{0,17}))"""
_NUMBER = rf"""({_INTEGER} ("." [0-9]{{1,17}})? ([eE] [+-]? [0-9]{{1,2}})?)"""
_WORDS = {"json": ("true", "false", "null"), "python": ("True", "False", "None")}


def terminal(text: str) -> str:
    """Returns a text as a terminal of a grammar."""
    return json.dumps(text, ensure_ascii=False)


class Rules:
    """The rules of a grammar, each with a name of its own; equal ones are one."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def add(self, body: str) -> str:
        """Adds a rule, and returns its name."""
        return self._names.setdefault(body, f"r{len(self._names)}")

    def grammar(self, root: str) -> str:
        """Returns the grammar whose root is a rule of that body."""
        lines = [f"{name} ::= {body}" for body, name in self._names.items()]
        return "\n".join([f"root ::= {root}", *lines])

    def one_of(self, bodies: Sequence[str]) -> str:
        """Adds a rule for any of some bodies."""
        return self.add(" | ".join(dict.fromkeys(bodies)))

    def members(self, members: Sequence[tuple[str, bool]]) -> str:
        """Adds a rule for members in order, with commas between those that are there.

        Args:
            members: The body of each, and whether it has to be there.
        """
        first = behind = '""'
        for body, required in reversed(members):
            choices = [f"{body} {behind}"] + ([] if required else [first])
            later = [f'", " {body} {behind}'] + ([] if required else [behind])
            first, behind = self.one_of(choices), self.one_of(later)
        return first

    def repeated(self, body: str) -> str:
        """Adds a rule for any number of the same, with commas between them."""
        return self.add(f'({body} (", " {body})*)?')


def any_value(rules: Rules, style: Style, depth: int = DEEPEST) -> str:
    """Adds a rule for any value of a style.

    Args:
        rules: What the rule is added to.
        style: How values are written.
        depth: How many levels of arrays and objects it may have.
    """
    plain = "python" if style == "python" else "json"
    text = rules.add(_PYTHON_TEXT if style == "python" else _JSON_TEXT)
    words = _WORDS["json" if style == "json" else "python"]
    bodies = [text, rules.add(_NUMBER), *map(terminal, words)]
    if depth:
        inside = any_value(rules, plain, depth - 1)
        key = text if plain == "json" else rules.add(_PYTHON_TEXT)
        pair = rules.add(f'{key} ": " {inside}')
        bodies += [
            rules.add(f'"[" {rules.repeated(inside)} "]"'),
            rules.add(f'"{{" {rules.repeated(pair)} "}}"'),
        ]
    return rules.one_of(bodies)


def schema_value(rules: Rules, schema: Any, style: Style, depth: int = DEEPEST) -> str:
    """Adds a rule for the values that a JSON schema allows.

    Args:
        rules: What the rule is added to.
        schema: The schema.
        style: How values are written.
        depth: How many levels of arrays and objects they may have.
    """
    if not isinstance(schema, Mapping) or not depth:
        return any_value(rules, style, depth)
    listed = [schema["const"]] if "const" in schema else schema.get("enum")
    if isinstance(listed, list) and listed:
        return rules.one_of([terminal(_written(value, style)) for value in listed])
    choices = schema.get("anyOf") or schema.get("oneOf")
    if isinstance(choices, list) and choices:
        return rules.one_of([schema_value(rules, c, style, depth) for c in choices])
    kinds = schema.get("type", "object" if "properties" in schema else None)
    kinds = kinds if isinstance(kinds, list) else [kinds]
    bodies = [_of_type(rules, kind, schema, style, depth) for kind in kinds]
    return rules.one_of(bodies) if bodies else any_value(rules, style, depth)


def _of_type(
    rules: Rules, kind: Any, schema: Mapping[str, Any], style: Style, depth: int
) -> str:
    plain: Style = "python" if style == "python" else "json"
    words = list(map(terminal, _WORDS["json" if style == "json" else "python"]))
    made: dict[Any, Callable[[], str]] = {
        "string": lambda: rules.add(_PYTHON_TEXT if style == "python" else _JSON_TEXT),
        "integer": lambda: rules.add(_INTEGER),
        "number": lambda: rules.add(_NUMBER),
        "boolean": lambda: rules.one_of(words[:2]),
        "null": lambda: words[2],
        "array": lambda: _array(rules, schema, plain, depth),
        "object": lambda: _object(rules, schema, plain, depth),
    }
    return made[kind]() if kind in made else any_value(rules, style, depth)


def _array(rules: Rules, schema: Mapping[str, Any], style: Style, depth: int) -> str:
    item = schema_value(rules, schema.get("items"), style, depth - 1)
    return rules.add(f'"[" {rules.repeated(item)} "]"')


def _object(rules: Rules, schema: Mapping[str, Any], style: Style, depth: int) -> str:
    if not isinstance(properties := schema.get("properties"), Mapping):
        text = rules.add(_PYTHON_TEXT if style == "python" else _JSON_TEXT)
        value = schema_value(
            rules, schema.get("additionalProperties"), style, depth - 1
        )
        pair = rules.add(f'{text} ": " {value}')
        return rules.add(f'"{{" {rules.repeated(pair)} "}}"')
    required = schema.get("required") or ()
    members = [
        (
            f"{terminal(_written(name, style) + ': ')} "
            f"{schema_value(rules, value, style, depth - 1)}",
            name in required,
        )
        for name, value in properties.items()
    ]
    return rules.add(f'"{{" {rules.members(members)} "}}"')


def _written(value: Any, style: Style) -> str:
    """Returns a value as it stands in a call."""
    if style == "python":
        return write_literal(value)
    if style == "bracket" and (value is None or isinstance(value, bool)):
        return str(value)
    return json.dumps(value)
