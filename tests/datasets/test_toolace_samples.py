"""One sample per turn of the assistant."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.calls import FunctionSchema, ParameterSchema
from coalm_oumi.datasets.toolace import UnusableTurnError, toolace_samples, turn_kind
from coalm_oumi.errors import OptionError
from coalm_oumi.sample import Origin, Sample
from coalm_oumi.sources import Ledger, ToolAceConversation, Turn, read_toolace
from tests.datasets.same_bytes import invented_conversations

FIND_BUS = FunctionSchema("Find Bus", "", (ParameterSchema("to", {}),))


def conversation(*turns: Turn, **changes: Any) -> ToolAceConversation:
    fields: dict[str, Any] = {
        "record_id": "data.json#7",
        "system": "You compose calls.",
        "tools": (FIND_BUS,),
        "bracketed": True,
        "turns": turns,
        "digest": "0",
    }
    return ToolAceConversation(**fields | changes)


def said(text: str) -> Turn:
    return Turn("assistant", text)


def in_order(*conversations: ToolAceConversation, **options: Any) -> list[Sample]:
    found = toolace_samples(conversations, seed=1, **options)
    return sorted(found, key=lambda sample: len(sample.input))


TALK = conversation(
    Turn("user", "A bus to Ely"),
    said('[Find Bus(to="Ely")]'),
    Turn("tool", '[{"name": "Find Bus", "results": {"at": 9}}]'),
    said("It leaves at nine.\nAnything else?"),
    Turn("user", "No"),
    said("Goodbye."),
)


def test_each_turn_of_the_assistant_is_a_sample_with_what_was_said_before() -> None:
    first, second, third = in_order(TALK)
    assert first.input == "User: A bus to Ely"
    assert first.output == '[Find Bus(to="Ely")]'
    assert second.input == (
        "User: A bus to Ely\n"
        'Assistant: [Find Bus(to="Ely")]\n'
        'Tool: [{"name": "Find Bus", "results": {"at": 9}}]'
    )
    assert second.output == "It leaves at nine.\nAnything else?"
    assert third.input == (
        f"{second.input}\nAssistant: It leaves at nine.\nAnything else?\nUser: No"
    )
    assert third.output == "Goodbye."
    assert {s.instruction for s in (first, second, third)} == {"You compose calls."}


def test_a_sample_says_where_it_comes_from() -> None:
    first, second, _ = in_order(TALK)
    assert first.origin == Origin(
        source="toolace",
        record_id="data.json#7, turn 1",
        prompt="toolace_v1",
        transformation="calls",
        seed=1,
    )
    assert second.origin.record_id == "data.json#7, turn 3"
    assert second.origin.transformation == "answer"


@pytest.mark.parametrize(
    "text",
    [
        '[Find Bus(to="Ely")]',
        "[Find Bus(to='Ely'), Find Bus()]",
        "\n[Moving Average (MA)(days=5)]\n",
    ],
)
def test_what_can_be_read_as_calls_is_calls(text: str) -> None:
    assert turn_kind(said(text), conversation()) == "calls"
    assert turn_kind(said(text), conversation(bracketed=False)) == "calls"


@pytest.mark.parametrize(
    "text",
    [
        "Where do you want to go?",
        "I would call [Find Bus(to=...)], but the city is missing.",
        "Find Bus(to='Ely')",
        "[]",
        "[No function fits]",
        "[Timetable](https://bus.example/ely) shows all buses.",
        "{ }",
    ],
)
def test_other_text_is_an_answer(text: str) -> None:
    assert turn_kind(said(text), conversation()) == "answer"


@pytest.mark.parametrize(
    "text",
    [
        '[Find Bus(to="Ely"',
        '[Find Bus(to="Ely")',
        '[Find Bus(to="Ely)]',
        '[Find Bus("Ely")]',
        "[Find Bus",
        "[Find Bus(to=Find Stop(name='a'))]",
        "[Find Bus(to='Ely')] Done.",
    ],
)
def test_calls_that_cannot_be_read_are_rejected_with_the_reason(text: str) -> None:
    ledger = Ledger("turns")
    assert in_order(conversation(said(text)), ledger=ledger) == []
    (entry,) = ledger.entries
    assert (entry.action, entry.reason) == ("rejected", "calls cannot be read")
    assert entry.record_id == "data.json#7, turn 0"
    assert "(character " in entry.detail
    assert (ledger.read, ledger.kept) == (1, 0)


@pytest.mark.parametrize("text", ["", " \n"])
@pytest.mark.parametrize("bracketed", [True, False])
def test_a_turn_without_text_is_rejected(text: str, bracketed: bool) -> None:
    ledger = Ledger("turns")
    talk = conversation(said(text), said("Hello"), bracketed=bracketed)
    (sample,) = in_order(talk, ledger=ledger)
    assert sample.output == "Hello"
    assert ledger.counts() == {("rejected", "turn without text"): 1}


OWN = [
    "{[Find Bus]-('to'~'Ely')}",
    "[Find Bus:{'to'/\"Ely\"}]",
    "<Find Bus=>['to'--Ely], Find Bus=>['to'--Rye]>",
    "(Find Bus-(to-it's Ely))",
]


@pytest.mark.parametrize("text", OWN)
def test_calls_in_the_row_s_own_notation_are_kept_and_noted(text: str) -> None:
    ledger = Ledger("turns")
    talk = conversation(said(text), bracketed=False, tools=None)
    (sample,) = in_order(talk, ledger=ledger)
    assert sample.output == text
    assert sample.origin.transformation == "own notation"
    assert ledger.kept == 1
    assert ledger.counts() == {("noted", "calls in a notation of the row's own"): 1}


@pytest.mark.parametrize("text", OWN)
def test_calls_in_the_row_s_own_notation_can_be_rejected(text: str) -> None:
    ledger = Ledger("turns")
    talk = conversation(said(text), bracketed=False, tools=None)
    assert in_order(talk, own_notation="reject", ledger=ledger) == []
    assert ledger.counts() == {("rejected", "calls in a notation of the row's own"): 1}


@pytest.mark.parametrize("text", ["{[Find Bus]-('to'~'Ely'", "[Find Bus:{'to'/1]"])
def test_calls_in_the_row_s_own_notation_must_be_closed(text: str) -> None:
    with pytest.raises(UnusableTurnError, match=r"calls cannot be read: 1 "):
        turn_kind(said(text), conversation(bracketed=False))


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("[Find Tram()]", "the call 'Find Tram' names no listed tool"),
        ("[Find Bus(at=9)]", "the call 'Find Bus': no parameter of that tool is 'at'"),
    ],
)
def test_a_call_of_what_is_not_listed_is_kept_and_noted(text: str, detail: str) -> None:
    ledger = Ledger("turns")
    (sample,) = in_order(conversation(said(text)), ledger=ledger)
    assert sample.output == text
    (entry,) = ledger.entries
    assert (entry.action, entry.detail) == ("noted", detail)
    assert entry.reason == "a call names an unlisted function or parameter"


def test_unknown_tools_are_no_reason_for_a_note() -> None:
    ledger = Ledger("turns")
    in_order(conversation(said("[Find Tram()]"), tools=None), ledger=ledger)
    assert ledger.entries == []


def test_the_order_of_the_conversations_changes_nothing() -> None:
    conversations = invented_conversations(20)
    # One of them twice, under two names.
    conversations.append(conversation(*TALK.turns, record_id="a#1"))
    conversations.append(conversation(*TALK.turns, record_id="b#1"))
    expected = list(toolace_samples(conversations, seed=1))
    for seed in range(3):
        random.Random(seed).shuffle(conversations)  # noqa: S311
        assert list(toolace_samples(conversations, seed=1)) == expected
    ids = [s.origin.record_id for s in expected]
    assert ids != sorted(ids)
    assert len(set(ids)) == 20 * 2 + 2 * 3


def test_a_conversation_that_is_added_changes_no_other_sample() -> None:
    conversations = invented_conversations(20)
    before = list(toolace_samples(conversations[1:], seed=1))
    after = list(toolace_samples(conversations, seed=1))
    assert [s for s in after if "#0," not in s.origin.record_id] == before


def test_another_seed_gives_another_order_of_the_same() -> None:
    one, other = (
        [s.output for s in toolace_samples(invented_conversations(20), seed=seed)]
        for seed in (1, 2)
    )
    assert one != other
    assert sorted(one) == sorted(other)


def test_an_unknown_choice_is_refused() -> None:
    with pytest.raises(OptionError, match=r"'own_notation'.*did you mean 'reject'"):
        in_order(TALK, own_notation="rejected")


def test_the_1000_real_rows_give_1210_samples(real_data: Path) -> None:
    path = real_data / "toolace" / "data.sample1000.json"
    ledger = Ledger("turns")
    found = list(toolace_samples(read_toolace(path), seed=42, ledger=ledger))
    assert (ledger.read, ledger.kept, len(found)) == (1211, 1210, 1210)
    # The paper has 13,819 samples of 11,300 conversations, 1.22 of each.
    assert len(found) / 1000 == pytest.approx(13_819 / 11_300, abs=0.02)
    assert ledger.counts() == {
        ("noted", "calls in a notation of the row's own"): 39,
        ("rejected", "turn without text"): 1,
    }
    assert Counter(s.origin.transformation for s in found) == {
        "calls": 893,
        "answer": 278,
        "own notation": 39,
    }
