"""Requests for calls, as the users of the corpus make them.

In: the function `train_timetable`. Out: a phrase and the arguments that it asks for,
``"list the trains leaving Fairview"`` and ``{"station": "Fairview", "limit": 5}``.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence

from tests.corpus.generator.functions import Function, Parameter, Value
from tests.corpus.generator.grammar import Grammar
from tests.corpus.generator.words import WORDS

GRAMMAR = Grammar(WORDS)

_MARK = re.compile(r"\{(\+?)(\w+)(?:=(\w+))?\}")
_DEFAULT_SHARE = 0.2


def evenly(
    functions: Sequence[Function], count: int, rng: random.Random
) -> list[Function]:
    """Draws `count` functions, each about as often as the others."""
    drawn: list[Function] = []
    while len(drawn) < count:
        drawn += rng.sample(functions, len(functions))
    return drawn[:count]


def wanted_with(
    function: Function, functions: Sequence[Function], rng: random.Random
) -> list[Function]:
    """Returns `function` with none, one or two more; every other pair is parallel."""
    number = rng.choices((1, 2, 3), weights=(6, 3, 1))[0]
    if number > 1 and rng.random() < 0.5:
        return [function] * number
    others = [each for each in functions if each is not function]
    return [function, *rng.sample(others, number - 1)]


def draw_requests(
    wanted: Sequence[Function], rng: random.Random
) -> list[tuple[str, dict[str, Value]]]:
    """Returns a request for each function, no two the same."""
    requests: list[tuple[str, dict[str, Value]]] = []
    for function in wanted:
        while (request := draw_request(function, rng)) in requests:
            pass
        requests.append(request)
    return requests


def draw_request(
    function: Function, rng: random.Random
) -> tuple[str, dict[str, Value]]:
    """Returns a phrase that asks for a call of `function`, and the call's arguments."""
    parameters = {parameter.name: parameter for parameter in function.parameters}
    phrase = GRAMMAR.expand(rng.choice(function.phrases), rng)
    given: dict[str, Value] = {}

    def fill(mark: re.Match[str]) -> str:
        if mark[1]:
            given[mark[2]] = json.loads(mark[3])
            return ""
        value = _value(parameters[mark[2]], list(given.values()), rng)
        given[mark[2]] = value
        return printed(value, rng)

    phrase = " ".join(_MARK.sub(fill, phrase).split())
    arguments: dict[str, Value] = {}
    for name, parameter in parameters.items():
        if name in given:
            arguments[name] = given[name]
        elif parameter.default is not None and parameter.relied_on:
            arguments[name] = parameter.default
    return phrase, arguments


def _value(parameter: Parameter, taken: list[Value], rng: random.Random) -> Value:
    """Returns a value: now and then the default itself, never one that is `taken`."""
    default = parameter.default
    # A default of 1 is not spelled out: "for 1 people".
    if (
        isinstance(default, (str, int, float))
        and default not in ("", 1, *taken)
        and rng.random() < _DEFAULT_SHARE
    ):
        return default
    while (value := draw_value(parameter.draw, rng)) in taken:
        pass
    return value


def draw_value(draw: str, rng: random.Random) -> Value:
    """Draws a value as `Parameter.draw` says."""
    kind, _, rest = draw.partition(" ")
    if kind == "strs":
        names: list[str] = []
        for _attempt in range(rng.randint(2, 4)):
            name = GRAMMAR.expand(rest, rng)
            if name not in names:
                names.append(name)
        return names
    if kind in ("ints", "floats"):
        item = f"{kind[:-1]} {rest}"
        return [draw_value(item, rng) for _ in range(rng.randint(2, 4))]
    if kind == "int":
        low, high = rest.split()
        return rng.randint(int(low), int(high))
    if kind == "float":
        low, high = rest.split()
        return round(rng.uniform(float(low), float(high)), rng.randint(1, 2))
    return GRAMMAR.expand(draw, rng)


def printed(value: Value, rng: random.Random) -> str:
    """Returns a value as people write it."""
    if not isinstance(value, list):
        return str(value)
    items = [str(item) for item in value]
    if not isinstance(value[0], str) and rng.random() < 0.5:
        return f"[{', '.join(items)}]"
    if len(items) == 1:
        return items[0]
    return ", ".join(items[:-1]) + " and " + items[-1]


def joined(phrases: list[str], rng: random.Random) -> str:
    """Joins the phrases of one to three requests to a query."""
    if len(phrases) == 1:
        frames = ("{0}", "{0}.", "Please {0}.", "Could you {0}?", "I need you to {0}.")
    elif len(phrases) == 2:
        frames = (
            "{0} and {1}.",
            "{0}, then {1}.",
            "Please {0} and {1}",
            "{0}. Also {1}.",
        )
    else:
        frames = ("{0}, {1} and {2}.", "Please {0}, then {1} and {2}.")
    query = rng.choice(frames).format(*phrases)
    return query[0].upper() + query[1:]
