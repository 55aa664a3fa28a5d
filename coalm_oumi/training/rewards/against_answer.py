"""Rewards from 0 to 1 of replies, each against the answer in its row's column `answer`.

In: ``[find_bus(to="Ely", seats=1)]`` where ``[find_bus(to="Ely", seats=2)]`` is known.
Out: 0.667: the function and one of two arguments are right (F1 over both). An argument is
right if it is the same JSON value (`calls.json_equality`), however it is written.

TRL gives completions as text, or as messages, and the rows' columns by name. None stands
where a reward does not apply: a state is no call. So both may stand in one recipe.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from coalm_oumi.benchmarks.snips_dst.reply import parse_state
from coalm_oumi.calls.json_equality import canonical_json
from coalm_oumi.case_errors import guarded
from coalm_oumi.serving import read_reply

_LOGGER = logging.getLogger(__name__)


def call_match(
    completions: Sequence[Any], answer: Sequence[str], **_: Any
) -> list[float | None]:
    """Rewards calls: F1 over functions and arguments, in any of CoALM's notations.

    Where the answer makes no call, a reply without one earns 1 and any call 0. A reply
    whose calls cannot be read makes none. Words beside calls cost nothing; calls beyond
    the answer's do, as does saying the right call twice. None if the answer is a state.

    Args:
        completions: Replies, as text or as messages of which the last is the reply.
        answer: The answer of each, in any notation.

    Raises:
        ValueError: There are not as many answers as replies.
    """
    return [
        None if parse_state(known) is not None else _reward(_call_parts, reply, known)
        for reply, known in _pairs(completions, answer)
    ]


def state_match(
    completions: Sequence[Any], answer: Sequence[str], **_: Any
) -> list[float | None]:
    """Rewards dialogue states: F1 over the intent and the slots with their values.

    A reply that holds no state earns 0, as does one that cannot be judged. None if the
    answer is none.

    Args:
        completions: Replies, as text or as messages of which the last is the reply.
        answer: The state of each, as `System: {"domain": ..., "slot_values": {...}}`.

    Raises:
        ValueError: There are not as many answers as replies.
    """
    return [
        None if parse_state(known) is None else _reward(_state_parts, reply, known)
        for reply, known in _pairs(completions, answer)
    ]


def _pairs(
    completions: Sequence[Any], answer: Sequence[str]
) -> Iterable[tuple[str, str]]:
    texts = [
        c if isinstance(c, str) else str(c[-1]["content"] or "") for c in completions
    ]
    return zip(texts, answer, strict=True)


def _reward(parts: Callable[[str], Counter[Hashable]], reply: str, known: str) -> float:
    wanted = parts(known)

    def failed(told: str) -> float:
        _LOGGER.warning("a reply cannot be judged and earns 0: %s", told)
        return 0.0

    return guarded(lambda: _f1(parts(reply), wanted), failed)


def _call_parts(text: str) -> Counter[Hashable]:
    """A call's name, and each argument with the function that it is for."""
    parts: Counter[Hashable] = Counter()
    for call in read_reply(text).calls:
        parts[(call.name,)] += 1
        for name, value in call.arguments.items():
            parts[(call.name, name, canonical_json(value))] += 1
    return parts


def _state_parts(text: str) -> Counter[Hashable]:
    """A state's intent, if it names one, and each slot with its value."""
    state = parse_state(text)
    if state is None:
        return Counter()
    intent = [("", state.intent)] if state.intent else []
    return Counter([*intent, *state.slot_values.items()])


def _f1(found: Counter[Any], wanted: Counter[Any]) -> float:
    both = found.total() + wanted.total()
    return 2 * (found & wanted).total() / both if both else 1.0
