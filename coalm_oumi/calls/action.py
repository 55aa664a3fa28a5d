"""Calls as CRA writes them: `Action: Func(arg='v', n=2)` (Figure 6).

In: ``Action: FindBus(from_location='Ely', leaving_date='2019-03-04', travelers=2)``.
Out: ``FunctionCall("FindBus", {"from_location": "Ely", "leaving_date": "2019-03-04",
"travelers": 2})``.

The arguments are Python-like literals: strings, numbers, `True`, `False`, `None`, lists
and dicts with string keys. Names are those of `calls.names`: a parameter may be called
`from`. The text is taken apart with `ast` and a white list, names set aside before; nothing
is ever evaluated.
"""

from __future__ import annotations

import ast
import math
import re
import warnings
from collections.abc import Mapping

from coalm_oumi.calls.model import FunctionCall
from coalm_oumi.calls.names import CALL_START, NAME, is_name
from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.errors import shorten

ACTION = "Action: "
"""What stands before a call in a dialogue."""
MAX_LENGTH = 32_768
"""Longest action that is read, in characters."""
_MAX_DEPTH = 50
_MAX_DIGITS = 400

_ARGUMENT = re.compile(rf"\s*({NAME})\s*=(?!=)")
_SPECIAL = re.compile(r"""[()\[\]{},#'"]""")
_STRINGS = tuple(
    re.compile(rf"{quote}(?:[^\\]|\\.)*?{quote}", re.DOTALL)
    for quote in ("'''", '"""', "'", '"')
)
_COMMENT = re.compile(r"[^\r\n]*")


def write_action(call: FunctionCall) -> str:
    """Writes a call on one line, without the word before it.

    Args:
        call: A call; its name may be dotted (`calendar.AddEvent`).

    Raises:
        ValueError: A name cannot stand in a call (`calls.names`), or a value has no
            literal (NaN, an object with keys that are not text, a number beyond all
            bounds).
    """
    _check_name(call.name, "function")
    arguments = []
    for name, value in call.arguments.items():
        _check_name(name, "argument")
        arguments.append(f"{name}={write_literal(value)}")
    return f"{call.name}({', '.join(arguments)})"


def write_literal(value: JsonValue) -> str:
    """Writes a JSON value as a Python literal: `'v'`, `2`, `True`, `{'a': [1]}`.

    Raises:
        ValueError: It holds NaN, Infinity, keys that are not text, half of a surrogate
            pair, an integer of more than 400 digits, or is nested too deeply.
    """
    _check_value(value, 0)
    return repr(value)


def parse_action(text: str) -> FunctionCall:
    """Parses one call, with or without `Action:` before it.

    Args:
        text: The call, on one line or several.

    Raises:
        ValueError: It is not a single call with named literal arguments; the message
            says why.
    """
    body = text.strip().removeprefix(ACTION.strip()).strip()
    if len(body) > MAX_LENGTH:
        raise ValueError(f"it is longer than {MAX_LENGTH} characters")
    text, names = _with_plain_names(body)
    node = _parse(text)
    if not isinstance(node, ast.Call):
        raise ValueError(f"expected a call such as F(a='v'), found '{shorten(body)}'")
    if not isinstance(node.func, ast.Name) or node.func.id not in names:
        raise ValueError("what is called is not named by a plain or dotted name")
    if node.args:
        raise ValueError("an argument has no name; expected name='value'")
    arguments: dict[str, JsonValue] = {}
    for entry in node.keywords:
        if entry.arg is None:
            raise ValueError("an argument is spread with **; expected name='value'")
        name = names.get(entry.arg)
        if name is None:
            raise ValueError(f"'{shorten(entry.arg, 40)}' is no argument's name")
        if name in arguments:
            raise ValueError(f"the argument '{name}' stands twice")
        arguments[name] = _value(entry.value, 0)
    return FunctionCall(names[node.func.id], arguments)


