"""An SGD dialogue: turns, frames, dialogue acts, states, service calls and results.

A SYSTEM turn of `<part>/dialogues_001.json` (an invented one)::

    {"speaker": "SYSTEM", "utterance": "The 9:30 from Hull costs $12.",
     "frames": [{"service": "Ferries_1", "slots": [],
                 "actions": [{"act": "OFFER", "slot": "fare", "values": ["$12"],
                              "canonical_values": ["12"]}],
                 "service_call": {"method": "FindFerry",
                                  "parameters": {"port": "Hull"}},
                 "service_results": [{"port": "Hull", "fare": "12"}]}]}

A USER turn's frame has, instead of call and results, `"state": {"active_intent":
"FindFerry", "requested_slots": [], "slot_values": {"port": ["Hull"]}}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.errors import shorten
from coalm_oumi.sources.records import BadRowError, checked_field, texts

Speaker = Literal["USER", "SYSTEM"]
TODAY = date(2019, 3, 1)
"""The day on which SGD's dialogues are held: its annotators wrote "today" as 2019-03-01."""
NO_INTENT = "NONE"
"""The active intent of a state in which the user pursues none."""


@dataclass(frozen=True)
class DialogueAct:
    """One dialogue act (`INFORM`, `OFFER`, `CONFIRM`, ...).

    Attributes:
        act: Its kind.
        slot: The slot it is about; empty for none, `intent` for an intent.
        values: The values as the utterance words them (`7 pm`).
        canonical_values: The same values as calls and results have them (`19:00`).
    """

    act: str
    slot: str
    values: tuple[str, ...]
    canonical_values: tuple[str, ...]

    @property
    def value(self) -> str:
        """The first canonical value; empty when there is none."""
        return self.canonical_values[0] if self.canonical_values else ""

    @property
    def wording(self) -> str:
        """The first value in the utterance's words; empty when there is none."""
        return self.values[0] if self.values else ""


@dataclass(frozen=True)
class SlotSpan:
    """Where an utterance names a value: characters `start` to `end` (exclusive)."""

    slot: str
    start: int
    end: int


@dataclass(frozen=True)
class DialogueState:
    """What the user wants of one service, after a user turn.

    Attributes:
        active_intent: The intent pursued, or `NONE`.
        requested_slots: Slots whose value the user asks for.
        slot_values: Every wording so far of each slot's value.
    """

    active_intent: str
    requested_slots: tuple[str, ...]
    slot_values: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class ServiceCall:
    """A gold call: the intent called, and its parameters as texts.

    Attributes:
        method: The intent.
        parameters: The values by slot.
        arguments: Of a call of the user's own API, the values themselves: as texts, a
            null and the word would be the same.
    """

    method: str
    parameters: Mapping[str, str]
    arguments: Mapping[str, JsonValue] | None = None


@dataclass(frozen=True)
class Frame:
    """What a turn means for one service.

    Attributes:
        service: The service's name.
        acts: The dialogue acts, in order.
        spans: Where the utterance names values.
        state: The dialogue state; USER turns only.
        call: The service call made before a SYSTEM turn, if there was one.
        results: What the call returned, at most ten; empty without a call.
        has_acts: Whether the file gives acts at all; the user's frames of the 2019
            layout have none.
        returned: What the call returned, word for word, as JSON; None in SGD, whose
            results are all there is.
    """

    service: str
    acts: tuple[DialogueAct, ...]
    spans: tuple[SlotSpan, ...] = ()
    state: DialogueState | None = None
    call: ServiceCall | None = None
    results: tuple[Mapping[str, str], ...] = ()
    has_acts: bool = True
    returned: str | None = None


@dataclass(frozen=True)
class Turn:
    """One utterance with its frames, one per service it concerns."""

    speaker: Speaker
    utterance: str
    frames: tuple[Frame, ...]


@dataclass(frozen=True)
class Dialogue:
    """A dialogue.

    Attributes:
        dialogue_id: Its name, unique within a part (`1_00000`).
        part: `train`, `dev` or `test`.
        services: The services it is about.
        turns: The turns; USER and SYSTEM alternate, the USER first.
        today: The day on which it is held; None if that is not known.
    """

    dialogue_id: str
    part: str
    services: tuple[str, ...]
    turns: tuple[Turn, ...]
    today: date | None = None

    @property
    def record_id(self) -> str:
        """The dialogue's name within SGD (`train/1_00000`)."""
        return f"{self.part}/{self.dialogue_id}"


