"""The prompt of gold_history, and how replies to it are read."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalm_oumi.benchmarks.multiwoz import TOOLS, MultiwozData, World
from coalm_oumi.benchmarks.multiwoz.protocols.prompt import (
    SLOT_RULES,
    STOP,
    SlotRule,
    conversation,
    prompt_id,
    system_prompt,
)
from coalm_oumi.benchmarks.multiwoz.protocols.reply import (
    LONGEST,
    ReplyCall,
    ReplyFailure,
    ReplyText,
    parse_reply,
)

CALL = (
    'Thought: I need to call an API.\nAPI Name: query_hotels\nAPI Input: {"stars": 4}'
)


@pytest.mark.parametrize(
    "reply",
    [
        CALL,
        f"{CALL}\nAPI Result:",
        f"{CALL}\nAPI Result: {{}}\nResponse: It is booked.",
        CALL.replace("\n", " "),
        CALL.lower(),
        'API Name: query_hotels()\nAPI Input:\n```json\n{"stars": 4}\n```\nAPI Result:',
        '**API Name:** `query_hotels`\n**API Input:** {"stars": 4} and so on',
    ],
)
def test_calls(reply: str) -> None:
    assert parse_reply(reply) == ReplyCall("query_hotels", {"stars": 4})


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("Thought: I want to respond.\nResponse: It is cheap.", "It is cheap."),
        ("Response: One.\nTwo.", "One.\nTwo."),
        ("Response: One.\nThought: more\nAPI Name: query_hotels", "One."),
        ("Response: One.\n[User]\nThanks", "One."),
        ("Response:", ""),
        (f"Response: It is cheap.\n{CALL}", "It is cheap."),
    ],
)
def test_answers(reply: str, said: str) -> None:
    assert parse_reply(reply) == ReplyText(said)


@pytest.mark.parametrize(
    ("reply", "kind", "name"),
    [
        ("", "no_field", ""),
        ("It is cheap.", "no_field", ""),
        ("Thought: " + "and then " * 20_000, "no_field", ""),
        ("API Result: {}\nResponse: invented", "no_field", ""),
        ("API Name: query_hotels", "no_input", "query_hotels"),
        ("API Name: query_hotels\nAPI Result:", "no_input", "query_hotels"),
        ("API Name: a\nAPI Input: stars=4", "not_an_object", "a"),
        ("API Name: a\nAPI Input: {'stars': 4}", "not_json", "a"),
        ('API Name: a\nAPI Input: {"stars": 4', "not_json", "a"),
        ("API Name: a\nAPI Input: " + '{"a":' * 20_000, "not_json", "a"),
        ("API Name: a\nAPI Input: {" + '"a": NaN}', "not_json", "a"),
        ("x" * LONGEST + "\nResponse: too late", "no_field", ""),
    ],
)
def test_what_is_neither(reply: str, kind: str, name: str) -> None:
    found = parse_reply(reply)
    assert isinstance(found, ReplyFailure)
    assert (found.kind, found.name) == (kind, name)
    assert found.message.startswith("Failure: ")


@given(st.text(max_size=200))
def test_no_reply_stops_the_reading(text: str) -> None:
    parse_reply(text)
    parse_reply(f"API Name: {text}\nAPI Input: {{{text}")


def test_the_reply_to_the_prompts_own_format() -> None:
    assert STOP == ("API Result:",)
    shown = system_prompt().partition("# Output format")[2]
    form = shown.partition("To respond to the user:")[2]
    assert parse_reply(form.strip()) == ReplyText(
        "[what you say to the user]\n\n# Example"
    )


@pytest.mark.parametrize("example", [True, False])
@pytest.mark.parametrize("slots", SLOT_RULES)
def test_every_version_names_every_function_and_parameter(
    slots: SlotRule, example: bool
) -> None:
    prompt = system_prompt(slots, example=example)
    for tool in TOOLS.values():
        assert f"- {tool.name}: {tool.description}" in prompt
        for parameter in tool.parameters:
            assert f"  - {parameter.name}: {parameter.description}" in prompt
    assert ("# Example" in prompt) == example
    assert "<<" not in prompt
    assert "up to 5 APIs" in prompt


def test_versions_differ_in_what_they_say_of_open_slots() -> None:
    prompts = {rule: system_prompt(rule) for rule in SLOT_RULES}
    assert len(set(prompts.values())) == 3
    assert 'write "any"' in prompts["any"]
    assert '"pricerange": "any"' in prompts["any"]
    assert 'write "dontcare"' in prompts["dontcare"]
    assert '"pricerange": "any"' not in prompts["omit"]


def test_version_1_never_changes() -> None:
    # The functions' descriptions are part of it: another wording is version 2.
    hasher = hashlib.sha256()
    for rule in SLOT_RULES:
        for example in (True, False):
            hasher.update(system_prompt(rule, example=example).encode())
    assert hasher.hexdigest() == (
        "99e03d19941cdaa7da4625681a5509398f3ddde8fc18165845bfff6a2e2483c3"
    )


def test_the_examples_calls_are_calls() -> None:
    for rule in SLOT_RULES:
        example = system_prompt(rule).partition("# Example")[2]
        call = parse_reply(example.partition("[Assistant]")[2])
        assert isinstance(call, ReplyCall)
        assert call.name == "query_restaurants"
        assert set(call.arguments) <= {p.name for p in TOOLS[call.name].parameters}


def test_the_names_of_prompts() -> None:
    assert prompt_id("any", example=True) == "multiwoz_any_one_shot_v1"
    assert prompt_id("omit", example=False) == "multiwoz_omit_zero_shot_v1"


def test_the_conversation_has_the_gold_replies(cambridge: MultiwozData) -> None:
    turns = cambridge.dialogues["sng0001"].turns
    assert conversation(turns, 0) == "[User]\nThai food in the east?\n[Assistant]\n"
    assert conversation(turns, 1) == (
        "[User]\nThai food in the east?\n[Assistant]\nThe Blue Heron, 01223000001.\n"
        "[User]\nA table for two, Friday at six.\n[Assistant]\n"
    )


def test_a_call_that_was_read_can_be_made(cambridge: MultiwozData) -> None:
    call = parse_reply(CALL)
    assert isinstance(call, ReplyCall)
    result = World(cambridge.databases).call(call.name, call.arguments)
    assert json.loads(result.as_json())["result"][0]["name"] == "fenland hotel"
