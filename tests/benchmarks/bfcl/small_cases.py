"""A few cases of our own, in the layout of the real files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

DIVIDE = {
    "name": "divide",
    "description": "Divides two numbers.",
    "parameters": {
        "type": "dict",
        "properties": {
            "a": {"type": "integer", "description": "Above."},
            "b": {"type": "integer", "description": "Below."},
            "rounded": {"type": "boolean", "description": "Whether to round."},
        },
        "required": ["a", "b"],
    },
}
ADD = {
    "name": "math.add",
    "description": "Adds numbers.",
    "parameters": {
        "type": "dict",
        "properties": {
            "numbers": {
                "type": "array",
                "items": {"type": "float"},
                "description": "Which.",
            },
            "unit": {"type": "string", "description": "Of all of them."},
        },
        "required": ["numbers"],
    },
}
MATH_DOCS = [
    {
        "name": "add",
        "description": "Adds two numbers.",
        "parameters": {
            "type": "dict",
            "properties": {
                "a": {"type": "float", "description": "One."},
                "b": {"type": "float", "description": "The other."},
            },
            "required": ["a", "b"],
        },
        "response": {"type": "dict", "properties": {"result": {"type": "float"}}},
    },
    {
        "name": "multiply",
        "description": "Multiplies two numbers.",
        "parameters": {
            "type": "dict",
            "properties": {
                "a": {"type": "float", "description": "One."},
                "b": {"type": "float", "description": "The other."},
            },
            "required": ["a", "b"],
        },
        "response": {"type": "dict", "properties": {"result": {"type": "float"}}},
    },
]
POSTING_DOCS = [
    {
        "name": "post_tweet",
        "description": "Posts.",
        "parameters": {
            "type": "dict",
            "properties": {"content": {"type": "string", "description": "What."}},
            "required": ["content"],
        },
        "response": {"type": "dict", "properties": {}},
    }
]
TWITTER = {
    "TwitterAPI": {
        "username": "ann",
        "password": "secret",
        "authenticated": True,
        "tweets": {},
        "comments": {},
        "retweets": {},
        "following_list": ["bob"],
        "tweet_counter": 0,
    }
}

Row = dict[str, Any]


def _row(key: str, said: str, *functions: Row) -> Row:
    return {
        "id": key,
        "question": [[{"role": "user", "content": said}]],
        "function": list(functions),
    }


def _turns(*said: str | None) -> list[list[Row]]:
    return [[{"role": "user", "content": text}] if text else [] for text in said]


CASES: dict[str, list[Row]] = {
    "simple": [
        _row("simple_0", "What is 3 over 4?", DIVIDE),
        _row("simple_1", "And 6 over 2, rounded?", DIVIDE),
    ],
    "multiple": [_row("multiple_0", "3 and 4 metres?", DIVIDE, ADD)],
    "parallel": [_row("parallel_0", "3 over 4, and 5 over 6?", DIVIDE)],
    "irrelevance": [_row("irrelevance_0", "Sing!", DIVIDE)],
    "live_relevance": [_row("live_relevance_0-0-0", "Divide something.", DIVIDE)],
    "multi_turn_base": [
        {
            "id": "multi_turn_base_0",
            "question": _turns("Add 2 and 3, and post the sum.", "Thanks!"),
            "initial_config": TWITTER,
            "involved_classes": ["MathAPI", "TwitterAPI"],
        }
    ],
    "multi_turn_miss_func": [
        {
            "id": "multi_turn_miss_func_0",
            "question": _turns("Add 2 and 3.", "Times 7?", None),
            "initial_config": {},
            "involved_classes": ["MathAPI"],
            "missed_function": {"2": ["multiply"]},
        }
    ],
}
ANSWERS: dict[str, list[Any]] = {
    "simple": [
        [{"divide": {"a": [3], "b": [4], "rounded": ["", False]}}],
        [{"divide": {"a": [6], "b": [2], "rounded": [True]}}],
    ],
    "multiple": [[{"math.add": {"numbers": [[3.0, 4.0]], "unit": ["m", "metre"]}}]],
    "parallel": [[{"divide": {"a": [3], "b": [4]}}, {"divide": {"a": [5], "b": [6]}}]],
    "multi_turn_base": [[["add(a=2, b=3)", "post_tweet(content='5')"], []]],
    "multi_turn_miss_func": [[["add(a=2, b=3)"], [], ["multiply(a=5, b=7)"]]],
}


def write_small_cases(folder: Path) -> Path:
    """Writes the cases into a folder as upstream lays its files out; returns it."""
    docs = {"math_api": MATH_DOCS, "posting_api": POSTING_DOCS}
    for name, rows in docs.items():
        _write(folder / "multi_turn_func_doc" / f"{name}.json", rows)
    for category, rows in CASES.items():
        _write(folder / f"BFCL_v3_{category}.json", rows)
        if category in ANSWERS:
            answers = [
                {"id": row["id"], "ground_truth": answer}
                for row, answer in zip(rows, ANSWERS[category], strict=True)
            ]
            _write(folder / "possible_answer" / f"BFCL_v3_{category}.json", answers)
    return folder


def _write(path: Path, rows: list[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "\n".join(json.dumps(row) for row in rows)
    path.write_text(lines, encoding="utf-8")
