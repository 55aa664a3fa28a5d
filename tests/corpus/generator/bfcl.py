r"""The BFCL half of the embedded corpus: a few cases of every category that can be run.

In the layout of the real files (`benchmarks/bfcl/load.py` shows lines). The single-turn
cases ask for the corpus's own invented functions. The multi-turn cases are played on
upstream's simulated APIs, whose functions have to be called as they are there; what is
said about them here is our own.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

from tests.corpus.generator.bfcl_turns import FUNCTION_DOCS, multi_turn_rows
from tests.corpus.generator.functions import Function, Parameter, Value, all_functions
from tests.corpus.generator.requests import draw_request, draw_requests, joined

_FOLDER = "bfcl_v3"
_TYPES = {"str": "string", "int": "integer", "float": "float", "bool": "boolean"}
# Java and JavaScript have names of their own for them.
_FOREIGN = {"str": "String", "int": "integer"}

# By category: how many calls, of how many functions, among how many that are offered.
_CALLED = {
    "simple": (1, 1, 1),
    "java": (1, 1, 1),
    "javascript": (1, 1, 1),
    "multiple": (1, 1, 3),
    "parallel": (2, 1, 1),
    "parallel_multiple": (2, 2, 3),
    "live_simple": (1, 1, 1),
    "live_multiple": (1, 1, 4),
    "live_parallel": (2, 1, 1),
    "live_parallel_multiple": (2, 2, 4),
}
# Whether the functions fit the request.
_PRESENCE = {"irrelevance": False, "live_irrelevance": False, "live_relevance": True}

Row = dict[str, Any]


def bfcl_files(seed: int, count: int) -> dict[str, bytes]:
    """Returns the BFCL-like files by their path below the data folder.

    Args:
        seed: Fixes every byte.
        count: Cases of each category.
    """
    files: dict[str, bytes] = {}
    for category in _CALLED:
        rng = random.Random(f"{seed} bfcl {category}")  # noqa: S311
        made = [_called(category, number, rng) for number in range(count)]
        files |= _files(category, made)
    for category in _PRESENCE:
        rng = random.Random(f"{seed} bfcl {category}")  # noqa: S311
        rows = [_presence(category, number, rng) for number in range(count)]
        files[f"{_FOLDER}/BFCL_v3_{category}.json"] = _lines(rows)
    for category, made in multi_turn_rows(seed, count).items():
        files |= _files(category, made)
    for name, docs in FUNCTION_DOCS.items():
        files[f"{_FOLDER}/multi_turn_func_doc/{name}.json"] = _lines(docs)
    return files


def _files(category: str, made: Sequence[tuple[Row, list[Any]]]) -> dict[str, bytes]:
    """Returns a category's two files: the cases, and their answers."""
    name = f"BFCL_v3_{category}.json"
    answers = [{"id": row["id"], "ground_truth": answer} for row, answer in made]
    return {
        f"{_FOLDER}/{name}": _lines([row for row, _ in made]),
        f"{_FOLDER}/possible_answer/{name}": _lines(answers),
    }


def _called(
    category: str, number: int, rng: random.Random
) -> tuple[Row, list[dict[str, Any]]]:
    """Returns a case whose answer is calls, and that answer."""
    calls, different, offered = _CALLED[category]
    foreign = category in ("java", "javascript")
    functions = [f for f in all_functions() if not foreign or _translatable(f)]
    leading = rng.sample(functions, different)
    wanted = [leading[n % different] for n in range(calls)]
    while not _distinct(requests := draw_requests(wanted, rng), foreign):
        pass
    others = [each for each in functions if each not in leading]
    listed = [*leading, *rng.sample(others, offered - different)]
    rng.shuffle(listed)
    query = joined([phrase for phrase, _ in requests], rng)
    row = _row(category, number, query, listed, _FOREIGN if foreign else _TYPES)
    answer = [
        {function.name: _possible(function, arguments)}
        for function, (_, arguments) in zip(wanted, requests, strict=True)
    ]
    return row, answer


def _presence(category: str, number: int, rng: random.Random) -> Row:
    """Returns a case that wants a call, or none, whichever it may be."""
    function = rng.choice(all_functions())
    phrase, _ = draw_request(function, rng)
    if _PRESENCE[category]:
        listed = [function]
    else:
        others = [f for f in all_functions() if f.domain != function.domain]
        listed = rng.sample(others, 2)
    return _row(category, number, joined([phrase], rng), listed, _TYPES)


def _row(
    category: str,
    number: int,
    query: str,
    functions: Sequence[Function],
    types: dict[str, str],
) -> Row:
    mark = f"-{number}-0" if category.startswith("live_") else ""
    return {
        "id": f"{category}_{number}{mark}",
        "question": [[{"role": "user", "content": query}]],
        "function": [_documented(function, types) for function in functions],
    }


def _documented(function: Function, types: dict[str, str]) -> Row:
    properties = {p.name: _parameter(p, types) for p in function.parameters}
    return {
        "name": function.name,
        "description": function.description,
        "parameters": {
            "type": "dict",
            "properties": properties,
            "required": [p.name for p in function.parameters if p.default is None],
        },
    }


def _parameter(parameter: Parameter, types: dict[str, str]) -> Row:
    kind = parameter.type.removesuffix(", optional")
    entry: Row = {"type": types.get(kind, ""), "description": parameter.description}
    if kind.startswith("List["):
        entry["type"] = "array"
        entry["items"] = {"type": _TYPES[kind[len("List[") : -1]]}
    if parameter.default is not None:
        entry["default"] = parameter.default
    return entry


def _possible(function: Function, arguments: dict[str, Value]) -> dict[str, list[Any]]:
    """Returns each parameter's right values; the empty text means: may be left out."""
    possible: dict[str, list[Any]] = {}
    for parameter in function.parameters:
        if parameter.name in arguments:
            value = arguments[parameter.name]
            left_out = parameter.default is not None and value == parameter.default
            possible[parameter.name] = [value, ""] if left_out else [value]
        else:
            # Nobody asked for it: left out, or given as what it is anyway.
            possible[parameter.name] = ["", parameter.default]
    return possible


def _distinct(requests: Sequence[tuple[str, dict[str, Value]]], foreign: bool) -> bool:
    """Whether no two calls are the same, and upstream can read them.

    Its reader of Java and JavaScript takes places in bytes for places in text.
    """
    told = [repr(arguments) for _, arguments in requests]
    return len(set(told)) == len(told) and (not foreign or "".join(told).isascii())


def _translatable(function: Function) -> bool:
    kinds = {p.type.removesuffix(", optional") for p in function.parameters}
    return kinds <= set(_FOREIGN)


def _lines(rows: Sequence[Row]) -> bytes:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()
