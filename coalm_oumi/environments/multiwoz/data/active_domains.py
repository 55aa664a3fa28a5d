"""Which domain a turn is about, guessed from how the state changed.

mwzeval needs it, since a delexicalised reply does not say whose phone number it gives.
States ``{}``, ``{"hotel": {"area": "east"}}``, the same again: domains ``()``,
``("hotel",)``, ``("hotel",)``. The rule is mwzeval's (utils.py at 7f19ee0).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

State = Mapping[str, Mapping[str, str]]
"""A dialogue state: value by slot by domain."""


def active_domains(states: Sequence[State]) -> list[tuple[str, ...]]:
    """Returns the domain of each turn of a dialogue, or none before the first state.

    It is the domain whose state changed; if several did, the one so far if it is among
    them, else the one with most slots. If none did, it stays, unless several changed in
    the turn before: then the first of those that is another one.

    Args:
        states: The state after each user turn.
    """
    found: list[tuple[str, ...]] = []
    current: str | None = None
    before: State = {}
    changed_before: list[str] = []
    for state in states:
        changed = [
            domain
            for domain, slots in state.items()
            if set(slots.items()) - set(before.get(domain, {}).items())
        ]
        if not changed:
            if current is None:
                found.append(())
                continue
            others = [d for d in changed_before if d in state and d != current]
            if len(changed_before) > 1 and others:
                current = others[0]
        elif current not in changed:
            current = max(changed, key=lambda domain: len(state[domain]))
        before, changed_before = state, changed
        found.append((current,) if current is not None else ())
    return found
