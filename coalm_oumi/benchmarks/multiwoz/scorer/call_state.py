"""The dialogue state that a model's calls add up to.

``book_hotel {"name": "the acorn", "people": 2}`` adds ``{"hotel": {"name": "the acorn",
"people": "2"}}``. A slot is in the state only after a call named it, which is why this
way of measuring is harder than asking for the state.

The rule is that of the pipeline that CoALM most probably used: an argument is the slot of
its name, later calls replace earlier values, whether or not a call succeeded; a value
that says nothing (`any`) or that the slot cannot have is left out. Of a train ticket only
the number of people is a slot.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from coalm_oumi.environments.multiwoz.data.active_domains import State
from coalm_oumi.environments.multiwoz.data.canonical import canonical_value
from coalm_oumi.environments.multiwoz.data.domains import (
    ANY_VALUES,
    DONTCARE_VALUES,
    TRACKED_SLOTS,
    finite_values,
    tracked_slot,
)
from coalm_oumi.environments.multiwoz.predicted_turn import StoredCall, slot_text
from coalm_oumi.environments.multiwoz.world.tools import TOOLS


def updated_state(state: State, calls: Iterable[StoredCall]) -> State:
    """Returns a state with what calls add to it.

    Args:
        state: The state so far; it is not changed.
        calls: The calls, in order; one of an unknown function adds nothing.
    """
    updated = {domain: dict(slots) for domain, slots in state.items()}
    for call in calls:
        tool = TOOLS.get(call.name)
        if tool is None:
            continue
        slots = _slots(tool.domain, call.arguments)
        if call.name == "buy_train_tickets":
            slots = {name: v for name, v in slots.items() if name == "people"}
        if slots:
            updated.setdefault(tool.domain, {}).update(slots)
    return updated


def _slots(domain: str, arguments: Mapping[str, object]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in arguments.items():
        slot = tracked_slot(name)
        if value is None or slot not in TRACKED_SLOTS[domain]:
            continue
        text = " ".join(slot_text(value).lower().split())
        allowed = finite_values(domain, slot)
        possible = allowed is None or canonical_value(slot, text) in allowed
        if text not in ANY_VALUES and (possible or text in DONTCARE_VALUES):
            found[slot] = text
    return found
