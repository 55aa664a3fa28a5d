"""A turn of the model: its calls, what it is told, what is scored of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from coalm_oumi.benchmarks.multiwoz import Databases, PredictedTurn, World
from coalm_oumi.benchmarks.multiwoz.protocols.agent import LONGEST_SHOWN, agent_turn
from coalm_oumi.evaluation.conductor import Reply, Request, RequestRefusedError
from tests.benchmarks.multiwoz.scripted import played

CALL = (
    'Thought: I need to call an API.\nAPI Name: query_hotels\nAPI Input: {"stars": 4}'
)
RESPONSE = "Thought: I need no API.\nResponse: It is the Fenland Hotel."
SAID = "It is the Fenland Hotel."


def turn(
    databases: Databases, *replies: str | Reply | Exception
) -> tuple[PredictedTurn, list[Request]]:
    world = World(databases, session="sng0001#0")
    return played(
        agent_turn("# Task", "[User]\nA hotel?\n[Assistant]\n", world), replies
    )


def told(request: Request) -> dict[str, Any]:
    """The last message, which is what the world or the task answers."""
    return json.loads(request.messages[-1].content)


def test_a_reply_at_once(small_databases: Databases) -> None:
    found, (asked,) = turn(small_databases, RESPONSE)
    assert found == PredictedTurn(SAID)
    assert [(m.role, m.content) for m in asked.messages] == [
        ("system", "# Task"),
        ("user", "[User]\nA hotel?\n[Assistant]\n"),
    ]


def test_a_call_and_its_result(small_databases: Databases) -> None:
    found, (_, second) = turn(small_databases, f"{CALL}\nAPI Result:", RESPONSE)
    (call,) = found.calls
    assert (call.name, call.arguments, call.failure) == (
        "query_hotels",
        {"stars": 4},
        "",
    )
    assert call.result[0]["name"] == "fenland hotel"
    assert [m.role for m in second.messages] == ["system", "user", "assistant", "user"]
    assert second.messages[2].content == f"{CALL}\nAPI Result:"
    assert told(second)["message"] == "1 found."


def test_an_invented_result_is_neither_read_nor_shown_again(
    small_databases: Databases,
) -> None:
    invented = f"{CALL}\nAPI Result: [the ritz]\nResponse: The Ritz has 4 stars."
    found, (_, second) = turn(small_databases, invented, RESPONSE)
    assert found.response == SAID
    assert "ritz" not in str(second).lower()


def test_five_calls_then_the_reply(small_databases: Databases) -> None:
    found, asked = turn(small_databases, *[CALL] * 5, RESPONSE)
    assert (len(found.calls), found.response, found.problems) == (5, SAID, ())
    assert len(asked) == 6


def test_a_sixth_call_is_not_made(small_databases: Databases) -> None:
    found, _ = turn(small_databases, *[CALL] * 6)
    assert (len(found.calls), found.response) == (5, "")
    assert found.problems == ("no_response",)


@pytest.mark.parametrize(
    ("written", "failure", "message"),
    [
        ("API Name: find_bus\nAPI Input: {}", "unknown_function", "no function"),
        ('API Name: query_hotels\nAPI Input: {"sta', "not_json", "not a JSON object"),
        ("API Name: query_hotels\nAPI Input: 4", "not_an_object", "one JSON object"),
        ("API Name: query_hotels", "no_input", "'API Input:' is missing"),
        ('API Name: query_hotels\nAPI Input: {"sea": 1}', "unknown_argument", "'sea'"),
        ('API Name: query_hotels\nAPI Input: {"stars": []}', "wrong_type", "number"),
        ("API Name: book_hotel\nAPI Input: {}", "missing_argument", "must be given"),
        (
            'API Name: book_hotel\nAPI Input: {"name": "ritz", "people": 1, "day": '
            '"friday", "stay": 1}',
            "no_such_venue",
            "no hotel called 'ritz'",
        ),
        ("API Name: " + "x" * 100_000 + "\nAPI Input: {}", "no_input", "missing"),
        (
            'API Name: query_hotels\nAPI Input: {"name": "' + "x" * 90_000 + '"}',
            "wrong_type",
            "short text",
        ),
    ],
)
def test_a_malformed_call_is_a_failed_call_that_the_model_is_told_about(
    small_databases: Databases, written: str, failure: str, message: str
) -> None:
    found, (_, second) = turn(small_databases, written, RESPONSE)
    assert [call.failure for call in found.calls] == [failure]
    assert (found.response, found.problems) == (SAID, ())
    assert told(second)["result"] is None
    assert message in told(second)["message"]
    assert len(second.messages[2].content) <= LONGEST_SHOWN + 50


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (Reply(""), "empty_reply"),
        (Reply(" \n"), "empty_reply"),
        (Reply("It is the Fenland Hotel."), "no_field"),
        (Reply("Thought: and then and then", cut_off=True), "cut_off"),
        (Reply("Thought: " + "and then " * 20_000), "cut_off"),
    ],
)
def test_a_text_that_is_neither_is_counted_and_the_model_goes_on(
    small_databases: Databases, reply: Reply, problem: str
) -> None:
    found, (_, second) = turn(small_databases, reply, RESPONSE)
    assert found == PredictedTurn(SAID, problems=(problem,))
    assert "write either 'API Name:'" in told(second)["message"]
    assert second.messages[2].content
    assert len(second.messages[2].content) <= LONGEST_SHOWN + 50


def test_endless_thoughts_end(small_databases: Databases) -> None:
    found, asked = turn(small_databases, *[Reply("Thought: hm", cut_off=True)] * 6)
    assert found == PredictedTurn("", problems=("cut_off", "no_response"))
    assert len(asked) == 6


def test_a_response_of_100_kb_is_kept_counted_and_scored_as_empty(
    small_databases: Databases,
) -> None:
    found, _ = turn(small_databases, "Response: " + "hotel " * 17_000)
    assert len(found.response) > 90_000
    assert found.problems == ("too_long",)


def test_a_full_context_ends_the_turn_and_another_refusal_the_run(
    small_databases: Databases,
) -> None:
    full = RequestRefusedError("This model's maximum context length is 8192 tokens")
    found, _ = turn(small_databases, CALL, full)
    assert (len(found.calls), found.response) == (1, "")
    assert found.problems == ("context_full",)
    with pytest.raises(RequestRefusedError, match="no such model"):
        turn(small_databases, RequestRefusedError("no such model"))
