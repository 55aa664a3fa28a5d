"""Reading a dialogue state out of a model's reply.

In: ``System: {"domain": "GetWeather", "slot_values": {"city": "Ely"}}``, bare or in a code
fence, with or without `System:`, with or without reasoning before it or words behind it.
Out: ``DialogueState("GetWeather", {"city": "Ely"})``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from coalm_oumi.benchmarks.wrapped_state import is_empty, unwrapped
from coalm_oumi.calls import unfenced, without_reasoning
from coalm_oumi.calls.json_equality import canonical_json
from coalm_oumi.calls.strict_json import JsonValue, raw_decode


@dataclass(frozen=True)
class DialogueState:
    """An intent with the values of its slots.

    Attributes:
        intent: The intent; empty where none is named.
        slot_values: Value by slot.
        repeats_a_slot: Whether it was read from a reply that names a slot twice.
    """

    intent: str
    slot_values: Mapping[str, str]
    repeats_a_slot: bool = field(default=False, compare=False)


def parse_state(reply: str) -> DialogueState | None:
    """Parses a reply.

    Args:
        reply: What the model wrote.

    Returns:
        The state; None when the reply does not begin with a JSON object that has a
        `domain` (text) and `slot_values` (an object), itself or wrapped
        (`benchmarks.wrapped_state`). Either may say nothing (null, empty): then there is
        no intent, or no slot, and a slot that says nothing is none. A slot value that is
        not text is taken as its JSON. Of a slot named twice the last value counts, as in
        the benchmark's own answers (`sources.snips`).
    """
    content = without_reasoning(reply).strip()
    body = unfenced(content.removeprefix("System:"))
    if not body.startswith(("{", "[")):
        return None
    repeats_a_slot = False
    try:
        found, _ = raw_decode(body)
    except ValueError:
        try:
            found, _ = raw_decode(body, repeated_keys="last")
        except ValueError:
            return None
        repeats_a_slot = True
    found = unwrapped(found)
    if not isinstance(found, dict) or not {"domain", "slot_values"} <= found.keys():
        return None
    domain, values = (_or_nothing(found[key]) for key in ("domain", "slot_values"))
    if not isinstance(domain or "", str) or not isinstance(values or {}, dict):
        return None
    texts = {
        slot: value if isinstance(value, str) else canonical_json(value)
        for slot, value in (values or {}).items()
        if not is_empty(value)
    }
    return DialogueState(domain or "", texts, repeats_a_slot)


def _or_nothing(value: JsonValue) -> JsonValue:
    return None if is_empty(value) else value
