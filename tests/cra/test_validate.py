"""Each class of Appendix D is found where it is, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from coalm_oumi.calls import FunctionCall, FunctionSchema, ParameterSchema
from coalm_oumi.cra.check import call_rules, reasoning_rules, response_rules
from coalm_oumi.cra.check import validate as rules
from coalm_oumi.cra.check.defect import ErrorClass
from coalm_oumi.cra.check.validate import SGD_TODAY, validate
from coalm_oumi.cra.dialogue import CraDialogue, CraTurn, Step
from coalm_oumi.cra.functions import FunctionCatalogue
from coalm_oumi.sources import Sgd
from tests.cra.seeded_defects import measure

PORT = ParameterSchema("port", {"type": "str"})
SEATS = ParameterSchema("seats", {"type": "int"})
CLASS = ParameterSchema("deck", {"type": "str", "enum": ["upper", "lower"]})
FERRIES = FunctionCatalogue(
    (
        FunctionSchema(
            "FindFerry", "Find ferries", (PORT, CLASS), {"required": ["port"]}
        ),
        FunctionSchema(
            "BookFerry",
            "Book a ferry",
            (PORT, SEATS),
            {"required": ["port", "seats"], "is_transactional": True},
        ),
    )
)
FOUND = {"count": 2, "results": [{"name": "Gull", "fare": 12, "time": "09:30"}]}
FIND = CraTurn(
    "Is there a ferry from Hull?",
    "I call FindFerry.",
    Step(FunctionCall("FindFerry", {"port": "Hull"}), FOUND, "Two were found."),
    "There are 2, the Gull for $12 at 9:30 am.",
)
ASK = CraTurn(
    "Book it for me and Bonnie.",
    "I have it confirmed.",
    None,
    "2 seats from Hull, right?",
)
BOOK = CraTurn(
    "Yes.",
    "Confirmed: I call BookFerry.",
    Step(
        FunctionCall("BookFerry", {"port": "Hull", "seats": 2}),
        {"status": "success"},
        "It worked.",
    ),
    "It is booked.",
)


def found(*turns: CraTurn) -> list[tuple[ErrorClass, str]]:
    dialogue = CraDialogue("d", turns)
    defects = validate(dialogue, FERRIES, today=SGD_TODAY)
    return [(defect.error_class, defect.rule) for defect in defects]


def calling(turn: CraTurn, name: str = "", **arguments: Any) -> CraTurn:
    assert turn.step is not None
    call = turn.step.call
    made = FunctionCall(name or call.name, {**call.arguments, **arguments})
    return replace(turn, step=replace(turn.step, call=made), thought="I call it.")


def seeing(turn: CraTurn, observation: Any, response: str) -> CraTurn:
    assert turn.step is not None
    step = replace(turn.step, observation=observation, thought="I see.")
    return replace(turn, step=step, response=response)


def test_a_good_dialogue_has_no_defect() -> None:
    assert found(FIND, ASK, BOOK) == []


def test_a_function_that_is_not_listed() -> None:
    assert (ErrorClass.UNDEFINED_FUNCTION, call_rules.FUNCTION_NOT_LISTED) in found(
        calling(FIND, "SearchFerry")
    )


def test_an_argument_that_is_not_listed() -> None:
    assert (ErrorClass.UNDEFINED_FUNCTION, call_rules.ARGUMENT_NOT_LISTED) in found(
        calling(FIND, harbour="Hull")
    )


def test_a_required_argument_missing() -> None:
    assert FIND.step is not None
    bare = replace(FIND, step=replace(FIND.step, call=FunctionCall("FindFerry", {})))
    assert found(bare) == [(ErrorClass.UNDEFINED_FUNCTION, call_rules.REQUIRED_MISSING)]


@pytest.mark.parametrize("seats", ["2", "two", True, [2], 2.0])
def test_a_value_of_another_type(seats: Any) -> None:
    made = found(FIND, ASK, calling(BOOK, seats=seats))
    assert (ErrorClass.ARGUMENT_TYPE, call_rules.WRONG_TYPE) in made


def test_a_value_outside_the_list() -> None:
    made = found(calling(FIND, deck="middle"))
    assert (ErrorClass.ARGUMENT_TYPE, call_rules.NOT_IN_LIST) in made


def test_a_value_that_nobody_named() -> None:
    made = found(calling(FIND, port="Ely"))
    assert made[0] == (ErrorClass.ARGUMENT_HALLUCINATION, rules.UNGROUNDED)


def test_thoughts_ground_nothing() -> None:
    turn = replace(calling(FIND, port="Ely"), thought="The user is in Ely: FindFerry.")
    assert (ErrorClass.ARGUMENT_HALLUCINATION, rules.UNGROUNDED) in found(turn)


@pytest.mark.parametrize(
    ("turns", "rule"),
    [
        ((replace(FIND, thought="I call BookFerry."),), reasoning_rules.OTHER_FUNCTION),
        (
            (replace(FIND, thought="I don't need an API call for that."),),
            reasoning_rules.AGAINST_CALL,
        ),
        (
            (
                replace(
                    FIND, thought="I will call FindFerry.", step=None, response="Hm."
                ),
            ),
            reasoning_rules.CALL_ANNOUNCED,
        ),
        ((FIND, FIND), reasoning_rules.REPEATED),
        ((calling(FIND, port="unknown"),), reasoning_rules.PLACEHOLDER),
        (
            (FIND, replace(calling(BOOK, seats=3), user="Book 3 seats.")),
            reasoning_rules.UNCONFIRMED,
        ),
        ((FIND, ASK, replace(BOOK, user="No, wait.")), reasoning_rules.UNCONFIRMED),
        ((replace(FIND, thought=" "),), reasoning_rules.NO_THOUGHT),
        ((seeing(FIND, None, "Sorry, none."),), reasoning_rules.NO_OBSERVATION),
        (
            (FIND, ASK, seeing(BOOK, {"status": "failure"}, "It is booked.")),
            response_rules.SUCCESS_DENIED,
        ),
        (
            (FIND, ASK, replace(BOOK, response="I was unable to book it.")),
            response_rules.FAILURE_DENIED,
        ),
        (
            (seeing(FIND, {"count": 0, "results": []}, "There is the Gull for you."),),
            response_rules.RESULTS_DENIED,
        ),
        (
            (replace(FIND, response="I couldn't find any."),),
            response_rules.NONE_DENIED,
        ),
        (
            (replace(FIND, response="There are 2, the Gull for $15."),),
            response_rules.VALUE_UNSUPPORTED,
        ),
        (
            (replace(FIND, response="There is one at 10:15 am."),),
            response_rules.VALUE_UNSUPPORTED,
        ),
        (
            (replace(FIND, response="There is the Royal Albatross for $12."),),
            response_rules.NAME_UNSUPPORTED,
        ),
    ],
)
def test_errors_of_reasoning(turns: tuple[CraTurn, ...], rule: str) -> None:
    assert (ErrorClass.REASONING, rule) in found(*turns)


def test_a_call_before_the_user_tells_what_it_needs() -> None:
    early = replace(FIND, user="I want a ferry.")
    later = CraTurn("From Hull.", "Noted.", None, "Good.")
    assert found(early, later) == [(ErrorClass.REASONING, reasoning_rules.TOO_EARLY)]


def test_trying_again_after_a_failure_is_no_repetition() -> None:
    failed = seeing(BOOK, {"status": "failure"}, "Sorry, it failed. 2 from Hull again?")
    assert found(FIND, ASK, failed, BOOK) == []


def test_seeded_errors_in_the_embedded_corpus_are_found(embedded: Sgd) -> None:
    measured = measure(embedded, embedded.dialogues(), each=60, seed=42)
    assert measured.false_alarms <= 0.01
    assert measured.recall(ErrorClass.UNDEFINED_FUNCTION) == 1
    assert measured.recall(ErrorClass.ARGUMENT_TYPE) == 1
    assert measured.recall(ErrorClass.ARGUMENT_HALLUCINATION) >= 0.9
    assert measured.recall(ErrorClass.REASONING) >= 0.85
