"""Three questions of a newcomer's kind, and what the trained SmolLM2 answered."""

from __future__ import annotations

import json
from typing import Any

import pytest

from coalm_oumi.planning.shipped import read_header
from coalm_oumi.serving import read_reply
from tests.recipes.infer_transcript import (
    MODEL,
    QUESTIONS,
    RECIPE,
    REPOSITORY,
    kept,
    transcript,
)

KEPT: dict[str, dict[str, Any]] = dict(kept())
FUNCTIONS = {"find_bus": {"to", "day"}, "get_weather": {"city", "day"}}


def test_all_questions_are_answered_without_markup() -> None:
    assert KEPT.keys() == QUESTIONS.keys()
    for entry in KEPT.values():
        assert entry["reply"].strip()
        assert not any(mark in entry["reply"] for mark in ("<|", "```", "[BEGIN"))


def test_a_state_is_a_domain_with_its_slots() -> None:
    speaker, _, state = KEPT["state"]["reply"].partition(": ")
    assert speaker == "System"
    read = json.loads(state)
    assert read["domain"] == "GetWeather"
    assert read["slot_values"]
    assert all(
        value in KEPT["state"]["question"] for value in read["slot_values"].values()
    )


def test_a_call_is_read_and_is_one_of_a_listed_function() -> None:
    (call,) = read_reply(KEPT["call"]["reply"], functions=FUNCTIONS).calls
    assert set(call.arguments) <= FUNCTIONS[call.name]
    listed = (REPOSITORY / "configs/smol_functions.txt").read_text()
    assert all(f'"name": "{name}"' in listed for name in FUNCTIONS)


def test_small_talk_calls_nothing() -> None:
    reply = read_reply(KEPT["small talk"]["reply"])
    assert not reply.calls
    assert reply.content is not None
    assert len(reply.content.split()) > 2


def test_the_recipe_tells_the_commands() -> None:
    told = (REPOSITORY / RECIPE).read_text()
    assert read_header(told).hardware
    for entry in KEPT.values():
        assert f"#   {entry['command']}\n" in told


@pytest.mark.slow
def test_the_trained_model_answers_so_again() -> None:
    if not (REPOSITORY / MODEL / "config.json").is_file():
        pytest.skip(f"recipes/smol_train.yaml has left no model in {MODEL}")
    assert transcript(str(REPOSITORY / MODEL)) == list(KEPT.values())
