"""What is known at a point of a dialogue, and whether a reported value is supported.

A value is supported if it stands earlier in the dialogue (in an utterance, or in the
dialogue acts of one) or in an observation, under these normalisations:

- case does not matter, nor does the wording: an act names its value as the utterance has it
  (`7 pm`, `next Friday`, `$12`) and as calls and results do (`19:00`, `2019-03-08`, `12`),
  and either will do;
- a default of the function that is about to be called counts (`party_size` 2): the thought
  before the response says that it is assumed;
- `dontcare` is no value, and needs no support.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from coalm_oumi.cra.write.observation import Observed
from coalm_oumi.sources.sgd_dialogue import DialogueAct, Turn
from coalm_oumi.sources.sgd_schema import DONTCARE, ServiceSchema

REPORTS = ("INFORM", "OFFER", "CONFIRM", "INFORM_COUNT")
"""The system's acts that report a value; `REQUEST` only suggests some."""


@dataclass
class Known:
    """What has been said and observed so far.

    Attributes:
        wordings: For each canonical value, in lower case, its last wording.
        observed: Every value that an observation has shown, in lower case.
        said: All utterances so far, in lower case.
    """

    wordings: dict[str, str] = field(default_factory=dict)
    observed: set[str] = field(default_factory=set)
    said: str = ""

    def hear(self, turn: Turn) -> None:
        """Takes in a turn."""
        self.said += f"\n{turn.utterance.lower()}"
        for frame in turn.frames:
            for act in frame.acts:
                for value, wording in zip(
                    act.canonical_values, act.values, strict=False
                ):
                    self.wordings[value.lower()] = wording

    def observe(self, observed: Observed) -> None:
        """Takes in an observation."""
        self.observed.add(str(observed.count))
        for result in observed.shown:
            self.observed.update(value.lower() for value in result.values())

    def has(self, value: str, wording: str = "") -> bool:
        """Whether a value is known in its canonical form or in the wording given."""
        if value == DONTCARE:
            return True
        lower, worded = value.lower(), wording.lower()
        return (
            lower in self.wordings
            or lower in self.observed
            or lower in self.said
            or bool(worded and worded in self.said)
        )

    def worded(self, value: str) -> str:
        """Returns a value as it was last worded, or as it is if nobody named it."""
        return self.wordings.get(value.lower(), value)


@dataclass(frozen=True)
class Report:
    """A value that a system turn reports, and what supports it.

    Attributes:
        act: The act that reports it.
        value: The value in its canonical form.
        support: `dialogue` (earlier, or observed), `default`, or None for nothing.
    """

    act: DialogueAct
    value: str
    support: str | None


def reports(
    acts: Iterable[DialogueAct], known: Known, service: ServiceSchema, intent: str
) -> list[Report]:
    """Lists the values that a system turn reports, with their support.

    Args:
        acts: The turn's acts.
        known: What is known before the turn, its own observation included.
        service: The turn's service.
        intent: The intent that the turn is about; may be unknown to the service.
    """
    found = []
    schema = service.intent.get(intent)
    defaults = schema.optional_slots if schema else {}
    for act in acts:
        if act.act not in REPORTS:
            continue
        wordings = act.values if len(act.values) == len(act.canonical_values) else ()
        for number, value in enumerate(act.canonical_values):
            support = None
            if known.has(value, wordings[number] if wordings else ""):
                support = "dialogue"
            elif act.act == "CONFIRM" and defaults.get(act.slot) == value:
                support = "default"
            found.append(Report(act, value, support))
    return found
