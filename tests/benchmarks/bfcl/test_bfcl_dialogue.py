"""Dialogues with scripted replies: what the model reads, and when turns end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from coalm_oumi.benchmarks.bfcl.checker_process import Broken, Checker
from coalm_oumi.benchmarks.bfcl.dialogue import (
    MOST_STEPS,
    multi_turn,
    prediction_problem,
    single_turn,
)
from coalm_oumi.benchmarks.bfcl.load import BfclCase
from coalm_oumi.benchmarks.bfcl.prompt import PromptStyle
from coalm_oumi.evaluation.conductor import (
    ChatMessage,
    Dialogue,
    Reply,
    Request,
    RequestRefusedError,
)

Cases = dict[str, BfclCase]


class PlaysApis(Checker):
    """A checker that gives each call a number instead of executing it."""

    def __init__(self, broken: str = "nothing") -> None:
        self.broken = broken
        self.asked: list[Any] = []

    def ask(self, request: Any) -> Any:
        """Answers `step`: calls stand between brackets, parted by semicolons."""
        self.asked.append(request)
        if self.broken in request["text"]:
            return Broken("it used up its time")
        calls = [c for c in request["text"].strip("[]").split("; ") if "(" in c]
        done = sum(map(len, request["before"]))
        return {"calls": calls, "results": [f"{done + i}" for i in range(len(calls))]}


def play(
    dialogue: Dialogue, replies: Sequence[str | Exception]
) -> tuple[list[tuple[ChatMessage, ...]], Any]:
    """Returns the requests of a dialogue and its prediction, given its replies."""
    asked = []
    request: Request = next(dialogue)
    for reply in replies:
        asked.append(request.messages)
        try:
            if isinstance(reply, Exception):
                request = dialogue.throw(reply)
            else:
                request = dialogue.send(Reply(reply))
        except StopIteration as ended:
            assert reply is replies[-1]
            return asked, ended.value
    raise AssertionError(f"it goes on, with {request.messages[-1]}")


def said(messages: Sequence[ChatMessage]) -> list[tuple[str, str]]:
    return [(m.role, m.content) for m in messages[1:]]


def test_a_single_turn_is_one_request_and_its_prediction_the_text(
    small_cases: Cases,
) -> None:
    asked, prediction = play(single_turn(small_cases["simple_0"]), ["[divide(a=3)]"])

    assert [m.role for m in asked[0]] == ["system", "user"]
    assert asked[0][1].content == "What is 3 over 4?"
    assert prediction == "[divide(a=3)]"


def test_results_are_told_until_a_reply_has_no_call_then_the_next_turn_comes(
    small_cases: Cases,
) -> None:
    apis = PlaysApis()
    dialogue = multi_turn(small_cases["multi_turn_miss_func_0"], apis, "coalm")

    asked, prediction = play(
        dialogue,
        ["[add(a=2); add(b=3)]", "[add(c=4)]", "It is 5.", "I cannot.", "[]"],
    )

    assert prediction == [
        ["[add(a=2); add(b=3)]", "[add(c=4)]", "It is 5."],
        ["I cannot."],
        ["[]"],
    ]
    assert said(asked[2]) == [
        ("user", "Add 2 and 3."),
        ("assistant", "[add(a=2); add(b=3)]"),
        ("tool", "0"),
        ("tool", "1"),
        ("assistant", "[add(c=4)]"),
        ("tool", "2"),
    ]
    assert said(asked[3])[-2:] == [("assistant", "It is 5."), ("user", "Times 7?")]
    role, content = said(asked[4])[-1]
    assert (role, content.split("\n")[1]) == (
        "user",
        "I have updated some more functions you can choose from. What about now?",
    )
    assert apis.asked[1]["before"] == [["add(a=2)", "add(b=3)"]]
    # Text without a parenthesis has no call, and need not be asked about.
    assert len(apis.asked) == 2


def test_reasoning_is_neither_executed_nor_told_to_the_model_again(
    small_cases: Cases,
) -> None:
    apis = PlaysApis()
    replies = [
        "<think>\n[add(z=0)]?\n</think>\n\n[add(a=2)]",
        "[add(z=0)] was it?</think>That was it.",
        "<think>[add(z=0)]",
    ]

    asked, prediction = play(
        multi_turn(small_cases["multi_turn_base_0"], apis, "coalm"), replies
    )

    assert [request["text"] for request in apis.asked] == ["[add(a=2)]"]
    assert said(asked[-1])[1:4] == [
        ("assistant", "[add(a=2)]"),
        ("tool", "0"),
        ("assistant", "That was it."),
    ]
    assert prediction == [replies[:2], replies[2:]]


def test_in_the_chat_style_the_user_tells_the_results(small_cases: Cases) -> None:
    dialogue = multi_turn(small_cases["multi_turn_base_0"], PlaysApis(), "chat")

    asked, _ = play(dialogue, ["[add(a=2)]", "Done.", "Bye."])

    assert said(asked[1])[-1] == (
        "user",
        "[{'role': 'tool', 'name': 'add(a=2)', 'content': '0'}]",
    )


def test_a_turn_that_does_not_end_ends_the_dialogue_as_upstream_does(
    small_cases: Cases,
) -> None:
    dialogue = multi_turn(small_cases["multi_turn_base_0"], PlaysApis(), "coalm")

    _, prediction = play(dialogue, ["[add(a=1)]"] * (MOST_STEPS + 1))

    assert prediction == [["[add(a=1)]"] * 21]


def test_a_reply_that_breaks_what_executes_it_ends_the_dialogue(
    small_cases: Cases,
) -> None:
    dialogue = multi_turn(small_cases["multi_turn_base_0"], PlaysApis("loop"), "coalm")

    _, prediction = play(dialogue, ["[add(a=1)]", "[loop()]"])

    assert prediction == [["[add(a=1)]", "[loop()]"]]


@pytest.mark.parametrize(
    "refusal",
    [
        "This model's maximum context length is 8192 tokens. However, you requested 9000",
        "context_length_exceeded",
        "The decoder prompt (length 9000) is longer than the maximum model length",
        "prompt is too long: 213462 tokens > 199999 maximum",
    ],
)
def test_a_dialogue_too_long_for_the_context_ends_with_the_turns_so_far(
    small_cases: Cases, refusal: str
) -> None:
    dialogue = multi_turn(small_cases["multi_turn_base_0"], PlaysApis(), "coalm")

    _, prediction = play(
        dialogue, ["[add(a=1)]", "Done.", RequestRefusedError(refusal)]
    )

    assert prediction == [["[add(a=1)]", "Done."]]


@pytest.mark.parametrize("refusal", ["401 invalid API key", "404 no such model"])
def test_any_other_refusal_is_not_the_models_doing(
    small_cases: Cases, refusal: str
) -> None:
    dialogue = multi_turn(small_cases["multi_turn_base_0"], PlaysApis(), "coalm")

    with pytest.raises(RequestRefusedError):
        play(dialogue, ["[add(a=1)]", RequestRefusedError(refusal)])


@pytest.mark.parametrize("style", ["coalm", "chat"])
def test_right_calls_are_executed_by_upstream_and_pass(
    checker: Checker, small_cases: Cases, style: PromptStyle
) -> None:
    from coalm_oumi.benchmarks.bfcl.verdicts import judge

    case = small_cases["multi_turn_base_0"]
    asked, prediction = play(
        multi_turn(case, checker, style),
        ["[add(a=2, b=3)]", "[post_tweet(content='5')]", "Posted.", "Bye."],
    )

    assert '{"result": 5' in asked[1][-1].content
    assert judge([case], {case.id: prediction}, checker)[0].right


@pytest.mark.parametrize(
    "prediction", ["", "[f()]", [], [[]], [["[f()]", "Done."], []]]
)
def test_predictions_are_text_or_turns_of_texts(prediction: Any) -> None:
    assert prediction_problem(prediction) == ""


@pytest.mark.parametrize("prediction", [None, 3, ["[f()]"], [[1]], {"text": ""}])
def test_anything_else_is_no_prediction(prediction: Any) -> None:
    assert prediction_problem(prediction).startswith("expected text, or for multi-turn")
