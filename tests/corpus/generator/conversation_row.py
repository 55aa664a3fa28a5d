"""One conversation of the embedded corpus: its functions' names, system text and turns.

The same function is `train_timetable`, `Train Timetable`, `travel/train-timetable` or
`Train Timetable (Travel)`, as the row's style is; the real names are of all these kinds.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from coalm_oumi.calls import FunctionCall, write_bracket_calls
from tests.corpus.generator.functions import Function, Parameter
from tests.corpus.generator.outcomes import OUTCOMES
from tests.corpus.generator.requests import draw_value, printed

STYLES = ("plain", "plain", "title", "path", "parentheses")
"""The spellings of functions' names, the plain one twice as likely as another."""

_TASK = """\
You answer requests by calling functions. Call one or more of the functions below where
they help. Where none does, say so; where a function needs a parameter that is not given,
ask for it.
"""
_JSON_LIST = """\
{date}Functions, as a JSON list:
{tools}.{space}
Write calls as [name1(parameter1=value1, parameter2=value2...), name2(parameter=value)]
and write nothing else with them.
"""
_LINES = """\
{date}Functions, one a line:
{tools}
Write a call as {{<name>-[parameter~value; parameter~value]}}, several with commas between
them.
"""
_TYPES = {"str": "string", "int": "int", "float": "float", "bool": "boolean"}


@dataclass
class Row:
    """A row in the making.

    Attributes:
        rng: The source of randomness.
        style: How its functions' names are spelled.
        system: The system text.
        turns: The conversation so far.
    """

    rng: random.Random
    style: str
    system: str = ""
    turns: list[dict[str, str]] = field(default_factory=list)

    def say(self, role: str, text: str) -> None:
        """Adds a turn."""
        self.turns.append({"from": role, "value": text})

    def offer(self, functions: Sequence[Function], *, as_lines: bool = False) -> None:
        """Writes the system text, with the functions in any order."""
        listed = list(functions)
        self.rng.shuffle(listed)
        day = self.rng.randint(1, 28)
        date = self.rng.choice(("", f"Today is March {day}.\n"))
        if as_lines:
            lines = (
                f"- {self.name(each)} ({', '.join(p.name for p in each.parameters)}): "
                f"{each.description}"
                for each in listed
            )
            text = _LINES.format(date=date, tools="\n".join(lines))
        else:
            escaped = self.rng.random() < 0.2
            schemas = [_schema(self.name(each), each) for each in listed]
            tools = json.dumps(schemas, ensure_ascii=escaped)
            text = _JSON_LIST.format(date=date, tools=tools, space=" ")
        self.system = _TASK + text

    def name(self, function: Function) -> str:
        """Returns a function's name in the row's style."""
        words = function.name.replace(".", "_").split("_")
        if self.style == "title":
            return " ".join(words).title()
        if self.style == "path":
            return f"{function.domain}/{'-'.join(words)}"
        if self.style == "parentheses":
            return f"{' '.join(words).title()} ({function.domain.title()})"
        return function.name

    def call(self, functions: Sequence[Function], arguments: Sequence[Any]) -> None:
        """Adds a turn with calls."""
        calls = (
            FunctionCall(self.name(function), given)
            for function, given in zip(functions, arguments, strict=True)
        )
        self.say("assistant", write_bracket_calls(calls))

    def report(self, function: Function, arguments: Mapping[str, Any]) -> None:
        """Adds a turn with a function's result, and one in which it is told."""
        outcome = OUTCOMES[function.name]
        results = {
            name: draw_value(draw, self.rng) for name, draw in outcome.fields.items()
        }
        returned = [{"name": self.name(function), "results": results}]
        self.say("tool", json.dumps(returned, ensure_ascii=False))
        told = {k: printed(v, self.rng) for k, v in {**arguments, **results}.items()}
        self.say("assistant", outcome.answer.format(**told))


def required(function: Function) -> list[Parameter]:
    """Returns the parameters that have no default."""
    return [p for p in function.parameters if p.default is None]


def _schema(name: str, function: Function) -> dict[str, Any]:
    """Returns a function as an entry of the system text's list."""
    properties: dict[str, dict[str, Any]] = {}
    for parameter in function.parameters:
        kind = parameter.type.removesuffix(", optional")
        entry: dict[str, Any] = {"description": parameter.description}
        if kind.startswith("List["):
            item = {"type": _TYPES[kind[5:-1]]}
            entry |= {"type": "array", "items": item}
        else:
            entry["type"] = _TYPES[kind]
        if parameter.default is not None:
            entry["default"] = parameter.default
        properties[parameter.name] = entry
    return {
        "name": name,
        "description": function.description,
        "parameters": {
            "type": "dict",
            "properties": properties,
            "required": [p.name for p in required(function)],
        },
        "required": None,
    }
