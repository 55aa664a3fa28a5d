"""The values that a system turn reports, and what supports them.

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
from dataclasses import dataclass

from coalm_oumi.cra.check.evidence import Evidence
from coalm_oumi.sources.sgd_dialogue import DialogueAct
from coalm_oumi.sources.sgd_schema import ServiceSchema

REPORTS = ("INFORM", "OFFER", "CONFIRM", "INFORM_COUNT")
"""The system's acts that report a value; `REQUEST` only suggests some."""


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
    acts: Iterable[DialogueAct],
    evidence: Evidence,
    service: ServiceSchema,
    intent: str,
) -> list[Report]:
    """Lists the values that a system turn reports, with their support.

    Args:
        acts: The turn's acts.
        evidence: What was said and observed before it, its own observation included.
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
            if evidence.has(value, wordings[number] if wordings else ""):
                support = "dialogue"
            elif act.act == "CONFIRM" and defaults.get(act.slot) == value:
                support = "default"
            found.append(Report(act, value, support))
    return found
