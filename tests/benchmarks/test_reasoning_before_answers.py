"""Every reader of replies reads an answer behind reasoning as without it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from coalm_oumi.benchmarks.api_bank.reply import parse_calls
from coalm_oumi.benchmarks.cra_actions.reply import parse_reply as next_action
from coalm_oumi.benchmarks.multiwoz.protocols.dst_prompt import (
    parse_state as multiwoz_state,
)
from coalm_oumi.benchmarks.multiwoz.protocols.reply import ReplyText
from coalm_oumi.benchmarks.multiwoz.protocols.reply import parse_reply as multiwoz_reply
from coalm_oumi.benchmarks.snips_dst.reply import parse_state
from coalm_oumi.cra.dialogue import CraDialogue, CraTurn
from coalm_oumi.cra.generate.thoughts_reply import parse_thoughts
from coalm_oumi.cra.read.reply import REASONING, ParsedCra
from coalm_oumi.cra.read.reply import parse_reply as cra_dialogue
from coalm_oumi.evaluation.conductor import Reply, Request
from coalm_oumi.training.rewards import call_match, state_match

STATE = '{"domain": "GetWeather", "slot_values": {"city": "Ely"}}'
CALLS = '[{"name": "AddAlarm", "arguments": {"time": "07:00"}}]'
DIALOGUE = "User: Is it open?\nThought: It is asked.\nSystem: It is."
SAID = CraDialogue("a", (CraTurn("Is it open?", "", None, "It is."),))
THOUGHTS = json.dumps([{"turn": 1, "thought": "It is asked."}])


def _turns(text: str) -> Any:
    parsed = cra_dialogue(text)
    return parsed.turns if isinstance(parsed, ParsedCra) else parsed


def _thoughts(text: str) -> Any:
    parsed = parse_thoughts(text, SAID, rephrased=False)
    return parsed.turns if isinstance(parsed, ParsedCra) else parsed


# Each reader, an answer, and another answer of the kind that a draft may hold.
READERS: dict[str, tuple[Callable[[str], Any], str, str]] = {
    "snips_dst": (parse_state, STATE, STATE.replace("Ely", "York")),
    "api_bank": (parse_calls, CALLS, CALLS.replace("07", "08")),
    "cra_actions": (next_action, "Action: F(a=1)", "System: Which one?"),
    "multiwoz call": (
        multiwoz_reply,
        'API Name: query_hotels\nAPI Input: {"area": "east"}\nAPI Result:',
        "Response: It is cheap.",
    ),
    "multiwoz response": (multiwoz_reply, "Response: It is.", "API Result: none"),
    "multiwoz state": (
        multiwoz_state,
        '{"taxi": {"departure": "ely"}}',
        '{"taxi": {"departure": "york"}}',
    ),
    "CRA dialogue": (_turns, DIALOGUE, "User: Is it?\nThought: b\nSystem: No."),
    "CRA thoughts": (_thoughts, THOUGHTS, THOUGHTS.replace("It is", "Nothing is")),
    "call_match": (lambda t: call_match([t], [CALLS]), CALLS, "[]"),
    "no call": (lambda t: call_match([t], ["None."]), "None fits.", CALLS),
    "state_match": (lambda t: state_match([t], [STATE]), STATE, CALLS),
}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize(
    "around",
    [
        "<think></think>{answer}",
        "<think>\n\n</think>\n\n{answer}",
        "\n<think>\nPerhaps\n{draft}\nbut no.\n</think>\n{answer}",
        "Perhaps\n{draft}\nbut no.\n</think>\n{answer}",
        "<think>{draft}</think>\n<think>{draft}</think>\n{answer}",
        "{answer}\n<think>{draft}",
        '<think>It\'s "odd" (\n{draft}</think>{answer}',
    ],
)
def test_an_answer_beside_reasoning_is_read_as_without_it(
    name: str, around: str
) -> None:
    read, answer, draft = READERS[name]
    right = read(answer)
    assert right != read(draft)

    assert read(around.format(answer=answer, draft=draft)) == right


def test_reasoning_that_was_passed_over_is_told() -> None:
    for parsed in (
        cra_dialogue(f"<think>So.</think>{DIALOGUE}"),
        parse_thoughts(f"<think>So.</think>{THOUGHTS}", SAID, rephrased=False),
    ):
        assert isinstance(parsed, ParsedCra)
        assert [(r.rule, r.detail) for r in parsed.repairs] == [(REASONING, "So.")]


def test_long_reasoning_leaves_the_answer_its_length() -> None:
    thought = f"<think>{'so ' * 200_000}</think>"

    assert multiwoz_reply(f"{thought}Response: Yes.") == ReplyText("Yes.")
    assert multiwoz_state(thought + '{"taxi": {"departure": "ely"}}') is not None
    assert _turns(thought + DIALOGUE) == _turns(DIALOGUE)


def test_a_simulated_user_says_no_reasoning() -> None:
    from coalm_oumi.environments.multiwoz.predicted_turn import PredictedTurn
    from coalm_oumi.environments.multiwoz.users.model_user import ModelUser

    user = ModelUser.__new__(ModelUser)
    user._task = "Be a user."
    asked = user.says([PredictedTurn("Where to?", user="A bus.")])
    assert isinstance(next(asked), Request)
    with pytest.raises(StopIteration) as stopped:
        asked.send(Reply("<think>I should say exit</think>\n\nUser: To Ely."))

    assert stopped.value.value == "To Ely."


def test_an_agent_does_not_read_its_reasoning_again() -> None:
    from coalm_oumi.benchmarks.multiwoz.protocols.agent import agent_turn

    class World:
        def call(self, name: str, arguments: Any) -> Any:
            class Made:
                result, failure = None, None

                def as_json(self) -> str:
                    return "{}"

            return Made()

    turn = agent_turn("task", "[User]\nA hotel?", World())  # pyright: ignore
    next(turn)
    call = 'API Name: query_hotels\nAPI Input: {"area": "east"}\nAPI Result:'
    asked = turn.send(Reply(f"<think>{'so ' * 5000}API Result:</think>{call}"))

    assert asked.messages[2].content == call
