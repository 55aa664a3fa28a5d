"""The ToolACE-like part of the embedded corpus."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalm_oumi.calls import parse_bracket_calls
from coalm_oumi.datasets.toolace import toolace_samples
from coalm_oumi.sources import Ledger, ToolAceConversation, read_toolace
from tests.corpus.generator.conversations import (
    TOOLACE_FILE,
    conversation_rows,
    toolace_files,
)
from tests.corpus.generator.functions import all_functions
from tests.corpus.generator.outcomes import OUTCOMES


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the corpus with its default seed and size."""
    file = tmp_path_factory.mktemp("corpus") / "data.json"
    file.write_bytes(toolace_files(2017, 240)[TOOLACE_FILE])
    return file


@pytest.fixture(scope="module")
def conversations(path: Path) -> list[ToolAceConversation]:
    ledger = Ledger("toolace")
    found = list(read_toolace(path, ledger=ledger))
    assert (ledger.read, ledger.kept) == (240, 240)
    return found


def roles(conversation: ToolAceConversation) -> str:
    return "".join(turn.role[0] for turn in conversation.turns)


def test_rows_have_the_columns_of_the_real_ones(path: Path) -> None:
    rows = json.loads(path.read_text("utf-8"))
    assert {tuple(row) for row in rows} == {("system", "conversations")}
    assert {tuple(turn) for row in rows for turn in row["conversations"]} == {
        ("from", "value")
    }


def test_conversations_are_of_one_turn_and_of_many(
    conversations: list[ToolAceConversation],
) -> None:
    shapes = Counter(map(roles, conversations))
    assert set(shapes) == {
        "ua",
        "uaua",
        "uata",
        "uauata",
        "uataua",
        "uatauata",
        "uatauataua",
    }
    assert shapes["ua"] > 150
    assert all(count >= 2 for count in shapes.values())


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32))
def test_every_call_can_be_made_with_the_functions_listed(seed: int) -> None:
    for row in conversation_rows(seed, 10):
        assert not set("<>|") & set(row["conversations"][0]["value"])
        listed = re.search(r"^\[.*\](?=\. $)", row["system"], re.MULTILINE)
        if listed is None:
            continue
        tools = {tool["name"]: tool["parameters"] for tool in json.loads(listed[0])}
        for turn in row["conversations"]:
            if turn["from"] == "assistant" and turn["value"].startswith("["):
                for call in parse_bracket_calls(turn["value"]):
                    schema = tools[call.name]
                    assert set(call.arguments) <= set(schema["properties"])
                    assert set(schema["required"]) <= set(call.arguments)


def test_all_kinds_of_samples_come_of_them(
    conversations: list[ToolAceConversation],
) -> None:
    ledger = Ledger("turns")
    samples = list(toolace_samples(conversations, seed=1, ledger=ledger))
    kinds = Counter(sample.origin.transformation for sample in samples)
    assert kinds == {"calls": 210, "answer": 180, "own notation": 12}
    assert ledger.counts() == {("noted", "calls in a notation of the row's own"): 12}
    assert ledger.kept == 402


def test_names_are_of_the_kinds_that_the_real_ones_are(
    conversations: list[ToolAceConversation],
) -> None:
    names = {tool.name for each in conversations for tool in each.tools or ()}
    for kind in (r"\w+", r"\w+\.\w+", r"\w+( \w+)+", r"\w+/[\w-]+", r".*\(\w+\)"):
        assert any(re.fullmatch(kind, name) for name in names), kind
    assert any(each.tools == () for each in conversations)


def test_a_result_names_the_function_called_and_is_told(
    conversations: list[ToolAceConversation],
) -> None:
    told = 0
    for each in conversations:
        for before, turn, after in zip(
            each.turns, each.turns[1:], each.turns[2:], strict=False
        ):
            if turn.role != "tool":
                continue
            (call,) = parse_bracket_calls(before.text)
            (result,) = json.loads(turn.text)
            assert result["name"] == call.name
            values = [v for v in result["results"].values() if not isinstance(v, list)]
            assert all(str(value) in after.text for value in values)
            told += 1
    assert told > 60


def test_every_outcome_belongs_to_a_function() -> None:
    assert set(OUTCOMES) <= {function.name for function in all_functions()}


def test_a_missing_parameter_is_named(conversations: list[ToolAceConversation]) -> None:
    asked: list[Any] = [
        (each, turn.text)
        for each in conversations
        for turn in each.turns
        if turn.role == "assistant" and "but it needs" in turn.text
    ]
    assert len(asked) >= 20
    for each, text in asked:
        function = next(t for t in each.tools if text.startswith(f"'{t.name}'"))
        assert function.extra["required"]
        assert all(f"'{name}'" in text for name in function.extra["required"])
