r"""Literals as people, Python and JSON write them, read without evaluating anything.

In: ``{'city': "Ely", "seats": [2, 3.5], open: True}``.
Out: ``{"city": "Ely", "seats": [2, 3.5], "open": True}``.

Read as JSON values: numbers, lists, tuples (as lists), objects, `true` and `True`,
`null` and `None`, text in double or single quotes with the escapes of both languages,
and text without quotes (``celsius``, ``New York``, ``10:30``, ``007``), which ends at a
comma, a bracket, a quote, an equals sign or the end of the line.
"""

from __future__ import annotations

import math
import re

from coalm_oumi.calls.strict_json import MAX_DEPTH, JsonValue
from coalm_oumi.errors import CoalmError, shorten

MAX_DIGITS = 4300
"""Characters of the longest number; the limit that Python itself has for integers."""

QUOTES = ('"', "'")
_QUOTED = {
    '"': re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"', re.DOTALL),
    "'": re.compile(r"'([^'\\]*(?:\\.[^'\\]*)*)'", re.DOTALL),
}
_BARE = re.compile(r"""[^,()\[\]{}="'\r\n]+""")
_BARE_KEY = re.compile(r"""[^,()\[\]{}="':\r\n]+""")
_INTEGER = re.compile(r"[+-]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(
    r"[+-]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][+-]?[0-9]+)?"
)
_WORDS = {
    "true": True,
    "True": True,
    "false": False,
    "False": False,
    "null": None,
    "None": None,
}
_NOT_JSON = ("NaN", "Infinity", "-Infinity")
_CLOSING = {"[": "]", "{": "}", "(": ")"}

_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|(.))",
    re.DOTALL,
)
_ESCAPED = {
    "\\": "\\",
    '"': '"',
    "'": "'",
    "/": "/",
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\n": "",
}
_HALF_PAIR = re.compile("[\ud800-\udfff]")


class CallSyntaxError(CoalmError, ValueError):
    """Text that should be calls is not.

    Attributes:
        offset: The character where it stops being so, from 0.
    """

    def __init__(self, problem: str, text: str, offset: int) -> None:
        self.offset = offset
        rest = shorten(text[offset : offset + 200], 30)
        rest = rest.encode("utf-8", "backslashreplace").decode("utf-8")
        where = f"at '{rest}'" if rest else "at the end"
        super().__init__(f"{problem} (character {offset}, {where})")


