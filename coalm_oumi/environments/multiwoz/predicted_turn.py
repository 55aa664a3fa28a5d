"""One system turn as it is predicted and stored (`predictions` has an example)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from coalm_oumi.calls.json_equality import canonical_json
from coalm_oumi.environments.multiwoz.data.active_domains import State
from coalm_oumi.errors import shorten

JUDGEMENTS = ("met", "not_met")
"""What a judge may say of a dialogue (`goal_judge`)."""

_FLAGS = ("delexicalised", "last", "only_state")


@dataclass(frozen=True)
class StoredCall:
    """A call that the model made.

    Attributes:
        name: The function's name as the model wrote it.
        arguments: The arguments by name; empty if they could not be read.
        result: The `result` that the world returned; None if the call failed.
        failure: Why the call failed: a kind of failure, or the world's message; empty
            if it did not.
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    result: Any = None
    failure: str = ""


@dataclass(frozen=True)
class PredictedTurn:
    """A system turn that a model produced.

    Attributes:
        response: The reply.
        delexicalised: Whether the reply holds `[slot]` in the place of values.
        state: The state after the user's turn, as the model gave it; None if it did not.
        active_domains: What the turn is about; None if not given.
        calls: The calls made in this turn, in order.
        problems: What was wrong with the turn (`problems.PROBLEMS`).
        user: What the user said, if it was not the test dialogue's own user.
        last: Whether a user who was not the test dialogue's own ended it here.
        only_state: Whether the model was asked for the state alone, not for a reply.
        judged: In the last turn, what a judge said of the dialogue: `verdict` (one of
            `JUDGEMENTS`, empty if it could not be read) and `explanation`; None if no
            judge was asked.
    """

    response: str
    delexicalised: bool = False
    state: State | None = None
    active_domains: tuple[str, ...] | None = None
    calls: tuple[StoredCall, ...] = ()
    problems: tuple[str, ...] = ()
    user: str | None = None
    last: bool = False
    only_state: bool = False
    judged: Mapping[str, str] | None = None


def predicted_turn(value: Any, delexicalised: bool = False) -> PredictedTurn:
    """Reads one turn.

    Args:
        value: The turn's object (module docstring). A response of null is an empty one,
            as is none at all.
        delexicalised: Whether replies hold `[slot]` in the place of values.

    Raises:
        ValueError: A field has another type; the message says which.
    """
    if not isinstance(value, dict):
        raise ValueError(f"a turn is an object, found '{shorten(value, 40)}'.")
    response = value.get("response")
    if response is not None and not isinstance(response, str):
        raise ValueError(f"'response' is text, found '{shorten(response, 40)}'.")
    domains, calls = value.get("active_domains"), value.get("calls") or []
    if domains is not None and not _is_texts(domains):
        raise ValueError(f"'active_domains' lists names, found '{shorten(domains)}'.")
    problems, user = value.get("problems") or [], value.get("user")
    if not _is_texts(problems):
        raise ValueError(f"'problems' lists names, found '{shorten(problems)}'.")
    if user is not None and not isinstance(user, str):
        raise ValueError(f"'user' is text, found '{shorten(user, 40)}'.")
    if not isinstance(calls, list):
        raise ValueError(f"'calls' is a list, found '{shorten(calls, 40)}'.")
    return PredictedTurn(
        response=response or "",
        delexicalised=delexicalised or value.get("delexicalised") is True,
        state=None if value.get("state") is None else _state(value["state"]),
        active_domains=None if domains is None else tuple(domains),
        calls=tuple(_call(call) for call in calls),
        problems=tuple(problems),
        user=user,
        last=value.get("last") is True,
        only_state=value.get("only_state") is True,
        judged=_judged(value.get("judged")),
    )


def _judged(value: Any) -> Mapping[str, str] | None:
    if value is None:
        return None
    verdict = value.get("verdict") if isinstance(value, dict) else None
    if verdict not in ("", *JUDGEMENTS):
        raise ValueError(
            f"'judged' is an object with a verdict, {' or '.join(JUDGEMENTS)}, found "
            f"'{shorten(value, 40)}'."
        )
    return {"verdict": verdict, "explanation": str(value.get("explanation") or "")}


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _state(value: Any) -> State:
    """Reads a state; values that are no text become text, null is no value."""
    if not isinstance(value, dict):
        raise ValueError(f"'state' is an object, found '{shorten(value, 40)}'.")
    state: dict[str, dict[str, str]] = {}
    for domain, slots in value.items():
        if slots is None:
            continue
        if not isinstance(slots, dict):
            raise ValueError(
                f"'state' holds an object of slots for each domain, found "
                f"'{shorten(slots, 40)}' for '{shorten(domain, 20)}'."
            )
        filled = {s: v for s, v in slots.items() if v is not None}
        state[domain] = {s: slot_text(v) for s, v in filled.items()}
    return state


def slot_text(value: Any) -> str:
    """Returns a slot's value as text: 3 and 3.0 are `3`, true `yes`, a list its JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    return canonical_json(value)


def _call(value: Any) -> StoredCall:
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        raise ValueError(
            "a call is an object with a 'name', 'arguments', 'result' and 'failure', "
            f"found '{shorten(value, 40)}'."
        )
    arguments = value.get("arguments")
    return StoredCall(
        name=value["name"],
        arguments=arguments if isinstance(arguments, dict) else {},
        result=value.get("result"),
        failure=str(value.get("failure") or ""),
    )


def turn_object(turn: PredictedTurn) -> dict[str, Any]:
    """Returns a turn as it is stored; `predicted_turn` reads it back."""
    stored: dict[str, Any] = {} if turn.user is None else {"user": turn.user}
    stored["response"] = turn.response
    if turn.state is not None:
        stored["state"] = {domain: dict(slots) for domain, slots in turn.state.items()}
    if turn.active_domains is not None:
        stored["active_domains"] = list(turn.active_domains)
    if turn.calls:
        stored["calls"] = [
            {
                "name": call.name,
                "arguments": dict(call.arguments),
                "result": call.result,
                **({"failure": call.failure} if call.failure else {}),
            }
            for call in turn.calls
        ]
    if turn.problems:
        stored["problems"] = list(turn.problems)
    if turn.judged is not None:
        stored["judged"] = dict(turn.judged)
    stored.update({name: True for name in _FLAGS if getattr(turn, name)})
    return stored
