"""Generated tools, calls of them, and replies that hold the calls in each notation."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from coalm_oumi.calls import NOTATIONS, FunctionCall, fenced

_WORDS = ("find", "bus", "Book", "table", "get_time", "v2", "city", "Add", "item", "x")
_TEXTS = (
    *("Ely", "", " ", "two words", "it's", 'say "so"', "a, b", "f(a=1), g()", "[x](y)"),
    *(
        "}]",
        "```",
        "line\nbreak",
        "tab\t",
        "back\\slash",
        "\\",
        "caf\u00e9 \u4e2d",
        "\U0001f389",
    ),
    *("Action: F()", "Observation: x", "None", "true", "12", "k=v", "'", '"', "\\'"),
)


class Task(NamedTuple):
    """Tools in OpenAI's notation, and calls of them."""

    tools: list[dict[str, Any]]
    calls: tuple[FunctionCall, ...]

    @property
    def names(self) -> list[str]:
        """The tools' names."""
        return [tool["function"]["name"] for tool in self.tools]


def tasks(calls: int, seed: int) -> Iterator[Task]:
    """Yields tasks until there are so many calls."""
    draw = random.Random(seed)  # noqa: S311
    made = 0
    while made < calls:
        tools = [_tool(draw, number) for number in range(draw.randint(1, 4))]
        count = min(draw.choice((1, 1, 1, 2, 2, 3, 5)), calls - made)
        made += count
        yield Task(tools, tuple(_call(draw, draw.choice(tools)) for _ in range(count)))


def written(calls: Sequence[FunctionCall], notation: str) -> str:
    """Returns the calls as a model trained on the notation writes them."""
    text = NOTATIONS[notation].write(calls)
    return fenced(text) if notation == "json" else text


def _name(draw: random.Random, number: int) -> str:
    return "_".join(draw.choices(_WORDS, k=draw.randint(1, 3))) + f"_{number}"


def _tool(draw: random.Random, number: int) -> dict[str, Any]:
    names = [_name(draw, n) for n in range(draw.randint(0, 4))]
    parameters = {name: {"type": "string", "description": name} for name in names}
    function = {
        "name": _name(draw, number),
        "description": draw.choice(_TEXTS),
        "parameters": {"type": "object", "properties": parameters, "required": []},
    }
    return {"type": "function", "function": function}


def _call(draw: random.Random, tool: dict[str, Any]) -> FunctionCall:
    names = list(tool["function"]["parameters"]["properties"])
    used = draw.sample(names, draw.randint(0, len(names)))
    return FunctionCall(
        tool["function"]["name"], {name: _value(draw, 0) for name in used}
    )


def _value(draw: random.Random, depth: int) -> Any:
    kind = draw.randint(0, 7 if depth < 2 else 5)
    if kind < 3:
        return draw.choice(_TEXTS)
    if kind == 3:
        return draw.randint(-1000, 10**12)
    if kind == 4:
        return draw.choice((0.5, -3.25, 1e-7, 1e22))
    if kind == 5:
        return draw.choice((True, False, None))
    if kind == 6:
        return [_value(draw, depth + 1) for _ in range(draw.randint(0, 3))]
    return {draw.choice(_TEXTS): _value(draw, depth + 1) for _ in range(2)}