class LiteralReader:
    """Reads literals from a text, one after the other.

    Attributes:
        text: The text.
        position: The next character to read, from 0.
        max_depth: Lists and objects that may stand in each other.
    """

    max_depth = MAX_DEPTH
    _space = re.compile(r"\s*")

    def __init__(self, text: str) -> None:
        """Begins at the start of `text`.

        Raises:
            CallSyntaxError: It holds half of a surrogate pair.
        """
        self.text = text
        self.position = 0
        half = _HALF_PAIR.search(text)
        if half:
            raise self.fail("half of a surrogate pair", half.start())

    def fail(self, problem: str, offset: int | None = None) -> CallSyntaxError:
        """Returns the error for a problem here, or at `offset`."""
        offset = self.position if offset is None else offset
        return CallSyntaxError(problem, self.text, offset)

    def next(self) -> str:
        """Skips white space and returns the character there; nothing at the end."""
        space = self._space.match(self.text, self.position)
        self.position = space.end() if space else self.position
        return self.text[self.position : self.position + 1]

    def match(self, pattern: re.Pattern[str]) -> str:
        """Reads what matches the pattern here; nothing if it does not."""
        found = pattern.match(self.text, self.position)
        if not found:
            return ""
        self.position = found.end()
        return found[0]

    def quoted(self) -> str:
        """Reads a text in quotes; the next character is the opening one.

        Raises:
            CallSyntaxError: It is not closed, or holds half of a surrogate pair.
        """
        start = self.position
        found = _QUOTED[self.text[start]].match(self.text, start)
        if not found:
            raise self.fail("a text in quotes is not closed")
        self.position = found.end()
        return self._unescaped(found[1], start) if "\\" in found[1] else found[1]

    def name(self, pattern: re.Pattern[str]) -> str | None:
        """Reads a name in quotes, or one that the pattern matches; None without one.

        Raises:
            CallSyntaxError: It is in quotes that are not closed.
        """
        return (
            self.quoted()
            if self.next() in QUOTES
            else self.match(pattern).strip() or None
        )

    def value(self, depth: int = 0) -> JsonValue:
        """Reads a value.

        Args:
            depth: How many lists and objects it stands in.

        Raises:
            CallSyntaxError: There is none, it is not closed, is nested too deeply, or
                is a number that is too long or too large.
        """
        first = self.next()
        if first in _CLOSING:
            if depth >= self.max_depth:
                raise self.fail("lists and objects are nested too deeply")
            return self._object(depth) if first == "{" else self._items(first, depth)
        return self._scalar()

    def _scalar(self) -> JsonValue:
        if self.next() in QUOTES:
            return self.quoted()
        start = self.position
        text = self.match(_BARE).rstrip()
        if not text:
            raise self.fail("expected a value", start)
        following = self.text[self.position : self.position + 1]
        if following == "(":
            raise self.fail("a call inside another one", start)
        if following in ("'", '"', "="):
            raise self.fail(f"expected ',' or a bracket behind '{shorten(text, 30)}'")
        if text in _WORDS:
            return _WORDS[text]
        if text in _NOT_JSON:
            raise self.fail(f"{text} is not a value", start)
        number = _INTEGER.fullmatch(text) or _FLOAT.fullmatch(text)
        if not number:
            return text
        if len(text) > MAX_DIGITS:
            raise self.fail(f"a number of more than {MAX_DIGITS} characters", start)
        if number.re is _INTEGER:
            return int(text)
        if math.isinf(float(text)):
            raise self.fail("too large a number", start)
        return float(text)

    def _items(self, opening: str, depth: int) -> JsonValue:
        """Reads a list, or a tuple; one value in parentheses is that value."""
        start, closing = self.position, _CLOSING[opening]
        self.position += 1
        found: list[JsonValue] = []
        comma = True
        while self.next() != closing:
            if not comma:
                raise self._unclosed(start, closing)
            found.append(self.value(depth + 1))
            comma = self._comma()
        self.position += 1
        alone = opening == "(" and len(found) == 1 and not comma
        return found[0] if alone else found

    def _object(self, depth: int) -> dict[str, JsonValue]:
        start = self.position
        self.position += 1
        found: dict[str, JsonValue] = {}
        comma = True
        while self.next() != "}":
            if not comma:
                raise self._unclosed(start, "}")
            at = self.position
            key = self._key()
            if self.next() != ":" or key is None:
                raise self.fail("expected a key and ':' in an object")
            if key in found:
                raise self.fail(f"the key '{shorten(key)}' stands twice", at)
            self.position += 1
            found[key] = self.value(depth + 1)
            comma = self._comma()
        self.position += 1
        return found

    def _key(self) -> str | None:
        return self.name(_BARE_KEY)

    def _comma(self) -> bool:
        """Reads a comma, if there is one, and says so."""
        there = self.next() == ","
        self.position += there
        return there

    def _unclosed(self, start: int, closing: str) -> CallSyntaxError:
        if self.next():
            return self.fail(f"expected ',' or '{closing}'")
        return self.fail(f"the '{self.text[start]}' is not closed", start)

    def _unescaped(self, body: str, start: int) -> str:
        """Resolves the escapes of JSON and Python; another one stays as it is."""

        def character(escape: re.Match[str]) -> str:
            code = escape[1] or escape[2] or escape[3]
            if code:
                number = int(code, 16)
                if number > 0x10FFFF:
                    raise self.fail("an escape beyond Unicode", start)
                return chr(number)
            if escape[4]:
                return chr(int(escape[4], 8))
            return _ESCAPED.get(escape[5], escape[0])

        text = _ESCAPE.sub(character, body)
        if not _HALF_PAIR.search(text):
            return text
        try:
            return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        except UnicodeDecodeError:
            raise self.fail("half of a surrogate pair", start) from None


def unwritable(
    value: JsonValue, *, max_depth: int, max_digits: int, depth: int = 0
) -> str:
    """Says what in a value a notation cannot hold, if anything.

    Args:
        value: A value of any type.
        max_depth: Lists and objects that may stand in each other.
        max_digits: Digits of the longest integer.
        depth: How many lists and objects the value stands in.
    """
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, str):
        return "half of a surrogate pair" if _HALF_PAIR.search(value) else ""
    if isinstance(value, int):
        # Bits first: the power of ten takes a while.
        long = value.bit_length() > 3 * max_digits and abs(value) >= 10**max_digits
        return f"an integer of {max_digits + 1} digits or more" if long else ""
    if isinstance(value, float):
        return "" if math.isfinite(value) else f"{value}"
    if not isinstance(value, (list, dict)):
        return f"a {type(value).__name__}, which is no JSON value"
    if depth >= max_depth:
        return f"lists and objects in more than {max_depth} levels"
    items = value
    if isinstance(value, dict):
        odd = next((key for key in value if not isinstance(key, str)), None)
        if odd is not None:
            return f"the key {odd!r}, which is no text"
        items = [*value.keys(), *value.values()]
    found = (
        unwritable(i, max_depth=max_depth, max_digits=max_digits, depth=depth + 1)
        for i in items
    )
    return next(filter(None, found), "")
