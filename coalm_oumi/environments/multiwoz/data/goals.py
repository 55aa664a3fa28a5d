"""A dialogue's goal, as the user was given it and as the scorer reads it.

In, a domain of `goal` in `data.json`::

    {"info": {"area": "east", "leaveAt": "17:15"}, "reqt": ["phone", "area"],
     "book": {"people": "2", "day": "friday", "time": "18:30"}}

Out, the scorer's form: `DomainGoal({"area": "east", "leave": "17:15"}, ("PHONE",
"REFERENCE"))`. Only what a delexicalised reply can show is requestable; of a train that
is its id and the booking's reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coalm_oumi.environments.multiwoz.data.domains import scorer_slot

_REQUESTABLE = {
    "phone": "PHONE",
    "address": "ADDRESS",
    "postcode": "POST",
    "reference": "REFERENCE",
    "id": "TRAINID",
    "trainID": "TRAINID",
}
_OF_TRAINS = ("REFERENCE", "TRAINID")
_SCORED = ("restaurant", "hotel", "attraction", "train", "taxi", "police", "hospital")


@dataclass(frozen=True)
class DomainGoal:
    """What the user wants of one domain.

    Attributes:
        informable: The constraints: value by slot (`domains.scorer_slot`).
        requestable: What the replies must give: PHONE, ADDRESS, POST, REFERENCE,
            TRAINID; each once.
    """

    informable: Mapping[str, str]
    requestable: tuple[str, ...]


Goal = Mapping[str, DomainGoal]


def scorer_goal(goal: Mapping[str, Any]) -> Goal:
    """Returns a dialogue's goal in the scorer's form.

    Args:
        goal: `goal` of a dialogue in `data.json`: by domain `info`, `reqt`, `book`;
            whatever else it holds (`message`, `topic`) is left out.
    """
    return {
        domain: _domain_goal(domain, goal[domain])
        for domain in _SCORED
        if isinstance(goal.get(domain), dict) and goal[domain]
    }


def _domain_goal(domain: str, goal: Mapping[str, Any]) -> DomainGoal:
    wanted = [_REQUESTABLE.get(slot) for slot in goal.get("reqt") or ()]
    if goal.get("book"):
        wanted.append("REFERENCE")
    allowed = _OF_TRAINS if domain == "train" else tuple(_REQUESTABLE.values())
    return DomainGoal(
        informable={scorer_slot(k): v for k, v in (goal.get("info") or {}).items()},
        requestable=tuple(dict.fromkeys(w for w in wanted if w in allowed and w)),
    )
