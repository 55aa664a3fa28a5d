"""Inform and Success of one dialogue, by mwzeval's rules (metrics.py at 7f19ee0).

A goal ``{"train": DomainGoal({"day": "friday"}, ("TRAINID",))}`` and one turn
``ScoredTurn("TRAINID leaves at TIME.", {"train": {"day": "friday"}}, ("train",))`` give
``DialogueOutcome({"train": True, "total": True}, {"train": True, "total": True})``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from coalm_oumi.environments.multiwoz.data.active_domains import State
from coalm_oumi.environments.multiwoz.data.databases import VenueIndex
from coalm_oumi.environments.multiwoz.data.domains import (
    DATABASE_DOMAINS,
    VENUE_DOMAINS,
)
from coalm_oumi.environments.multiwoz.data.goals import DomainGoal, Goal
from coalm_oumi.environments.multiwoz.users.placeholders import requestables_in

TOTAL = "total"
_WITHOUT_DATABASE = ("taxi", "police", "hospital")


@dataclass(frozen=True)
class ScoredTurn:
    """A system turn, ready to be scored.

    Attributes:
        response: The reply with its placeholders named (`named_placeholders`).
        state: The state after the user's turn: slots named by `domains.scorer_slot`,
            values by `canonical.canonical_value`.
        active_domains: What the turn is about.
    """

    response: str
    state: State
    active_domains: tuple[str, ...]


@dataclass(frozen=True)
class DialogueOutcome:
    """What a dialogue achieved.

    Attributes:
        inform: By domain of the goal, and under `total`: the entries offered at last
            all fit the goal.
        success: The same for the requested slots; empty when Inform fails as a whole,
            which mwzeval counts as no success.
        missing: By domain the requestables that no reply gave, in the goal's order.
    """

    inform: Mapping[str, bool]
    success: Mapping[str, bool]
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def informed(self) -> bool:
        """Whether Inform holds for the dialogue."""
        return self.inform[TOTAL]

    @property
    def succeeded(self) -> bool:
        """Whether Success holds for the dialogue."""
        return self.success.get(TOTAL, False)


def dialogue_outcome(
    goal: Goal,
    turns: Sequence[ScoredTurn],
    booked: Iterable[Iterable[str]],
    venues: VenueIndex,
) -> DialogueOutcome:
    """Judges a dialogue.

    Args:
        goal: The user's goal.
        turns: The system's turns.
        booked: By turn the domains that are booked by then; a reference number counts
            only for those. Turns beyond its end are not looked at.
        venues: The databases.
    """
    offered: dict[str, frozenset[str]] = dict.fromkeys(goal, frozenset())
    provided: dict[str, set[str]] = {domain: set() for domain in goal}
    for turn, booked_by_now in zip(turns, booked, strict=False):
        given = requestables_in(turn.response)
        for domain in goal:
            if domain not in turn.active_domains:
                continue
            if _offers(domain, turn.response):
                state = turn.state.get(domain)
                found = frozenset[str]()
                if state is not None:
                    found = venues.matching(domain, state)
                # Only what no longer holds replaces an offer: a wider search does not.
                if not offered[domain] <= found or not offered[domain]:
                    offered[domain] = found
            unbooked = {"REFERENCE"} if domain not in booked_by_now else set[str]()
            provided[domain] |= given - unbooked
    inform = {d: _informed(d, goal[d], offered[d], venues) for d in goal}
    inform[TOTAL] = all(inform.values())
    missing = {
        domain: tuple(r for r in wanted.requestable if r not in provided[domain])
        for domain, wanted in goal.items()
    }
    success: dict[str, bool] = {}
    if inform[TOTAL]:
        success = {domain: not missing[domain] for domain in goal}
        success[TOTAL] = all(success.values())
    return DialogueOutcome(inform, success, missing)


def _offers(domain: str, response: str) -> bool:
    if domain in VENUE_DOMAINS:
        return "NAME" in response
    return domain == "train" and "TRAINID" in response


def _informed(
    domain: str, goal: DomainGoal, offered: frozenset[str], venues: VenueIndex
) -> bool:
    if "name" in goal.informable or domain in _WITHOUT_DATABASE:
        return True
    if domain == "train" and not offered and "TRAINID" not in goal.requestable:
        return True
    if domain not in DATABASE_DOMAINS or not offered:
        return False
    return offered <= venues.matching(domain, goal.informable)
