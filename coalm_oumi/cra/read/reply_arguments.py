"""Argument lists as models write them: JSON, Python, without braces, line by line.

In, all the same call's arguments::

    {"port": "Hull", "passengers": 2}
    {'port': 'Hull', 'passengers': 2,}
    'port': 'Hull', 'passengers': 2
    port=Hull, passengers=2
    - port: Hull
    - passengers: 2

Out: `{"port": "Hull", "passengers": 2}`. Text is taken apart with `calls.literal`, never
evaluated. A value without quotes ends where the next argument's name begins, so that
`city: San Jose, CA, date: today` has two arguments.

`json-repair` would read the first two of these notations alone, and of a reply that is no
JSON it would silently keep the last of two equal names, make the text `007` the number 7,
drop what stands beside a value (`2#3`), and take 0.8 s for 8,000 braces.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from coalm_oumi.calls import (
    CallSyntaxError,
    FunctionSchema,
    ParameterSchema,
    parse_action,
)
from coalm_oumi.calls.literal import LiteralReader
from coalm_oumi.calls.names import NAME as CALL_NAME
from coalm_oumi.calls.names import is_name
from coalm_oumi.calls.strict_json import JsonValue

MOST_ARGUMENTS = 64
LONGEST = 20_000

NO_BRACES = "argument list without braces"
PYTHON = "argument list in Python's notation"
NESTED = "argument list inside another object"
NO_VALUE = "argument without a value left out"
NAME = "argument name made a Python name"
KEPT_AS_TEXT = "result kept as text"
BEHIND = "remark behind an argument list passed over"

_NONE = ("none", "n/a", "na", "null", "{}", "()", "[]", "-", "not applicable", "empty")
_NOTHING = frozenset(
    ("", *_NONE, "no input", "no parameters", "no arguments", "none required")
)
_KEY = re.compile(
    r"""(?:^|[,;\n{(])[ \t\n]{0,40}(?:[-*•][ \t]{1,4})?"""
    r"""(["'`]?)([^\W\d][\w -]{0,60})\1[ \t]{0,4}[=:](?![=:/])"""
)
_CALL = re.compile(rf"`?({CALL_NAME})\s{{0,4}}\(")
_ARGUMENT = re.compile(rf"[(,]\s{{0,40}}({CALL_NAME})\s{{0,4}}=(?!=)")
_WRAPPERS = ("arguments", "parameters", "args", "input", "kwargs")
_NO_VALUES = (None, "", "None", "none", "null", "N/A", "n/a")


class UnreadableArgumentsError(ValueError):
    """Text that should be arguments is not."""


@dataclass
class Arguments:
    """Arguments with what had to be mended to read them.

    Attributes:
        values: The arguments.
        repairs: The rules that were needed, with the words concerned.
        name: The function's name, where the text is a whole call.
    """

    values: dict[str, JsonValue]
    repairs: list[tuple[str, str]] = field(default_factory=list)
    name: str = ""


def says_nothing(text: str) -> bool:
    """Whether a field says that there is nothing to say (`None`, `N/A`, `{}`)."""
    return text.strip(" .`[]\n").lower() in _NOTHING or text.lower() in _NOTHING


def parse_arguments(
    text: str, functions: Iterable[FunctionSchema] = (), name: str = ""
) -> Arguments:
    """Reads an argument list.

    Args:
        text: The list in any of the notations above, or a whole call.
        functions: The functions on offer, if they are known: their names of arguments are
            kept as they are, and so is null where it is a value.
        name: The function, if the text does not name it.

    Raises:
        UnreadableArgumentsError: It is none of them; the message says why.
    """
    body = text.strip().strip("`").strip()
    if len(body) > LONGEST:
        raise UnreadableArgumentsError(f"it has more than {LONGEST} characters")
    if says_nothing(body):
        return Arguments({})
    try:
        found = _read(body)
    except (CallSyntaxError, RecursionError) as error:
        raise UnreadableArgumentsError(str(error)) from None
    called = found.name or name
    named = (function for function in functions if function.name == called)
    return _named(found, {p.name: p for f in named for p in f.parameters})


def parse_result(text: str) -> tuple[JsonValue, list[tuple[str, str]]]:
    """Reads what an API returned.

    Args:
        text: A value in the notation of JSON or Python, with or without braces.

    Returns:
        The value, and the repairs. What is no such value stays text.
    """
    body = text.strip().strip("`").strip()
    if len(body) <= LONGEST:
        value = _literal(body)
        if value is not None:
            return value[0], []
        try:
            pairs = dict(_pairs(body))
            if pairs and body[:1] not in "[{(":
                return pairs, [(NO_BRACES, body[:120])]
        except (CallSyntaxError, RecursionError, UnreadableArgumentsError):
            pass
    words = " ".join(body.split())
    return words, [(KEPT_AS_TEXT, words[:120])]


def _read(body: str, *, inside: bool = False) -> Arguments:
    call = None if inside else _CALL.match(body)
    exact = _exact(body) if call else None
    if exact is not None:
        return exact
    if call:
        inner = body[call.end() :].rstrip("`; \n")
        inner = inner[:-1] if inner.endswith(")") else inner
        inner = inner.strip()
        nothing = says_nothing(inner)
        found = Arguments({}) if nothing else _read(inner, inside=True)
        found.repairs = [r for r in found.repairs if r[0] not in (NO_BRACES, PYTHON)]
        found.name = call[1]
        return found
    if body[0] in "{[(":
        value = _literal(body) or _prefix(body)
        if value is not None:
            repairs = [(BEHIND, body[value[1] :][:120])] if body[value[1] :] else []
            return _unwrapped(value[0], repairs, body)
        body = body[1:].rstrip()
        body = body[:-1] if body[-1:] in ("}", "]", ")") else body
    pairs = dict(_pairs(body))
    if not pairs:
        raise UnreadableArgumentsError("expected names with values")
    return Arguments(pairs, [(NO_BRACES, body[:120])])


def _exact(body: str) -> Arguments | None:
    """Reads a call with names that no list without braces has, such as `page.size`."""
    if all(name.isidentifier() for name in _ARGUMENT.findall(body)):
        return None
    try:
        call = parse_action(body.strip("` \n"))
    except ValueError:
        return None
    return Arguments(dict(call.arguments), [], call.name)


def _literal(body: str) -> tuple[JsonValue, int] | None:
    """Reads a text that is one value in brackets, and nothing else."""
    found = _prefix(body) if body[:1] in ("{", "[") else None
    return found if found is not None and found[1] >= len(body) else None


def _prefix(body: str) -> tuple[JsonValue, int] | None:
    try:
        reader = LiteralReader(body)
        value = reader.value()
        reader.next()
    except (CallSyntaxError, RecursionError):
        return None
    # What stands right behind a value belongs to it: then it was not one.
    behind = body[reader.position :]
    return (value, reader.position) if not behind or behind[0] not in ",:=" else None


def _unwrapped(
    value: JsonValue, repairs: list[tuple[str, str]], body: str
) -> Arguments:
    name = ""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
        repairs = [*repairs, (NESTED, body[:120])]
    if isinstance(value, list) and not value:
        value = {}
    if not isinstance(value, Mapping):
        raise UnreadableArgumentsError("expected names with values, found a list")
    inner = [key for key in value if key in _WRAPPERS and _is_object(value[key])]
    others = set(value) - set(inner)
    if len(inner) == 1 and others <= {"name", "function", "api", "api_name"}:
        name = next((str(value[key]) for key in others), "")
        value = value[inner[0]]
        repairs = [*repairs, (NESTED, body[:120])]
    if "'" in body and '"' not in body:
        repairs = [*repairs, (PYTHON, body[:120])]
    return Arguments(dict(value), repairs, name)


def _is_object(value: JsonValue) -> bool:
    return isinstance(value, Mapping)


def _pairs(body: str) -> Iterator[tuple[str, JsonValue]]:
    """Yields the arguments of a list without braces."""
    keys = list(_KEY.finditer(body))
    if not keys or body[: keys[0].start()].strip(" \n-*•"):
        raise UnreadableArgumentsError("it does not begin with an argument's name")
    position, count, seen = 0, 0, set()
    for number, key in enumerate(keys):
        if key.start() < position:
            continue  # it stands inside a value
        count += 1
        if count > MOST_ARGUMENTS:
            raise UnreadableArgumentsError(f"more than {MOST_ARGUMENTS} arguments")
        name = key[2].strip()
        if name in seen:
            raise UnreadableArgumentsError(f"the argument '{name}' stands twice")
        seen.add(name)
        quoted = _quoted(body, key.end())
        if quoted is not None:
            value, position = quoted
        else:
            following = keys[number + 1].start() if number + 1 < len(keys) else None
            value = _bare(body[key.end() : following])
        yield name, value


def _quoted(body: str, start: int) -> tuple[JsonValue, int] | None:
    """Reads a value in quotes or brackets that ends where an argument may end."""
    reader = LiteralReader(body)
    reader.position = start
    if reader.next() not in ('"', "'", "[", "{"):
        return None
    try:
        value = reader.value()
    except (CallSyntaxError, RecursionError):
        return None
    ends = (
        reader.next() in ("", ",", ";", ")", "}")
        or "\n" in body[max(0, reader.position - 40) : reader.position]
    )
    return (value, reader.position) if ends else None


def _bare(text: str) -> JsonValue:
    plain = " ".join(text.strip().rstrip(",;").split())
    if plain[:1] in ("'", '"') and plain[-1:] == plain[:1] and len(plain) > 1:
        return plain[1:-1]
    try:
        reader = LiteralReader(plain)
        value = reader.value()
    except (CallSyntaxError, RecursionError):
        return plain
    return value if not reader.next() and not isinstance(value, (list, dict)) else plain


def _named(found: Arguments, known: Mapping[str, ParameterSchema]) -> Arguments:
    """Leaves out arguments without a value, and makes unknown names Python names."""
    values: dict[str, JsonValue] = {}
    for name, value in found.values.items():
        plain = name
        if name not in known and not name.isidentifier():
            plain = re.sub(r"[ -]+", "_", name.strip())
            found.repairs.append((NAME, name[:80]))
        if not is_name(plain):
            raise UnreadableArgumentsError(f"'{name[:40]}' cannot name an argument")
        if plain in values:
            raise UnreadableArgumentsError(f"the argument '{plain}' stands twice")
        meant = value is None and plain in known and known[plain].allows_null
        if not meant and isinstance(value, (str, type(None))) and value in _NO_VALUES:
            found.repairs.append((NO_VALUE, plain))
            continue
        values[plain] = value
    return Arguments(values, found.repairs, found.name)
