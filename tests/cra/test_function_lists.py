"""Which functions a dialogue's prompts list, and which turns have an action sample."""

from __future__ import annotations

from collections import Counter

import pytest

from coalm_oumi.cra.dialogue import CraDialogue
from coalm_oumi.cra.function_lists import FunctionLists
from coalm_oumi.cra.functions import FunctionCatalogue
from coalm_oumi.cra.samples import cra_samples
from coalm_oumi.cra.write.grounded import grounded_dialogues
from coalm_oumi.sources import Sgd


@pytest.fixture(scope="module")
def dialogues(embedded: Sgd, functions: FunctionCatalogue) -> list[CraDialogue]:
    found = embedded.dialogues()
    return list(grounded_dialogues(found, embedded.schemas, functions, seed=1))


def test_all_functions_are_listed_by_default(
    embedded: Sgd, functions: FunctionCatalogue, dialogues: list[CraDialogue]
) -> None:
    lists = FunctionLists(embedded.schemas, "all")
    assert {lists.of(dialogue).listing for dialogue in dialogues} == {functions.listing}


def test_a_dialogue_s_list_has_its_services_functions_only(
    embedded: Sgd, dialogues: list[CraDialogue]
) -> None:
    lists = FunctionLists(embedded.schemas, "dialogue")
    found = {
        tuple(sorted({turn.service for turn in dialogue.turns})): lists.of(dialogue)
        for dialogue in dialogues
    }
    assert found[("Ferries_1",)].listing == (
        "1. FindFerry(origin_port, destination_port, departure_date, takes_cars)\n"
        "2. BookFerry(ferry_name, departure_date, departure_time, passengers, cabin)"
    )


def test_every_call_of_a_dialogue_is_in_its_list(
    embedded: Sgd, dialogues: list[CraDialogue]
) -> None:
    lists = FunctionLists(embedded.schemas, "dialogue")
    calls = [(d, turn.step.call) for d in dialogues for turn in d.turns if turn.step]
    assert len(calls) > 300
    assert [lists.of(d).problem(call) for d, call in calls] == [None] * len(calls)


def test_the_short_list_is_named_in_the_origin_of_action_samples(
    embedded: Sgd, dialogues: list[CraDialogue]
) -> None:
    lists = FunctionLists(embedded.schemas, "dialogue")
    samples = list(cra_samples(dialogues[0], lists.of(dialogues[0]), seed=1))
    prompts = {s.origin.transformation: s.origin.prompt for s in samples}
    assert prompts == {
        "action": "cra_action_v2+thoughts_v1+functions_of_dialogue",
        "response": "cra_response_v2+thoughts_v1",
    }


def test_with_all_turns_every_turn_has_a_sample_of_each_prompt(
    functions: FunctionCatalogue, dialogues: list[CraDialogue]
) -> None:
    dialogue = dialogues[0]
    samples = list(cra_samples(dialogue, functions, seed=1, action_turns="all"))
    kinds = Counter(sample.origin.transformation for sample in samples)
    calls = sum(turn.step is not None for turn in dialogue.turns)
    turns = len(dialogue.turns)
    assert 0 < calls < turns
    assert kinds == {"action": calls, "no action": turns - calls, "response": turns}
    for sample in samples:
        if sample.origin.transformation == "no action":
            assert "[BEGIN OF AVAILABLE TOOLS]" in sample.instruction
            assert sample.input.splitlines()[-1].startswith("Thought: ")
            assert sample.output.startswith("System: ")


def test_the_other_samples_are_the_same(
    functions: FunctionCatalogue, dialogues: list[CraDialogue]
) -> None:
    paper = list(cra_samples(dialogues[0], functions, seed=1))
    ours = cra_samples(dialogues[0], functions, seed=1, action_turns="all")
    assert [s for s in ours if s.origin.transformation != "no action"] == paper
