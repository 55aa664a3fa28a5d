"""Grounded CRA of whole corpora: the embedded one and real SGD dialogues."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from coalm_oumi.calls import parse_action
from coalm_oumi.cra.check.defect import ErrorClass
from coalm_oumi.cra.check.reasoning_rules import TOO_EARLY
from coalm_oumi.cra.check.validate import SGD_TODAY, validate
from coalm_oumi.cra.check.validate import UNGROUNDED as UNGROUNDED_VALUE
from coalm_oumi.cra.dialogue import CraDialogue, CraTurn
from coalm_oumi.cra.functions import FunctionCatalogue, function_catalogue
from coalm_oumi.cra.write.grounded import UNGROUNDED, ground, grounded_dialogues
from coalm_oumi.sources import Sgd
from coalm_oumi.sources.sgd_dialogue import Dialogue
from tests.cra.measures import CraMeasures

LEFT_OUT = 4
"""Of the 420 real dialogues: an argument's value stands nowhere before the call."""


def check(
    measures: CraMeasures, dialogues: Sequence[Dialogue], left_out: int = 0
) -> None:
    for dialogue in dialogues:
        measures.add(dialogue)
    assert measures.dialogues == len(dialogues)
    assert measures.kept == len(dialogues) - left_out
    assert measures.reasons == ({UNGROUNDED: left_out} if left_out else {})
    assert measures.valid_share == 1
    assert measures.support_share == 1
    assert measures.misnamed == []
    assert measures.leaked == []


def test_the_embedded_corpus_is_varied_and_grounded(
    embedded: Sgd, functions: FunctionCatalogue
) -> None:
    measures = CraMeasures(embedded.schemas, functions)
    check(measures, list(embedded.dialogues()))
    assert measures.top_share() < 0.005
    assert measures.top_share(bare=True) < 0.005
    assert measures.block_distinct(3) >= 0.15


def test_420_real_dialogues_are_varied_and_grounded(
    real_dev: Sgd, real_dialogues: list[Dialogue]
) -> None:
    measures = CraMeasures(real_dev.schemas, function_catalogue(real_dev.schemas))
    check(measures, real_dialogues, left_out=LEFT_OUT)
    assert len(real_dialogues) == 420
    assert measures.top_share() < 0.002
    assert measures.top_share(bare=True) < 0.002
    assert measures.block_distinct(1) >= 0.02
    assert measures.block_distinct(2) >= 0.08
    assert measures.block_distinct(3) >= 0.16


@pytest.fixture(scope="module")
def real_made(
    real_dev: Sgd, real_dialogues: list[Dialogue]
) -> list[tuple[Dialogue, CraDialogue]]:
    functions = function_catalogue(real_dev.schemas)
    found = grounded_dialogues(real_dialogues, real_dev.schemas, functions, seed=42)
    sources = {dialogue.record_id: dialogue for dialogue in real_dialogues}
    made = [(sources[cra.record_id], cra) for cra in found]
    assert len(made) == len(sources) - LEFT_OUT
    return made


def test_real_calls_have_no_wrong_function_type_or_value(
    real_dev: Sgd, real_made: list[tuple[Dialogue, CraDialogue]]
) -> None:
    functions = function_catalogue(real_dev.schemas)
    wrong = {
        defect.error_class
        for _, cra in real_made
        for defect in validate(cra, functions, today=SGD_TODAY)
    }
    assert wrong <= {ErrorClass.REASONING}


def test_the_builder_and_the_validator_find_the_same_values(
    real_dev: Sgd, real_dialogues: list[Dialogue]
) -> None:
    functions = function_catalogue(real_dev.schemas)
    services = {schema.name: schema for schema in real_dev.schemas}
    for dialogue in real_dialogues:
        made, reason, _ = ground(
            dialogue, services, functions, seed=42, ungrounded=True
        )
        assert made is not None
        # A value that the user tells a turn too late is an error of planning there.
        rules = {d.rule for d in validate(made, functions, today=SGD_TODAY)}
        assert (reason == UNGROUNDED) == bool(rules & {UNGROUNDED_VALUE, TOO_EARLY})


def pairs(
    real_made: list[tuple[Dialogue, CraDialogue]], *acts: str
) -> list[tuple[set[str], CraTurn]]:
    """The turns whose SYSTEM acts include these, with all of their acts' kinds."""
    found = []
    for dialogue, cra in real_made:
        for number, turn in enumerate(cra.turns):
            frames = dialogue.turns[2 * number + 1].frames
            kinds = {a.act for f in frames for a in f.acts}
            if kinds >= set(acts):
                found.append((kinds, turn))
    assert len(found) >= 10
    return found


def test_real_utterances_calls_and_results_are_sgd_s_own(
    real_made: list[tuple[Dialogue, CraDialogue]],
) -> None:
    for dialogue, cra in real_made:
        assert len(cra.turns) * 2 == len(dialogue.turns)
        for number, turn in enumerate(cra.turns):
            asked, said = dialogue.turns[2 * number : 2 * number + 2]
            assert (turn.user, turn.response) == (asked.utterance, said.utterance)
            gold = said.frames[0].call
            assert (turn.step is None) == (gold is None)
            if turn.step is not None and gold is not None:
                written = {k: str(v) for k, v in turn.step.call.arguments.items()}
                assert written == dict(gold.parameters)
                output = turn.action_output()
                assert output is not None
                assert parse_action(output) == turn.step.call


def test_real_alternatives_are_answered_from_an_earlier_observation(
    real_made: list[tuple[Dialogue, CraDialogue]],
) -> None:
    turns = [t for k, t in pairs(real_made, "OFFER") if t.step is None]
    assert len(turns) >= 10
    assert all(" is " in turn.thought for turn in turns)


def test_real_calls_that_return_nothing_are_told_as_failures(
    real_made: list[tuple[Dialogue, CraDialogue]],
) -> None:
    for kinds, turn in pairs(real_made, "NOTIFY_FAILURE"):
        assert turn.step is not None
        observation = turn.step.observation
        assert observation.get("status", "failure") == "failure"
        if "OFFER" not in kinds and not observation["results"]:
            assert "instead of" not in turn.step.thought
        assert "success" not in turn.step.thought.lower()


def test_real_transactions_are_confirmed_before_they_are_made(
    real_made: list[tuple[Dialogue, CraDialogue]],
) -> None:
    for kinds, turn in pairs(real_made, "CONFIRM"):
        assert turn.step is None
        assert kinds == {"CONFIRM"}


def test_real_successes_have_a_result(
    real_made: list[tuple[Dialogue, CraDialogue]],
) -> None:
    for _, turn in pairs(real_made, "NOTIFY_SUCCESS"):
        assert turn.step is not None
        assert turn.step.observation["status"] == "success"
        assert len(turn.step.observation["results"]) == 1


def test_real_goodbyes_are_varied(
    real_made: list[tuple[Dialogue, CraDialogue]],
) -> None:
    thoughts = [turn.thought for _, turn in pairs(real_made, "GOODBYE")]
    assert len(thoughts) == len(real_made)
    assert len(set(thoughts)) / len(thoughts) > 0.95
