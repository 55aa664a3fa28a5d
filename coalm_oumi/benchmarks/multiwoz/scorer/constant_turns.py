"""A dialogue in which every reply is the same, to see what that scores.

In: the predicted turns of ``sng0073``, say three with calls. Out: three times
``{"response": "ok", "state": {}}``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_OF_THE_PROTOCOL = ("user", "last", "only_state", "delexicalised")


def constant_turns(
    found: Sequence[Mapping[str, Any]] | None, turns: int, reply: str
) -> list[dict[str, Any]]:
    """Returns a dialogue's turns with one reply in the place of each.

    What the protocol says of a turn is kept: the user's words, whether the state alone
    was asked for. A stored prediction without states stays without: it is scored with the
    gold states, as mwzeval does.

    Args:
        found: The turns as predicted; None if the dialogue was not.
        turns: How many turns the test dialogue has, for one that was not predicted.
        reply: The reply.
    """
    constant = []
    for turn in found if found is not None else [{}] * turns:
        told: dict[str, Any] = {k: turn[k] for k in _OF_THE_PROTOCOL if k in turn}
        told["response"] = "" if turn.get("only_state") else reply
        if not turn.get("delexicalised") or turn.get("state") is not None:
            told["state"] = {}
        constant.append(told)
    return constant
