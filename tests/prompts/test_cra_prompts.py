"""The two formats of CRA samples, to the byte (Figures 6 and 7)."""

from __future__ import annotations

import hashlib

from coalm_oumi.calls import FunctionCall
from coalm_oumi.cra.dialogue import CraDialogue, CraTurn, Step
from coalm_oumi.cra.functions import function_catalogue
from coalm_oumi.cra.samples import cra_samples
from coalm_oumi.prompts import cra_action_template, cra_response_template
from coalm_oumi.sample import Origin
from coalm_oumi.sources.sgd_schema import IntentSchema, ServiceSchema, SlotSchema

FIGURE_6 = "6d9bcb2bec1d4800713274cc608ad667fdd36133e31be20a78cfd8b2f1b398a3"
FIGURE_7 = "d5ff6a4489ac2967059ab1e4de0c3b29d3c0578e6ddc44599de01405938cce49"

FUNCTIONS = function_catalogue(
    [
        ServiceSchema(
            "Ferries_1",
            "",
            (SlotSchema("port"), SlotSchema("day")),
            (IntentSchema("FindFerry", "", False, ("port",), {"day": "dontcare"}),),
        )
    ]
)
DIALOGUE = CraDialogue(
    "train/1_00000",
    (
        CraTurn("A ferry, please.", "The port is missing.", None, "From where?"),
        CraTurn(
            "From Hull,\nplease.",
            "FindFerry can be called.",
            Step(
                FunctionCall("FindFerry", {"port": "Hull"}),
                {"count": 1, "results": [{"ship": "Bj's", "car": True}]},
                "There is one.",
            ),
            "The Bj's.",
        ),
    ),
)


def test_the_templates_are_those_of_the_figures() -> None:
    for template, digest in (
        (cra_action_template(), FIGURE_6),
        (cra_response_template(), FIGURE_7),
    ):
        assert hashlib.sha256(template.text.encode("utf-8")).hexdigest() == digest
    assert cra_action_template().fields == ("tools", "history")
    assert cra_response_template().fields == ("history",)
    assert cra_action_template().id == "cra_action_v1"
    assert cra_response_template().id == "cra_response_v1"


def test_with_today_s_date_it_is_one_line_more_before_the_history() -> None:
    line = "Today's date: <<today>>\n\n"
    for name, template in (
        ("cra_action", cra_action_template),
        ("cra_response", cra_response_template),
    ):
        dated = template(dated=True)
        assert dated.id == f"{name}_v2"
        assert dated.text.count(line) == 1
        assert dated.text.replace(line, "") == template().text
        before, _, after = dated.text.partition(line)
        assert before.endswith("[END OF FORMAT INSTRUCTION]\n\n")
        assert after.startswith("[BEGIN OF CONVERSATION HISTORY]\n")


def test_the_action_prompt_differs_from_the_response_prompt_as_the_figures_do() -> None:
    action, response = cra_action_template().text, cra_response_template().text
    assert "[BEGIN OF AVAILABLE TOOLS]" in action
    assert "AVAILABLE TOOLS" not in response
    tail = action[action.index("[BEGIN OF FORMAT INSTRUCTION]") :]
    assert response.endswith(tail)
    assert action.endswith("[END OF CONVERSATION HISTORY]")


def test_a_turn_without_a_call_gives_one_sample() -> None:
    first, *_ = cra_samples(DIALOGUE, FUNCTIONS, seed=7)
    assert first.instruction == cra_response_template().render(history="")
    assert first.input == "User: A ferry, please.\nThought: The port is missing."
    assert first.output == "System: From where?"
    assert first.origin == Origin(
        "sgd", "train/1_00000#0", "cra_response_v1+thoughts_v1", "response", 7
    )


def test_a_turn_with_a_call_gives_two() -> None:
    _, action, response = cra_samples(DIALOGUE, FUNCTIONS, seed=7)
    history = (
        "User: A ferry, please.\nThought: The port is missing.\nSystem: From where?"
    )
    assert action.instruction == cra_action_template().render(
        tools="1. FindFerry(port, day)", history=history
    )
    assert action.input == (
        "User: From Hull, please.\nThought: FindFerry can be called."
    )
    assert action.output == "Action: FindFerry(port='Hull')"
    assert action.origin == Origin(
        "sgd", "train/1_00000#1", "cra_action_v1+thoughts_v1", "action", 7
    )
    assert response.instruction == cra_response_template().render(history=history)
    assert response.input == (
        "User: From Hull, please.\n"
        "Thought: FindFerry can be called.\n"
        "Action: FindFerry(port='Hull')\n"
        "Observation: {'count': 1, 'results': [{'ship': \"Bj's\", 'car': True}]}\n"
        "Thought: There is one."
    )
    assert response.output == "System: The Bj's."
    assert response.origin.transformation == "response"


def test_a_history_holds_whole_turns() -> None:
    assert DIALOGUE.turns[1].lines().split("\n") == [
        "User: From Hull, please.",
        "Thought: FindFerry can be called.",
        "Action: FindFerry(port='Hull')",
        "Observation: {'count': 1, 'results': [{'ship': \"Bj's\", 'car': True}]}",
        "Thought: There is one.",
        "System: The Bj's.",
    ]
