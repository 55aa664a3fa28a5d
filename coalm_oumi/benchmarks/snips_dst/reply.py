"""Reading a dialogue state out of a model's reply.

In: ``System: {"domain": "GetWeather", "slot_values": {"city": "Ely"}}``, bare or in a code
fence, with or without `System:`, with or without reasoning before it or words behind it.
Out: ``DialogueState("GetWeather", {"city": "Ely"})``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from coalm_oumi.calls import unfenced, without_reasoning
from coalm_oumi.calls.strict_json import dumps, raw_decode


@dataclass(frozen=True)
class DialogueState:
    """An intent with the values of its slots.

    Attributes:
        intent: The intent.
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
        `domain` (text) and `slot_values` (an object). A slot value that is not text is
        taken as its JSON. Of a slot named twice the last value counts, as in the
        benchmark's own answers (`sources.snips`).
    """
    content = without_reasoning(reply).strip()
    body = unfenced(content.removeprefix("System:"))
    if not body.startswith("{"):
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
    domain, values = found.get("domain"), found.get("slot_values")
    if not isinstance(domain, str) or not isinstance(values, dict):
        return None
    texts = {k: v if isinstance(v, str) else dumps(v) for k, v in values.items()}
    return DialogueState(domain, texts, repeats_a_slot)
