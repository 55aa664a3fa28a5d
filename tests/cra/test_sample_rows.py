"""Rows of Figures 6 and 7 are read back as the dialogue that they were made of."""

from __future__ import annotations

import pytest

from coalm_oumi.cra.functions import FunctionCatalogue
from coalm_oumi.cra.read.sample_rows import (
    UnreadableRowError,
    listed_functions,
    read_cra_row,
    with_types,
)
from coalm_oumi.cra.samples import ACTION, cra_samples
from coalm_oumi.cra.write.grounded import grounded_dialogues
from coalm_oumi.sources import Sgd


def test_every_sample_gives_its_dialogue_back(
    embedded: Sgd, functions: FunctionCatalogue
) -> None:
    rows = 0
    made = grounded_dialogues(embedded.dialogues(), embedded.schemas, functions, seed=1)
    for _, dialogue in zip(range(25), made, strict=False):
        for sample in cra_samples(dialogue, functions, seed=1):
            number = int(sample.origin.record_id.rpartition("#")[2])
            texts = (sample.instruction, sample.input, sample.output)
            row = read_cra_row(sample.origin.record_id, *texts)
            rows += 1
            wanted = dialogue.turns[: number + 1]
            assert len(row.dialogue.turns) == len(wanted)
            for read, turn in zip(row.dialogue.turns[:-1], wanted, strict=False):
                assert (read.user, read.step) == (turn.user, turn.step)
                assert (read.thought, read.response) == (turn.thought, turn.response)
            last = row.dialogue.turns[-1]
            if sample.origin.transformation == ACTION:
                assert row.parts == ("call",)
                assert last.step is not None
                assert wanted[-1].step is not None
                assert last.step.call == wanted[-1].step.call
                assert with_types(row.functions, functions).names == functions.names
            else:
                assert last.response == wanted[-1].response
    assert rows > 200


def test_a_prompts_functions_are_names_without_types() -> None:
    (function,) = listed_functions("1. FindFerry(port, passengers)\nnothing")
    assert function.name == "FindFerry"
    assert [p.name for p in function.parameters] == ["port", "passengers"]


@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        (("no history", "User: a", "System: b"), "no conversation history"),
        (("{}", "Thought: a", "System: b"), "does not begin with the user"),
        (("{}", "User: a\nThought: b", "Action: F(x)"), "cannot be read"),
    ],
)
def test_other_rows_are_told_why_not(texts: tuple[str, str, str], problem: str) -> None:
    history = "[BEGIN OF CONVERSATION HISTORY]\n[END OF CONVERSATION HISTORY]"
    instruction = history if texts[0] == "{}" else texts[0]
    with pytest.raises(UnreadableRowError, match=problem):
        read_cra_row("r", instruction, *texts[1:])
