"""Slots, intents and values in words: `has_live_music` -> `it has live music`."""

from __future__ import annotations

import re

from coalm_oumi.cra.slot_types import slot_type
from coalm_oumi.sources.sgd_schema import (
    DONTCARE,
    IntentSchema,
    ServiceSchema,
    SlotSchema,
)

_LABELS = {
    "where_to": "place",
    "area": "area",
    "travelers": "number of travelers",
    "passengers": "number of passengers",
    "transfers": "number of transfers",
    "number_stops": "number of stops",
    "number_checked_bags": "number of checked bags",
    "airlines": "airline",
    "directed_by": "director",
    "starring": "actor",
    "actors": "actor",
    "from_location": "place of departure",
    "to_location": "place of arrival",
    "available_start_time": "start of the free time",
    "available_end_time": "end of the free time",
    "new_alarm_time": "time of the new alarm",
    "new_alarm_name": "name of the new alarm",
    "is_redeye": "red-eye flight",
    "shared_ride": "shared ride",
    "city_of_event": "city of the event",
    "address_of_location": "address",
}
_VERBS = {"lookup": "look up", "search": "search for"}
_ADJECTIVES = ("furnished", "refundable", "unisex")
_NAMING = re.compile(r"(\w+_)?(name|title)")
_CAMEL = re.compile(r"[A-Z][a-z0-9]*")
# SGD's names are all in capitals and small letters; others have them as they like.
_ANY_NAME = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LONGEST_GOAL = 90


def label(slot: str) -> str:
    """Returns a slot's name in words, without an article (`number of seats`)."""
    return _LABELS.get(slot) or " ".join(_parts(slot))


def _parts(slot: str) -> list[str]:
    """Returns the words of a name: `number_of_seats`, `bikeId` or `bike-id`."""
    if slot == slot.lower():
        return [word for word in re.split(r"[_\-. ]", slot) if word]
    return [word.lower() for word in _ANY_NAME.findall(slot)]


def is_name(slot: str) -> bool:
    """Whether a slot names a thing that is offered or chosen (`hotel_name`)."""
    return _NAMING.fullmatch("_".join(_parts(slot))) is not None


def question(slot: SlotSchema) -> str:
    """Returns what one asks who asks for a slot: `the city`, `whether it has wifi`."""
    if slot_type(slot) == "bool":
        clause = _flag(slot, True)
        if clause.startswith("'"):
            return f"whether '{label(slot.name)}' applies"
        return f"whether {clause}"
    return f"the {label(slot.name)}"


def fact(slot: SlotSchema, value: str) -> str:
    """Returns a clause that states a value: `the city is Ely`, `it has no wifi`."""
    if value == DONTCARE:
        return f"the {label(slot.name)} does not matter"
    if slot_type(slot) == "bool" and value in ("True", "False"):
        return _flag(slot, value == "True")
    return f"the {label(slot.name)} is {value}"


def wish(slot: SlotSchema, value: str) -> str:
    """Returns a clause that states what the user wants of a slot."""
    if slot_type(slot) != "bool" or value not in ("True", "False"):
        return fact(slot, value)
    if slot.schema is not None:
        return _flag(slot, value == "True")
    return _bool_wish(slot.name, value == "True")


def short(slot: SlotSchema, value: str) -> str:
    """Returns a value with its slot as an item of a list: `city Ely`."""
    if slot_type(slot) == "bool" or value == DONTCARE:
        return wish(slot, value)
    return f"{label(slot.name)} {value}"


def goals(intent: IntentSchema) -> tuple[str, ...]:
    """Returns what a user wants who has an intent, as infinitives without `to`.

    The schema's description is one, unless it speaks of the user in the third person;
    the intent's name in words is another.
    """
    words = _name_words(intent.name)
    verb, rest = words[0] if words else intent.name, " ".join(words[1:])
    verb = _VERBS.get(verb, verb)
    rest = rest.replace("oneway", "one-way").replace("roundtrip", "round-trip")
    named = f"{verb} the {rest}" if rest else verb
    described = intent.description.strip().rstrip(".")
    plain = described[:1].lower() + described[1:]
    if not described or re.search(r"\buser\b|\buser's\b|\byour?\b", plain):
        return (named,)
    # What says `Lists bikes`, or more than a sentence, follows no `to`.
    first = plain.partition(" ")[0]
    if first.endswith("s") and not first.endswith("ss"):
        return (named,)
    return (plain, named) if len(plain) <= _LONGEST_GOAL else (named,)


def function_words(intent: IntentSchema) -> str:
    """Returns what an intent is called and described as, in words."""
    return f"{' '.join(_name_words(intent.name))} {intent.description}"


def _name_words(name: str) -> list[str]:
    found = _CAMEL.findall(name)
    if "".join(found) == name:
        return [word.lower() for word in found]
    return [word.lower() for word in _ANY_NAME.findall(name)]


def slot_of(service: ServiceSchema, name: str) -> SlotSchema:
    """Returns a slot's schema, or one that only has the name if it is unknown."""
    return service.slot.get(name) or SlotSchema(name)


def _flag(slot: SlotSchema, yes: bool) -> str:
    """Returns a clause for a slot that is true or false."""
    if slot.schema is None:
        return _bool_clause(slot.name, yes)
    parts = _parts(slot.name)
    if parts[:1] in (["with"], ["include"]) and parts[1:]:
        return f"it comes with{'' if yes else 'out'} {' '.join(parts[1:])}"
    clause = _bool_clause("_".join(parts), yes)
    # In a catalogue of one's own a flag may be about anything.
    if clause.startswith("it comes with"):
        return f"'{label(slot.name)}' is {'yes' if yes else 'no'}"
    return clause


def _bool_clause(slot: str, yes: bool) -> str:
    verb, _, rest = slot.partition("_")
    rest = rest.replace("_", " ").replace("next day", "the next day")
    if slot in _LABELS:
        return f"it is {'' if yes else 'not '}a {_LABELS[slot]}"
    if rest and verb == "has":
        return f"it has {rest}" if yes else f"it does not have {rest}"
    if rest and verb in ("serves", "offers", "takes", "arrives"):
        plain = verb[:-1]
        return f"it {verb} {rest}" if yes else f"it does not {plain} {rest}"
    if rest and (verb == "is" or slot.startswith("good_for")):
        words = rest if verb == "is" else slot.replace("_", " ")
        return f"it is {'' if yes else 'not '}{words}"
    if slot.endswith(("_allowed", "_welcome")):
        thing, _, state = slot.rpartition("_")
        thing = thing.replace("_", " ")
        be = "are" if thing.endswith("s") else "is"
        return f"{thing} {be} {'' if yes else 'not '}{state}"
    if slot in _ADJECTIVES:
        return f"it is {'' if yes else 'not '}{slot}"
    words = slot.replace("_", " ")
    return f"it comes with{'' if yes else 'out'} {words}"


def _bool_wish(slot: str, yes: bool) -> str:
    clause = _bool_clause(slot, True)
    start = "should" if yes else "need not"
    for verb, plain in (
        ("it has ", "have"),
        ("it serves ", "serve"),
        ("it offers ", "offer"),
        ("it takes ", "take"),
        ("it arrives ", "arrive"),
        ("it is ", "be"),
        ("it comes ", "come"),
    ):
        if clause.startswith(verb):
            return f"it {start} {plain} {clause.removeprefix(verb)}"
    thing, _, state = clause.rpartition(" ")
    thing = thing.rpartition(" ")[0]
    return f"{thing} {start} be {state}"
