r"""The conversations of the embedded corpus, in the layout of ToolACE.

One JSON list; the functions stand in the system text::

    {"system": "You answer requests by calling functions. ...\n[{\"name\": \"Train
                Timetable\", \"description\": ..., \"parameters\": {\"type\": \"dict\",
                \"properties\": {\"station\": {\"description\": \"Name of the station.\",
                \"type\": \"string\"}, ...}, \"required\": [\"station\"]},
                \"required\": null}]. \nWrite calls as [...]",
     "conversations": [
        {"from": "user", "value": "List the trains leaving Fairview."},
        {"from": "assistant", "value": "[Train Timetable(station=\"Fairview\", limit=5)]"}
     ]}

Most rows are one request and its calls. In others a parameter is missing and is asked
for, no function fits, or tools return results that the assistant tells and the user
follows up. As in the real file, names hold dots, spaces, slashes or parentheses, and a
few rows list their functions as lines and ask for calls in a notation of their own.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

from tests.corpus.generator.conversation_row import STYLES, Row, required
from tests.corpus.generator.functions import Function, all_functions
from tests.corpus.generator.outcomes import OUTCOMES
from tests.corpus.generator.requests import (
    draw_requests,
    evenly,
    joined,
    printed,
    wanted_with,
)

TOOLACE_FILE = "toolace/data.json"

_KINDS = ("calls", "missing", "unfit", "results", "asked", "own notation")
_SHARES = (48, 11, 11, 20, 7, 3)


def toolace_files(seed: int, count: int) -> dict[str, bytes]:
    """Returns the ToolACE-like file by its path below the data folder.

    Args:
        seed: Fixes every byte.
        count: Conversations.
    """
    rows = conversation_rows(seed, count)
    content = json.dumps(rows, ensure_ascii=False, indent=0)
    return {TOOLACE_FILE: content.encode("utf-8")}


def conversation_rows(seed: int, count: int) -> list[dict[str, Any]]:
    """Returns conversations.

    Args:
        seed: Fixes them.
        count: How many.
    """
    rng = random.Random(f"{seed} conversations")  # noqa: S311
    kinds = rng.choices(_KINDS, weights=_SHARES, k=count)
    leading = evenly(all_functions(), count, rng)
    rows = []
    for kind, function in zip(kinds, leading, strict=True):
        row = Row(rng, rng.choice(STYLES))
        _FILL[kind](row, function)
        rows.append({"system": row.system, "conversations": row.turns})
    return rows


def _calls(row: Row, function: Function) -> None:
    wanted = wanted_with(function, all_functions(), row.rng)
    requests = draw_requests(wanted, row.rng)
    row.offer(_among(wanted, row.rng))
    row.say("user", joined([phrase for phrase, _ in requests], row.rng))
    row.call(wanted, [arguments for _, arguments in requests])


def _results(row: Row, function: Function) -> None:
    """A call with its result, and now and then a second one."""
    wanted = _with_outcomes(function, row.rng.randint(1, 2), row.rng)
    row.offer(_among(wanted, row.rng))
    for number, (phrase, arguments) in enumerate(draw_requests(wanted, row.rng)):
        query = joined([phrase], row.rng)
        row.say("user", f"Thank you. {query}" if number else query)
        row.call([wanted[number]], [arguments])
        row.report(wanted[number], arguments)
    if row.rng.random() < 0.3:
        row.say("user", "That is all, thank you.")
        row.say("assistant", "You are welcome. Come back when you need more.")


def _missing(row: Row, function: Function) -> None:
    function = _that_needs(function, row.rng)
    row.offer(_among([function], row.rng))
    _ask_back(row, function)


def _asked(row: Row, function: Function) -> None:
    """A parameter is missing; the user gives it, and the call is made."""
    function = _that_needs(_with_outcomes(function, 1, row.rng)[0], row.rng)
    row.offer(_among([function], row.rng))
    _ask_back(row, function)
    ((_, arguments),) = draw_requests([function], row.rng)
    needed = required(function)
    told = (f"{p.name}: {printed(arguments[p.name], row.rng)}" for p in needed)
    row.say("user", ", ".join(told))
    passed = {
        p.name: arguments[p.name] if p in needed else p.default
        for p in function.parameters
        if p in needed or p.relied_on
    }
    row.call([function], [passed])
    if function.name in OUTCOMES:
        row.report(function, passed)


def _ask_back(row: Row, function: Function) -> None:
    aim = function.description[0].lower() + function.description[1:].rstrip(".")
    row.say("user", f"Is there a function that {aim}? Then please call it.")
    names = " and ".join(f"'{p.name}'" for p in required(function))
    kind = "parameter" if len(required(function)) == 1 else "parameters"
    row.say(
        "assistant",
        f"'{row.name(function)}' does that, but it needs the {kind} {names}. What shall "
        "I put there?",
    )


def _unfit(row: Row, function: Function) -> None:
    foreign = [each for each in all_functions() if each.domain != function.domain]
    ((phrase, _),) = draw_requests([function], row.rng)
    offered = row.rng.sample(foreign, row.rng.randint(0, 3))
    row.offer(offered)
    row.say("user", joined([phrase], row.rng))
    names = ", ".join(row.name(each) for each in offered)
    given = f"I only have {names}." if names else "I was given none."
    row.say("assistant", f"None of the functions can do that. {given}")


def _own_notation(row: Row, function: Function) -> None:
    ((phrase, arguments),) = draw_requests([function], row.rng)
    row.offer(_among([function], row.rng), as_lines=True)
    row.say("user", joined([phrase], row.rng))
    given = "; ".join(f"{k}~{printed(v, row.rng)}" for k, v in arguments.items())
    row.say("assistant", f"{{<{row.name(function)}>-[{given}]}}")


_FILL = {
    "calls": _calls,
    "missing": _missing,
    "unfit": _unfit,
    "results": _results,
    "asked": _asked,
    "own notation": _own_notation,
}


def _among(wanted: Sequence[Function], rng: random.Random) -> list[Function]:
    """Returns the functions wanted with up to two others."""
    distinct = [each for each in all_functions() if each in wanted]
    others = [each for each in all_functions() if each not in wanted]
    return distinct + rng.sample(others, rng.randint(0, 2))


def _with_outcomes(
    function: Function, count: int, rng: random.Random
) -> list[Function]:
    """Returns functions whose results are known, `function` first if it is one."""
    known = [each for each in all_functions() if each.name in OUTCOMES]
    first = function if function in known else rng.choice(known)
    others = [each for each in known if each is not first]
    return [first, *rng.sample(others, count - 1)]


def _that_needs(function: Function, rng: random.Random) -> Function:
    """Returns `function`, or another one if it has no required parameter."""
    if required(function):
        return function
    return rng.choice([each for each in all_functions() if required(each)])
