"""Function tasks made up at random, as ugly as the format allows."""

from __future__ import annotations

import random
from typing import Any

from coalm_oumi.calls import FunctionCall, FunctionSchema, ParameterSchema
from coalm_oumi.datasets.masking import FunctionTask

_NAMES = [
    "to", "a b", "é", "日本", '"', "\\", "'", " ", ".", "$1", "\\g<0>", "<<query>>",
    "x" * 40, "a.b", "naïve", "\U0001f355", "[/b]", "{}", "%s", "\n",
]  # fmt: skip
_TEXTS = [
    "Ely", "New York", "York", "ely", "en", "5", "1.5", "10:30", "2024-05-10", "c++",
    "\\d+", "\\", '"', "'", ",", " ", "", "[/b]", "日本", "é", "true", "None", "$5",
    "five", "1,000", "a.b", "\U0001f355", "5km", "json",
]  # fmt: skip
_NUMBERS = [0, 1, 2, 5, 7, 10, 12, -5, 1000, 2024, 0.5, 1.0, 2.5, -0.5, 1e-7, 10**20]
_OTHERS: list[Any] = [None, True, False, [], {}, [5, "Ely"], {"Ely": 5}, [[1.5], {}]]
_WORDS = [
    "the", "first", "five", "5km", "5.0", "1,000", "page", "for", "10:30", "in", "3",
    "May 10, 2024", "York", "US$5", "a", "dozen", ".", "5", "12", "Ely,", "open",
]  # fmt: skip


def value(rng: random.Random, depth: int = 0) -> Any:
    """Draws a JSON value of any kind."""
    kind = rng.randrange(8 if depth < 2 else 6)
    if kind < 3:
        return rng.choice(_TEXTS)
    if kind < 5:
        return rng.choice(_NUMBERS)
    if kind == 5:
        return rng.choice(_OTHERS)
    items = [value(rng, depth + 1) for _ in range(rng.randrange(3))]
    return items if kind == 6 else {str(item): item for item in items}


def _parameter(name: str, rng: random.Random) -> ParameterSchema:
    definition: dict[str, Any] = {"description": f"Parameter {name}.", "type": "str"}
    if rng.random() < 0.7:
        definition["default"] = value(rng)
        if rng.random() < 0.5:
            definition["description"] = f"As {name} ({definition['default']})."
    return ParameterSchema(name, definition)


def _tool(name: str, number: int, rng: random.Random) -> FunctionSchema:
    names = rng.sample(_NAMES, rng.randrange(5))
    parameters = tuple(_parameter(each, rng) for each in names)
    return FunctionSchema(name, f"Tool {number}.", parameters)


def task(rng: random.Random) -> FunctionTask:
    """Draws a task whose calls all resolve."""
    tools = [
        _tool(rng.choice(_NAMES), number, rng) for number in range(rng.randint(0, 4))
    ]
    if tools and rng.random() < 0.3:
        tools.append(rng.choice(tools))
    if tools and rng.random() < 0.3:
        tools.append(_tool(rng.choice(tools).name, len(tools), rng))
    calls = []
    for _ in range(rng.randrange(5) if tools else 0):
        tool = rng.choice(tools)
        used = rng.sample(tool.parameters, rng.randint(0, len(tool.parameters)))
        arguments = {
            p.name: p.default if p.has_default and rng.random() < 0.6 else value(rng)
            for p in used
        }
        calls.append(FunctionCall(tool.name, arguments))
    spoken = [str(v) for c in calls for v in c.arguments.values()]
    words = rng.choices(_WORDS, k=rng.randrange(6))
    words += [each for each in spoken if rng.random() < 0.7]
    rng.shuffle(words)
    return FunctionTask(" ".join(words), tuple(tools), tuple(calls))
