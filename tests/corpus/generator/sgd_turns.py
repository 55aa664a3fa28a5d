"""Turns of the embedded corpus's dialogues, in SGD's JSON, with the state kept."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.corpus.generator.grammar import Grammar
from tests.corpus.generator.sgd_service import DATES, MONEY, TIMES, Service, Slot
from tests.corpus.generator.words import WORDS

Json = dict[str, Any]
Act = tuple[str, str, tuple[str, ...]]
"""Kind, slot and canonical values of a dialogue act."""

_GRAMMAR = Grammar(WORDS)
_SUFFIX = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}


def worded(slot: Slot, value: str) -> str:
    """Returns a canonical value as people say it (`2019-05-03`: `May 3rd`)."""
    if slot.kind == DATES and value[:1].isdigit():
        day = date.fromisoformat(value)
        return f"{day:%B} {day.day}{_SUFFIX.get(day.day, 'th')}"
    if slot.kind == TIMES and ":" in value:
        hour, minute = map(int, value.split(":"))
        half = "am" if hour < 12 else "pm"
        clock = f"{(hour - 1) % 12 + 1}" + (f":{minute:02d}" if minute else "")
        return f"{clock} {half}"
    return f"${value}" if slot.kind == MONEY else value


def drawn(slot: Slot, rng: random.Random) -> str:
    """Draws a canonical value of a slot."""
    if slot.kind == DATES:
        return f"2019-05-{rng.randint(2, 30):02d}"
    if slot.kind == TIMES:
        return f"{rng.randint(7, 19):02d}:{rng.choice(('00', '15', '30', '45'))}"
    if slot.kind == MONEY:
        return str(rng.randint(6, 60))
    return rng.choice(slot.values)


def told(service: Service, slot: str, value: str) -> str:
    """Returns how a sentence names a value: `on May 3rd`."""
    schema = service.slot(slot)
    if value == "False":
        return f"not {schema.tell}"
    return schema.tell.format(worded(schema, value))


@dataclass
class Writer:
    """Writes the turns of one dialogue.

    Attributes:
        rng: Source of the draws.
        turns: The turns so far.
        values: By service, every wording of each slot's value: the state.
    """

    rng: random.Random
    turns: list[Json] = field(default_factory=list)
    values: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def text(self, pattern: str, **fields: str) -> str:
        """Draws a sentence of a pattern, and fills in its fields."""
        filled = _GRAMMAR.expand(pattern, self.rng).format(**fields).strip()
        end = "" if filled[-1:] in ".?!" else "."
        return filled[:1].upper() + filled[1:] + end

    def user(
        self,
        utterance: str,
        service: Service,
        acts: Sequence[Act],
        *,
        intent: str,
    ) -> None:
        """Adds a USER turn.

        Args:
            utterance: What is said.
            service: The service it is about.
            acts: The dialogue acts for that service.
            intent: The active intent afterwards.
        """
        frames = [self._user_frame(utterance, service, acts, intent)]
        self.turns.append({"frames": frames, "speaker": "USER", "utterance": utterance})

    def _user_frame(
        self, utterance: str, service: Service, acts: Sequence[Act], intent: str
    ) -> Json:
        state = self.values.setdefault(service.name, {})
        for kind, slot, canonical in acts:
            if kind == "INFORM":
                state[slot] = [self._wording(service, slot, v) for v in canonical]
        return {
            **self._frame(utterance, service, acts),
            "state": {
                "active_intent": intent,
                "requested_slots": [s for kind, s, _ in acts if kind == "REQUEST"],
                "slot_values": {slot: list(v) for slot, v in state.items()},
            },
        }

    def system(
        self,
        utterance: str,
        service: Service,
        acts: Sequence[Act],
        *,
        call: tuple[str, Mapping[str, str]] | None = None,
        results: Sequence[Mapping[str, str]] = (),
    ) -> None:
        """Adds a SYSTEM turn, with the call that it rests on, if any."""
        frame = self._frame(utterance, service, acts)
        if call is not None:
            frame["service_call"] = {"method": call[0], "parameters": dict(call[1])}
            frame["service_results"] = [dict(result) for result in results]
        self.turns.append(
            {"frames": [frame], "speaker": "SYSTEM", "utterance": utterance}
        )

    def accept(self, service: Service, values: Mapping[str, str]) -> None:
        """Takes values that the system named into the state."""
        state = self.values.setdefault(service.name, {})
        for slot, value in values.items():
            state.setdefault(slot, [self._wording(service, slot, value)])

    def _wording(self, service: Service, slot: str, value: str) -> str:
        if slot in ("", "intent", "count") or value == "dontcare":
            return value
        return worded(service.slot(slot), value)

    def _frame(self, utterance: str, service: Service, acts: Sequence[Act]) -> Json:
        actions, spans = [], []
        for kind, slot, canonical in acts:
            words = [self._wording(service, slot, value) for value in canonical]
            actions.append(
                {
                    "act": kind,
                    "canonical_values": list(canonical),
                    "slot": slot,
                    "values": words,
                }
            )
            for word in words:
                start = utterance.find(word)
                if slot not in ("", "intent", "count") and start >= 0:
                    spans.append(
                        {
                            "exclusive_end": start + len(word),
                            "slot": slot,
                            "start": start,
                        }
                    )
        return {"actions": actions, "service": service.name, "slots": spans}
