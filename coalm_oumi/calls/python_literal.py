r"""Literals as Python writes them, read without evaluating anything.

In: ``{'city': "Ely", 'seats': [2, 3.5], 'open': True}``.
Out: ``{"city": "Ely", "seats": [2, 3.5], "open": True}``.

As `calls.literal`, with Python's rules: text stands in quotes, in three of them or raw,
texts side by side are one, `#` begins a comment, and there are no tuples.
"""

from __future__ import annotations

import ast
import re
import warnings

from coalm_oumi.calls.literal import QUOTES, CallSyntaxError, LiteralReader, unwritable
from coalm_oumi.calls.strict_json import JsonValue

_MAX_DEPTH = 50
_MAX_DIGITS = 400
_TEXTS = re.compile(
    r"""(?:(?i:[rub]|br|rb)?(?:
        '{3}(?:[^\\]|\\.)*?'{3} | "{3}(?:[^\\]|\\.)*?"{3}
        | '(?!'')(?:[^'\\\r\n]|\\\r\n|\\.)*' | "(?!"")(?:[^"\\\r\n]|\\\r\n|\\.)*"
    )\s*)+""",
    re.DOTALL | re.VERBOSE,
)
_WORD = re.compile(r"[+-]?\s*[\w.]+(?:(?<=[eE])[+-][0-9_]+)?")


def write_literal(value: JsonValue) -> str:
    """Writes a JSON value as a Python literal: `'v'`, `2`, `True`, `{'a': [1]}`.

    Raises:
        ValueError: It holds NaN, Infinity, keys that are not text, half of a surrogate
            pair, an integer of more than 400 digits, or is nested too deeply.
    """
    problem = _unwritable(value)
    if problem:
        raise ValueError(f"a value holds {problem}")
    return repr(value)


class PythonLiteralReader(LiteralReader):
    """Reads Python's literals from a text, one after the other."""

    max_depth = _MAX_DEPTH
    _space = re.compile(r"(?:\s|#[^\r\n]*)*+")

    def _scalar(self) -> JsonValue:
        start = self.position
        text = self.match(_TEXTS) or "".join(self.match(_WORD).split())
        try:
            with warnings.catch_warnings():
                # Python warns of '\d' in text; here that is a character like any other.
                warnings.simplefilter("ignore")
                # In brackets, texts side by side may stand on several lines.
                value = ast.literal_eval(text and f"({text})")
        except (SyntaxError, ValueError):
            if not text and self.next() in QUOTES:
                raise self.fail("a text in quotes is not closed") from None
            raise self._no_literal(start) from None
        problem = _unwritable(value)
        if problem:
            raise self.fail(f"a value holds {problem}", start)
        return value

    def _items(self, opening: str, depth: int) -> JsonValue:
        if opening == "[":
            return super()._items(opening, depth)
        start = self.position
        self.position += 1
        value = self.value(depth + 1)
        if self.next() != ")":
            raise self._no_literal(start)
        self.position += 1
        return value

    def _key(self) -> str:
        start = self.position
        key = self._scalar()
        if not isinstance(key, str):
            raise self.fail("an object's key is not text", start)
        return key

    def _no_literal(self, start: int) -> CallSyntaxError:
        return self.fail(
            "a value is not a literal (text, number, True, False, None, list or dict)",
            start,
        )


def _unwritable(value: JsonValue) -> str:
    return unwritable(value, max_depth=_MAX_DEPTH, max_digits=_MAX_DIGITS)
