"""YAML 1.2 read as JSON: the core schema's scalars, keys as they are written.

In: ``{enum: [08:00, 10:00, 0o10, yes, ~], 200: 1_000}``. Out:
``{"enum": ["08:00", "10:00", 8, "yes", None], "200": "1_000"}``.

PyYAML reads version 1.1, where `10:00` is 600, `010` is 8 and `no` is false. Here a plain
scalar is what section 10.3.2 of YAML 1.2.2 says, and every key is the text that stands in
the file, as OpenAPI asks for (its failsafe schema). Two things are no part of the core
schema: `<<: *base` still takes over the members of what the alias repeats, since many
catalogues do so; and what JSON cannot hold (`.inf`, sets, binary data) is refused.

`ruamel.yaml` 0.19 in its place would make 1000 of `1_000`, a date of `2026-05-01` and
numbers of the keys `200` and `010`, and refuse `=` and `{a: ?b}`
(`test_yaml_document.py`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import yaml

from coalm_oumi.calls.strict_json import MAX_DEPTH, JsonValue
from coalm_oumi.errors import shorten

MOST_REPEATED = 200_000
"""Values that the aliases of a file may repeat."""
_TAG = "tag:yaml.org,2002:"


_PLAIN = "plain"
_ENDS = "\0 \t\r\n\x85\u2028\u2029"
_FLOW = ",[]{}"


class _Loader(yaml.SafeLoader):
    """Tells plain scalars from all others, and where they end as YAML 1.2 does.

    PyYAML ends a plain scalar of a flow collection at any `?`, and takes a `?` or `:` that
    begins one for an indicator.
    """

    _in_plain = False

    def compose_scalar_node(self, anchor: Any) -> Any:
        event = self.peek_event()
        node = super().compose_scalar_node(anchor)
        if event.tag is None and event.implicit[0]:
            node.tag = _PLAIN
        elif event.tag == "!":
            node.tag = f"{_TAG}str"
        return node

    def peek(self, index: int = 0) -> str:
        found = super().peek(index)
        return "_" if found == "?" and self._in_plain else found

    def scan_plain(self) -> Any:
        self._in_plain = True
        try:
            return super().scan_plain()
        finally:
            self._in_plain = False

    def check_key(self) -> bool:
        return not self._begins_plain()

    def check_value(self) -> bool:
        # Behind a key in quotes or brackets no space is needed: `{"a":1}`.
        before = self.buffer[self.pointer - 1] if self.pointer else ""
        return not self._begins_plain() or bool(self.flow_level and before in "\"'}]")

    def check_plain(self) -> bool:
        return super().check_plain() or (self.peek() in "?:" and self._begins_plain())

    def _begins_plain(self) -> bool:
        """Whether the `?` or `:` at hand is a scalar's first character."""
        return self.peek(1) not in _ENDS + (_FLOW if self.flow_level else "")


class _YamlError(ValueError):
    def __init__(self, problem: str, node: Any) -> None:
        mark = node.start_mark
        super().__init__(
            f"at line {mark.line + 1}, column {mark.column + 1}: {problem}"
        )


