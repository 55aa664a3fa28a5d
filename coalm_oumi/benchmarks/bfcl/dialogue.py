"""A case as a dialogue for the conductor.

Single-turn cases are one request; the prediction is the reply's text. In multi-turn cases
the user's turns are fixed. A turn goes on as long as replies hold calls: these are
executed on the simulated APIs, in the checker's process, and their results are what the
model reads next. The prediction is the list of turns, each the list of its replies.

As upstream has it (bfcl 8bf675c, `base_handler.py`), 21 replies with calls in one turn end
the dialogue. So does a request that is longer than the model's context. Both fail the
case, since turns are missing then, but for the former in the last turn, where all are
there. Reasoning (`<think>...</think>`) is neither read nor told to the model again, as in
upstream's handlers of models that reason; the prediction keeps it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from coalm_oumi.benchmarks.bfcl.checker_process import Broken, Checker
from coalm_oumi.benchmarks.bfcl.load import BfclCase
from coalm_oumi.benchmarks.bfcl.prompt import (
    ChatMessages,
    PromptStyle,
    first_messages,
    result_messages,
    turn_messages,
)
from coalm_oumi.calls import without_reasoning
from coalm_oumi.evaluation.conductor import (
    ChatMessage,
    ChatRole,
    Dialogue,
    Request,
    RequestRefusedError,
)

MOST_STEPS = 20
"""Replies with calls after which, at the next one, a dialogue is ended."""

LONGEST_REPLY = 1_000_000
"""Characters of a reply beyond which it is not read: it is a failure."""


def single_turn(case: BfclCase) -> Dialogue:
    """The dialogue of a case with one reply."""
    reply = yield _request(first_messages(case))
    return reply.text


def multi_turn(case: BfclCase, checker: Checker, style: PromptStyle) -> Dialogue:
    """The dialogue of a case whose calls are executed.

    Args:
        case: The case.
        checker: Executes the calls.
        style: How results come back to the model (`prompt`).
    """
    messages = first_messages(case)
    turns: list[list[str]] = []
    executed: list[list[str]] = []
    for turn in range(len(case.turns)):
        if turn:
            messages += turn_messages(case, turn)
        replies: list[str] = []
        while True:
            try:
                reply = yield _request(messages)
            except RequestRefusedError as error:
                if error.context_full:
                    return turns
                raise
            replies.append(reply.text)
            said = without_reasoning(reply.text)
            messages.append({"role": "assistant", "content": said})
            done = _executed(case, checker, executed, said)
            if done is None:
                return [*turns, replies]
            calls, results = done
            if not calls:
                break
            executed.append(calls)
            messages += result_messages(calls, results, style)
            if len(replies) > MOST_STEPS:
                return [*turns, replies]
        turns.append(replies)
    return turns


def _executed(
    case: BfclCase, checker: Checker, before: Sequence[Sequence[str]], text: str
) -> tuple[list[str], list[str]] | None:
    """Returns a reply's calls and their results; None if it breaks what executes it."""
    # There is no call without a parenthesis: most of what ends a turn need not be asked.
    if "(" not in text or len(text) > LONGEST_REPLY:
        return [], []
    answer = checker.ask(
        {"op": "step", "stage": case.stage, "before": list(before), "text": text}
    )
    if isinstance(answer, Broken):
        return None
    return answer["calls"], answer["results"]


def _request(messages: ChatMessages) -> Request:
    return Request(
        tuple(ChatMessage(cast(ChatRole, m["role"]), m["content"]) for m in messages)
    )


def prediction_problem(prediction: Any) -> str:
    """Says what is wrong with a prediction; nothing if it is text or a list of turns."""
    if isinstance(prediction, str):
        return ""
    if isinstance(prediction, list) and all(
        isinstance(turn, list) and all(isinstance(text, str) for text in turn)
        for turn in prediction
    ):
        return ""
    return (
        "expected text, or for multi-turn cases a list of turns, each a list of texts"
    )
