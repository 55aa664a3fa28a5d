"""The multi-turn cases of the BFCL-like half, and what is said about the functions."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

Row = dict[str, Any]
Turns = list[tuple[str, list[str]]]

_CATEGORIES = (
    "multi_turn_base",
    "multi_turn_miss_func",
    "multi_turn_miss_param",
    "multi_turn_long_context",
)


def _function(name: str, description: str, result: str, **parameters: str) -> Row:
    """Returns a function's documentation; a parameter is `type: what it is`."""
    properties = {}
    for key, told in parameters.items():
        kind, _, what = told.partition(": ")
        properties[key] = {"type": kind, "description": what}
    return {
        "name": name,
        "description": description,
        "parameters": {
            "type": "dict",
            "properties": properties,
            "required": list(parameters),
        },
        "response": {
            "type": "dict",
            "properties": {result: {"type": "any", "description": "What came of it."}},
        },
    }


def _of_two(name: str, description: str) -> Row:
    one, other = "float: The first number.", "float: The second number."
    return _function(name, description, "result", a=one, b=other)


FUNCTION_DOCS: Mapping[str, list[Row]] = {
    "math_api": [
        _of_two("add", "Adds two numbers."),
        _of_two("subtract", "Takes the second number from the first."),
        _of_two("multiply", "Multiplies two numbers."),
    ],
    "posting_api": [
        _function(
            "post_tweet", "Posts a text.", "tweet_id", content="string: The text."
        ),
        _function(
            "follow_user",
            "Follows somebody.",
            "follow_status",
            username_to_follow="string: Whom to follow.",
        ),
    ],
    "gorilla_file_system": [
        _function("mkdir", "Makes a folder here.", "None", dir_name="string: Its name.")
    ],
    "message_api": [_function("list_users", "Lists all users.", "user_list")],
    "ticket_api": [
        _function("get_ticket", "Shows a ticket.", "id", ticket_id="integer: Its id.")
    ],
    "trading_bot": [_function("get_current_time", "Tells the time.", "current_time")],
    "travel_booking": [
        _function(
            "get_nearest_airport_by_city",
            "Finds the airport closest to a city.",
            "nearest_airport",
            location="string: Name of the city.",
        )
    ],
    "vehicle_control": [
        _function(
            "startEngine",
            "Starts the engine, or stops it.",
            "engineState",
            ignitionMode="string: START or STOP.",
        )
    ],
}
"""What is said about the functions of each simulated API, by its file's name."""


def multi_turn_rows(
    seed: int, count: int
) -> dict[str, list[tuple[Row, list[list[str]]]]]:
    """Returns cases with their answers, a list of calls per turn, by category.

    Args:
        seed: Fixes them.
        count: How many of each category.
    """
    made: dict[str, list[tuple[Row, list[list[str]]]]] = {}
    for category in _CATEGORIES:
        rng = random.Random(f"{seed} bfcl {category}")  # noqa: S311
        made[category] = [_case(category, number, rng) for number in range(count)]
    return made


def _case(
    category: str, number: int, rng: random.Random
) -> tuple[Row, list[list[str]]]:
    a, b, c = rng.sample(range(2, 40), 3)
    user = rng.choice(("harbour_news", "garden_club", "city_choir"))
    turns: Turns = [(f"What is {a} plus {b}?", [f"add(a={a}, b={b})"])]
    row: Row = {"id": f"{category}_{number}"}
    if category == "multi_turn_miss_func":
        turns.append((f"And that times {c}?", []))
        turns.append(("", [f"multiply(a={a + b}, b={c})"]))
        row["missed_function"] = {"2": ["multiply"]}
    elif category == "multi_turn_miss_param":
        turns.append(("Follow somebody for me.", []))
        turns.append((f"I mean {user}.", [f"follow_user(username_to_follow='{user}')"]))
    else:
        turns.append(
            (
                f"Post the sum as a text, just the number, and follow {user}.",
                [
                    f"post_tweet(content='{a + b}')",
                    f"follow_user(username_to_follow='{user}')",
                ],
            )
        )
    said = [[{"role": "user", "content": text}] if text else [] for text, _ in turns]
    row |= {
        "question": said,
        "initial_config": {"TwitterAPI": _account()},
        "involved_classes": ["MathAPI", "TwitterAPI"],
    }
    return row, [calls for _, calls in turns]


def _account() -> Row:
    return {
        "username": "reader",
        "password": "open sesame",
        "authenticated": True,
        "tweets": {},
        "comments": {},
        "retweets": {},
        "following_list": [],
        "tweet_counter": 0,
    }