def read_yaml(text: str) -> JsonValue:
    """Reads one YAML document.

    Args:
        text: The document.

    Returns:
        The value; of an empty document None. What aliases repeat is one object.

    Raises:
        ValueError: It is no YAML, holds a key twice, an alias that holds itself or that
            repeats too much, or what JSON cannot hold; the message begins with the place
            (`at line 2, column 5: `).
    """
    try:
        node = yaml.compose(text, Loader=_Loader)
        return None if node is None else _Reader().value(node, 0)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        at = f"at line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ValueError(f"{at}{error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise ValueError(f"that can be read: {' '.join(str(error).split())}") from error
    except RecursionError:
        raise ValueError("that can be used: it is nested too deeply") from None


class _Reader:
    """Makes values of YAML's nodes, each node once."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[JsonValue, int]] = {}
        self._open: set[int] = set()
        self._repeated = 0

    def value(self, node: Any, depth: int) -> JsonValue:
        return self._sized(node, depth)[0]

    def _sized(self, node: Any, depth: int) -> tuple[JsonValue, int]:
        """Returns a node's value, and of how many values it consists."""
        if id(node) in self._open:
            raise _YamlError("an alias holds itself", node)
        if id(node) in self._made:
            self._repeated += self._made[id(node)][1]
            if self._repeated > MOST_REPEATED:
                raise _YamlError(
                    f"the aliases repeat more than {MOST_REPEATED:,} values", node
                )
            return self._made[id(node)]
        if depth > MAX_DEPTH:
            raise _YamlError("it is nested too deeply", node)
        self._open.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            found: tuple[JsonValue, int] = (_scalar(node), 1)
        elif isinstance(node, yaml.SequenceNode):
            _expect_tag(node, "seq")
            items = [self._sized(item, depth + 1) for item in node.value]
            found = [item for item, _ in items], 1 + sum(size for _, size in items)
        else:
            _expect_tag(node, "map")
            found = self._mapping(node, depth)
        self._open.discard(id(node))
        self._made[id(node)] = found
        return found

    def _mapping(self, node: Any, depth: int) -> tuple[dict[str, JsonValue], int]:
        own: dict[str, JsonValue] = {}
        merged: dict[str, JsonValue] = {}
        size = 1
        for key_node, value_node in node.value:
            merges = self._merges(key_node, value_node)
            value, below = self._sized(value_node, depth + 1)
            size += below
            if merges:
                # An earlier object goes before a later one (YAML's merge type).
                for other in value if isinstance(value, list) else [value]:
                    merged.update((k, v) for k, v in other.items() if k not in merged)
                continue
            key = _key(key_node)
            if key in own:
                raise _YamlError(f"the key '{key}' stands twice", key_node)
            own[key] = value
        return {**merged, **own}, size

    def _merges(self, key: Any, value: Any) -> bool:
        """Whether a key stands for the members of what aliases repeat."""
        if not isinstance(key, yaml.ScalarNode) or (key.value, key.tag) != (
            "<<",
            _PLAIN,
        ):
            return False
        objects = value.value if isinstance(value, yaml.SequenceNode) else [value]
        aliases = any(id(one) in self._made or id(one) in self._open for one in objects)
        return aliases and all(isinstance(one, yaml.MappingNode) for one in objects)


def _key(node: Any) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise _YamlError("a key is no text", node)
    return _text(node)


def _text(node: Any) -> str:
    """Returns a scalar's text; JSON escapes characters beyond U+FFFF as two halves."""
    text: str = node.value
    if not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise _YamlError("it holds half of a surrogate pair", node) from None


def _expect_tag(node: Any, kind: str) -> None:
    if node.tag not in (f"{_TAG}{kind}", "!"):
        raise _unknown_tag(node)


def _unknown_tag(node: Any) -> _YamlError:
    name = node.tag.replace(_TAG, "!!")
    problem = f"JSON has nothing for the tag '{name}' (no sets, dates or bytes)"
    return _YamlError(problem, node)


def _scalar(node: Any) -> JsonValue:
    """Returns a scalar's value: without a tag, a plain one is what it looks like."""
    text = _text(node)
    if node.tag == _PLAIN:
        for kind in _CORE.values():
            for pattern, make in kind:
                if pattern.fullmatch(text):
                    return _made(make, node)
        return text
    tag = node.tag.removeprefix(_TAG)
    if tag == "str":
        return text
    if tag not in _CORE:
        raise _unknown_tag(node)
    for pattern, make in _CORE[tag]:
        if pattern.fullmatch(text):
            return _made(make, node)
    raise _YamlError(f"'{shorten(text, 40)}' is no {tag} of YAML 1.2", node)


def _made(make: Callable[[str], JsonValue], node: Any) -> JsonValue:
    try:
        return make(node.value)
    except ValueError as error:
        raise _YamlError(f"'{shorten(node.value, 40)}': {error}", node) from error


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("the number is too large")
    return value


def _not_finite(text: str) -> JsonValue:
    raise ValueError(f"{text.lstrip('+-.').lower()} is no number of JSON")


# The kinds of section 10.3.2, in its order.
_CORE: dict[str, tuple[tuple[re.Pattern[str], Callable[[str], JsonValue]], ...]] = {
    "null": ((re.compile(r"null|Null|NULL|~|"), lambda _: None),),
    "bool": (
        (re.compile(r"true|True|TRUE"), lambda _: True),
        (re.compile(r"false|False|FALSE"), lambda _: False),
    ),
    "int": (
        (re.compile(r"[-+]?[0-9]+"), int),
        (re.compile(r"0o[0-7]+"), lambda text: int(text[2:], 8)),
        (re.compile(r"0x[0-9a-fA-F]+"), lambda text: int(text[2:], 16)),
    ),
    "float": (
        (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), _finite),
        (re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"), _not_finite),
    ),
}
