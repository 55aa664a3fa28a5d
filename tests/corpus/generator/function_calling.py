r"""The function-calling half of the embedded corpus, in the layout of xLAM.

One JSON list; `tools` and `answers` are JSON in a string::

    {"id": 7,
     "query": "Find a recipe for goulash.",
     "answers": "[{\"name\": \"find_recipe\", \"arguments\": {\"dish\": \"goulash\"}}]",
     "tools": "[{\"name\": \"find_recipe\", \"description\": \"Finds recipes.\",
                \"parameters\": {\"dish\": {\"description\": \"Name of the dish.\",
                                            \"type\": \"str\", \"default\": \"\"}}}]"}

The irrelevance rows have the same columns, tools of other domains than the query's, and
the answer ``[]``. As in the real files, some rows list a tool twice, some inner strings
escape their non-ASCII characters, and answers may pass a default that the query never
mentions. A text argument that is no default always stands in the query word for word.
"""

from __future__ import annotations

import json
import random
from typing import Any

from tests.corpus.generator.functions import Function, Value, all_functions
from tests.corpus.generator.requests import (
    draw_request,
    draw_requests,
    evenly,
    joined,
    wanted_with,
)

XLAM_FILE = "xlam/xlam_function_calling_60k.json"
IRRELEVANCE_FILE = "xlam/xlam-7.5k-irrelevancek.json"

_DUPLICATE_SHARE = 0.04
_ESCAPED_SHARE = 0.2


def xlam_files(seed: int, calls: int, irrelevant: int) -> dict[str, bytes]:
    """Returns the xLAM-like files by their path below the data folder.

    Args:
        seed: Fixes every byte.
        calls: Rows whose tools answer the query.
        irrelevant: Rows whose tools do not.
    """
    return {
        XLAM_FILE: _file(call_rows(seed, calls)),
        IRRELEVANCE_FILE: _file(irrelevant_rows(seed, irrelevant)),
    }


def call_rows(seed: int, count: int) -> list[dict[str, Any]]:
    """Returns rows whose answer is one to three calls.

    Args:
        seed: Fixes them.
        count: How many.
    """
    rng = random.Random(f"{seed} calls")  # noqa: S311
    functions = all_functions()
    leading = evenly(functions, count, rng)
    rows = []
    for number, function in enumerate(leading):
        wanted = wanted_with(function, functions, rng)
        requests = draw_requests(wanted, rng)
        query = joined([phrase for phrase, _ in requests], rng)
        answers = [
            {"name": each.name, "arguments": arguments}
            for each, (_, arguments) in zip(wanted, requests, strict=True)
        ]
        listed = [each for each in functions if each in wanted]
        others = [each for each in functions if each not in listed]
        listed += rng.sample(others, rng.randint(0, 4 - len(listed)))
        rng.shuffle(listed)
        if rng.random() < _DUPLICATE_SHARE:
            listed.insert(rng.randrange(len(listed) + 1), rng.choice(listed))
        rows.append(_row(number, query, answers, listed, rng))
    return rows


def irrelevant_rows(seed: int, count: int) -> list[dict[str, Any]]:
    """Returns rows whose tools do not fit the query, so that the answer is ``[]``.

    Args:
        seed: Fixes them.
        count: How many.
    """
    rng = random.Random(f"{seed} irrelevant")  # noqa: S311
    functions = all_functions()
    rows = []
    for number, function in enumerate(evenly(functions, count, rng)):
        phrase, _ = draw_request(function, rng)
        foreign = [each for each in functions if each.domain != function.domain]
        listed = rng.sample(foreign, rng.randint(1, 4))
        rows.append(_row(number, joined([phrase], rng), [], listed, rng))
    return rows


def _row(
    number: int,
    query: str,
    answers: list[dict[str, Any]],
    functions: list[Function],
    rng: random.Random,
) -> dict[str, Any]:
    """Returns a row; one in five escapes what is not ASCII inside its strings."""
    escaped = rng.random() < _ESCAPED_SHARE
    tools = [_tool(function) for function in functions]
    return {
        "id": number,
        "query": query,
        "answers": json.dumps(answers, ensure_ascii=escaped),
        "tools": json.dumps(tools, ensure_ascii=escaped),
    }


def _tool(function: Function) -> dict[str, Any]:
    """Returns a function as an entry of `tools`."""
    parameters: dict[str, dict[str, Value]] = {}
    for parameter in function.parameters:
        entry: dict[str, Value] = {
            "description": parameter.description,
            "type": parameter.type,
        }
        if parameter.default is not None:
            entry["default"] = parameter.default
        parameters[parameter.name] = entry
    return {
        "name": function.name,
        "description": function.description,
        "parameters": parameters,
    }


def _file(rows: list[dict[str, Any]]) -> bytes:
    """Returns a file's bytes, one column per line like the real one."""
    return json.dumps(rows, ensure_ascii=False, indent=0).encode("utf-8")
