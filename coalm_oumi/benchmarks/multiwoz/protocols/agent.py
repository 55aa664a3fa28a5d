r"""One turn of the model that is evaluated: calls, their results, and the reply.

The model is asked with the task (`prompt.system_prompt`) and the conversation so far. If
it writes a call, the call is made and its result is the next message; after five calls it
has to reply::

    system     # Role ...
    user       [User]\\nThai food in the east?\\n[Assistant]\\n
    assistant  Thought: ... API Name: query_restaurants\\nAPI Input: {...}\\nAPI Result:
    user       {"result": [...], "message": "1 found."}
    assistant  Thought: ... Response: The Blue Heron serves it.

Reasoning in `<think>` is neither read nor shown again.
A call that cannot be read or made is a failed call, and so is a text that is neither call
nor reply: the model is told what is wrong, and goes on.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

from coalm_oumi.benchmarks.multiwoz.protocols.prompt import MOST_CALLS, STOP
from coalm_oumi.benchmarks.multiwoz.protocols.reply import (
    LONGEST,
    ReplyCall,
    ReplyFailure,
    ReplyText,
    parse_reply,
)
from coalm_oumi.calls import without_reasoning
from coalm_oumi.calls.strict_json import dumps
from coalm_oumi.environments.multiwoz.predicted_turn import (
    PredictedTurn,
    StoredCall,
)
from coalm_oumi.environments.multiwoz.users.delexicalise import LONGEST_REPLY
from coalm_oumi.environments.multiwoz.users.model_user import LONGEST_SHOWN
from coalm_oumi.environments.multiwoz.world.world import World
from coalm_oumi.evaluation.conductor import (
    ChatMessage,
    Reply,
    Request,
    RequestRefusedError,
)


def agent_turn(
    task: str, said: str, world: World
) -> Generator[Request, Reply, PredictedTurn]:
    """Plays one turn.

    Args:
        task: The system message.
        said: The conversation so far, as `prompt.conversation` writes it.
        world: What the calls are made in.

    Yields:
        Requests to the model.

    Returns:
        The turn: the reply (empty if there was none), the calls, what was wrong.
    """
    messages = [ChatMessage("system", task), ChatMessage("user", said)]
    turn = PredictedTurn("")
    for step in range(MOST_CALLS + 1):
        try:
            reply = yield Request(tuple(messages))
        except RequestRefusedError as error:
            if not error.context_full:
                raise
            return _with_problem(turn, "context_full")
        reply = replace(reply, text=without_reasoning(reply.text))
        found = parse_reply(reply.text)
        if isinstance(found, ReplyText):
            long = len(found.text) >= LONGEST_REPLY
            turn = replace(turn, response=found.text)
            return _with_problem(turn, "too_long") if long else turn
        if isinstance(found, ReplyFailure) and found.kind == "no_field":
            turn = _with_problem(turn, _without_fields(reply))
        if step == MOST_CALLS:
            break
        turn, result = _called(turn, found, world)
        messages.append(ChatMessage("assistant", shown_again(reply.text)))
        messages.append(ChatMessage("user", result))
    return _with_problem(turn, "no_response")


def shown_again(text: str) -> str:
    """Returns a model's text as it reads it again: up to the result that it invented."""
    kept, stop, _ = text.partition(STOP[0])
    if len(kept) > LONGEST_SHOWN:
        kept = f"{kept[:LONGEST_SHOWN]} [...]\n"
    return f"{kept}{STOP[0]}" if stop else kept.strip() or "(nothing)"


def _called(
    turn: PredictedTurn, found: ReplyCall | ReplyFailure, world: World
) -> tuple[PredictedTurn, str]:
    """Makes a call; returns the turn with it, and what the model is told."""
    if isinstance(found, ReplyCall):
        made = world.call(found.name, found.arguments)
        call = StoredCall(found.name, found.arguments, made.result, made.failure)
        return replace(turn, calls=(*turn.calls, call)), made.as_json()
    message = dumps({"result": None, "message": found.message})
    if found.kind == "no_field":
        return turn, message
    call = StoredCall(found.name, failure=found.kind)
    return replace(turn, calls=(*turn.calls, call)), message


def _without_fields(reply: Reply) -> str:
    if not reply.text.strip():
        return "empty_reply"
    if reply.cut_off or len(reply.text) >= LONGEST:
        return "cut_off"
    return "no_field"


def _with_problem(turn: PredictedTurn, name: str) -> PredictedTurn:
    if name in turn.problems:
        return turn
    return replace(turn, problems=(*turn.problems, name))