def parse_dialogue(entry: Any, part: str) -> Dialogue:
    """Turns one element of a dialogue file into a record.

    Args:
        entry: The element.
        part: The part of SGD it belongs to.

    Raises:
        BadRowError: A field is missing or has another type.
    """
    turns = tuple(
        _turn(turn, f"turns[{number}]")
        for number, turn in enumerate(checked_field(entry, "turns", list))
    )
    name = checked_field(entry, "dialogue_id", str)
    return Dialogue(name, part, texts(entry, "services"), turns, TODAY)


def _turn(entry: Any, place: str) -> Turn:
    speaker = checked_field(entry, "speaker", str, place)
    if speaker not in ("USER", "SYSTEM"):
        raise BadRowError(
            f"{place}.speaker", f"expected USER or SYSTEM, found '{shorten(speaker)}'."
        )
    frames = checked_field(entry, "frames", list, place)
    return Turn(
        speaker,
        checked_field(entry, "utterance", str, place),
        tuple(_frame(f, f"{place}.frames[{n}]") for n, f in enumerate(frames)),
    )


def _frame(entry: Any, place: str) -> Frame:
    state = call = None
    has_acts = isinstance(entry, dict) and "actions" in entry
    raw_acts = checked_field(entry, "actions", list, place) if has_acts else []
    if isinstance(entry, dict) and "state" in entry:
        state = _state(checked_field(entry, "state", dict, place), f"{place}.state")
    if isinstance(entry, dict) and "service_call" in entry:
        raw = checked_field(entry, "service_call", dict, place)
        inner = f"{place}.service_call"
        call = ServiceCall(
            checked_field(raw, "method", str, inner),
            _checked_values(raw.get("parameters"), f"{inner}.parameters"),
        )
    return Frame(
        checked_field(entry, "service", str, place),
        tuple(_act(act, place) for act in raw_acts),
        tuple(
            _span(span, place) for span in checked_field(entry, "slots", list, place)
        ),
        state,
        call,
        tuple(
            _checked_values(result, f"{place}.service_results")
            for result in (
                checked_field(entry, "service_results", list, place) if call else ()
            )
        ),
        has_acts,
    )


def _act(entry: Any, place: str) -> DialogueAct:
    place = f"{place}.actions"
    values = texts(entry, "values", place)
    # The 2019 layout has no canonical values; such a dialogue is set aside later.
    has_canonical = isinstance(entry, dict) and "canonical_values" in entry
    canonical = texts(entry, "canonical_values", place) if has_canonical else values
    return DialogueAct(
        checked_field(entry, "act", str, place),
        checked_field(entry, "slot", str, place),
        values,
        canonical,
    )


def _span(entry: Any, place: str) -> SlotSpan:
    place = f"{place}.slots"
    # A copied span (SGD-X) has other fields; only what is given is taken.
    start = entry.get("start") if isinstance(entry, dict) else None
    end = entry.get("exclusive_end") if isinstance(entry, dict) else None
    if not isinstance(start, int) or not isinstance(end, int):
        return SlotSpan(checked_field(entry, "slot", str, place), 0, 0)
    return SlotSpan(checked_field(entry, "slot", str, place), start, end)


def _state(entry: dict[str, Any], place: str) -> DialogueState:
    slots = checked_field(entry, "slot_values", dict, place)
    return DialogueState(
        checked_field(entry, "active_intent", str, place),
        texts(entry, "requested_slots", place),
        {slot: texts(slots, slot, f"{place}.slot_values") for slot in slots},
    )


def _checked_values(found: Any, place: str) -> dict[str, str]:
    if not isinstance(found, dict):
        raise BadRowError(
            place, f"expected an object, found {shorten(repr(found), 40)}."
        )
    for value in found.values():
        if not isinstance(value, str):
            raise BadRowError(
                place, f"expected texts as values, found {shorten(repr(value), 40)}."
            )
    return found