def _with_plain_names(body: str) -> tuple[str, dict[str, str]]:
    """Puts names that Python can read in the place of the function's and arguments'.

    Python's parser takes `from` for a word of its own, and folds letters such as the
    ligature in `of\ufb01ce` into others.

    Returns:
        The text, and the names that stood there by those that now do.
    """
    start = CALL_START.match(body)
    if not start or not is_name(start[1]):
        return body, {}
    names = {"_0": start[1]}
    pieces = ["_0("]
    position = copied = start.end()
    depth, begins = 1, True
    while depth:
        argument = _ARGUMENT.match(body, position) if begins else None
        if argument and is_name(argument[1]):
            plain = f"_{len(names)}"
            names[plain] = argument[1]
            pieces += [body[copied : argument.start(1)], plain]
            copied, position = argument.end(1), argument.end()
        special = _SPECIAL.search(body, position)
        if not special:
            break
        character, position = special[0], special.end()
        unnamed = begins and not argument
        begins = (character == "," and depth == 1) or (character == "#" and unnamed)
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character in "'\"":
            position = _end_of_string(body, special.start())
        elif character == "#":
            position = _end_of_comment(body, position)
    return "".join([*pieces, body[copied:]]), names


def _end_of_string(body: str, start: int) -> int:
    for pattern in _STRINGS:
        found = pattern.match(body, start)
        if found:
            return found.end()
    raise ValueError("not a call: a text in quotes is not closed")


def _end_of_comment(body: str, start: int) -> int:
    found = _COMMENT.match(body, start)
    return found.end() if found else start


def _parse(body: str) -> ast.expr:
    try:
        with warnings.catch_warnings():
            # Python warns of '\d' in text; here that is a character like any other.
            warnings.simplefilter("ignore")
            return ast.parse(body, mode="eval").body
    except (RecursionError, MemoryError):
        raise ValueError("it is nested too deeply") from None
    except SyntaxError as error:
        raise ValueError(f"not a call: {error.msg}") from None
    except ValueError as error:
        raise ValueError(f"not a call: {error}") from None


def _value(node: ast.expr, depth: int) -> JsonValue:
    if depth > _MAX_DEPTH:
        raise ValueError("a value is nested too deeply")
    if isinstance(node, ast.Constant):
        return _constant(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        inner = node.operand
        if isinstance(inner, ast.Constant) and type(inner.value) in (int, float):
            number = _constant(inner.value)
            return -number if isinstance(node.op, ast.USub) else number
    if isinstance(node, ast.List):
        return [_value(item, depth + 1) for item in node.elts]
    if isinstance(node, ast.Dict):
        return _dict(node, depth)
    raise ValueError(
        "a value is not a literal (text, number, True, False, None, list or dict)"
    )


def _dict(node: ast.Dict, depth: int) -> JsonValue:
    found: dict[str, JsonValue] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
            raise ValueError("a dict's key is not text")
        if key.value in found:
            raise ValueError(f"the key '{shorten(key.value, 40)}' stands twice")
        found[_constant(key.value)] = _value(value, depth + 1)
    return found


def _constant(value: object) -> JsonValue:
    if type(value) not in (str, int, float, bool, type(None)):
        raise ValueError(f"a value of type {type(value).__name__} is not allowed")
    _check_value(value, 0)
    return value


def _check_name(name: str, what: str) -> None:
    if not is_name(name):
        raise ValueError(
            f"the {what} name '{shorten(name, 40)}' cannot stand in an action: expected "
            "letters, digits, '_', '.' and '-', and a letter or '_' first"
        )


def _check_value(value: object, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise ValueError("a value is nested too deeply")
    if isinstance(value, str):
        if any("\ud800" <= c <= "\udfff" for c in value):
            raise ValueError("a text holds half of a surrogate pair")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is not a number that can be written")
    elif isinstance(value, int):
        if abs(value) >= 10**_MAX_DIGITS:
            raise ValueError(f"a number has more than {_MAX_DIGITS} digits")
    elif isinstance(value, list):
        for item in value:
            _check_value(item, depth + 1)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ValueError("a dict's key is not text")
            _check_value(key, depth + 1)
            _check_value(item, depth + 1)
    elif value is not None:
        raise ValueError(f"a value of type {type(value).__name__} has no literal")
