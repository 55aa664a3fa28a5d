"""Schemas of the SGD services: slots, and intents with the slots they take and return.

A service of `<part>/schema.json` (an invented one)::

    {"service_name": "Ferries_1", "description": "Finds ferries",
     "slots": [{"name": "port", "description": "Port of departure",
                "is_categorical": true, "possible_values": ["Harwich", "Hull"]}],
     "intents": [{"name": "FindFerry", "description": "Find a ferry",
                  "is_transactional": false, "required_slots": ["port"],
                  "optional_slots": {"passengers": "1"},
                  "result_slots": ["port", "fare"]}]}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from coalm_oumi.calls.strict_json import JsonValue
from coalm_oumi.errors import DataFormatError, shorten
from coalm_oumi.sources.records import BadRowError, checked_field, texts

DONTCARE = "dontcare"
"""The value of a slot that the user leaves open."""


@dataclass(frozen=True)
class SlotSchema:
    """A slot of a service.

    Attributes:
        name: The slot's name, unique within its service.
        description: What it means, in a few words.
        is_categorical: Whether only `possible_values` may fill it.
        possible_values: Its values; of a slot that is not categorical, examples.
        schema: Its JSON schema, in a catalogue that has one (`own_apis.catalogue`); None in
            SGD, whose values are all texts.
    """

    name: str
    description: str = ""
    is_categorical: bool = False
    possible_values: tuple[str, ...] = ()
    schema: Mapping[str, JsonValue] | None = None


@dataclass(frozen=True)
class IntentSchema:
    """An intent of a service: what becomes a function.

    Attributes:
        name: The intent's name (`FindFerry`).
        description: What it is for, mostly as an imperative.
        is_transactional: Whether a call changes something (books, buys, transfers), so
            that the system has the user confirm it first.
        required_slots: Slots without which it cannot be called.
        optional_slots: Further slots with their default; `dontcare` for none.
        result_slots: The slots of a result.
        original: What it is called in the user's own catalogue, if that is another name.
        function: What the function is called where that is not the intent's name (see
            `cra.function_names`); empty if it is.
    """

    name: str
    description: str = ""
    is_transactional: bool = False
    required_slots: tuple[str, ...] = ()
    optional_slots: Mapping[str, str] = field(default_factory=dict)
    result_slots: tuple[str, ...] = ()
    original: str = ""
    function: str = ""

    @property
    def function_name(self) -> str:
        """The name under which it is called."""
        return self.function or self.name


@dataclass(frozen=True)
class ServiceSchema:
    """A service: its slots, and the intents it serves, in the file's order."""

    name: str
    description: str
    slots: tuple[SlotSchema, ...]
    intents: tuple[IntentSchema, ...]

    @cached_property
    def slot(self) -> Mapping[str, SlotSchema]:
        """The slots by name."""
        return {slot.name: slot for slot in self.slots}

    @cached_property
    def intent(self) -> Mapping[str, IntentSchema]:
        """The intents by name."""
        return {intent.name: intent for intent in self.intents}


def parse_schema(found: Any, path: str) -> tuple[ServiceSchema, ...]:
    """Turns a parsed `schema.json` into service schemas.

    Args:
        found: What the file holds.
        path: The file's name, for messages.

    Raises:
        DataFormatError: A field is missing or has another type; a service stands
            twice; an intent names a slot that its service does not have.
    """
    if not isinstance(found, list):
        raise DataFormatError("expected a JSON list of services.", path=path)
    services: dict[str, ServiceSchema] = {}
    for row, entry in enumerate(found):
        try:
            service = _service(entry)
            if service.name in services:
                raise BadRowError("service_name", f"'{service.name}' stands twice.")
        except BadRowError as error:
            raise error.at(path, row, "Correct the service.") from error
        services[service.name] = service
    return tuple(services.values())


def _service(entry: Any) -> ServiceSchema:
    slots = tuple(
        SlotSchema(
            checked_field(slot, "name", str),
            checked_field(slot, "description", str),
            checked_field(slot, "is_categorical", bool),
            texts(slot, "possible_values"),
        )
        for slot in checked_field(entry, "slots", list)
    )
    names = {slot.name for slot in slots}
    intents = tuple(
        _intent(intent, names) for intent in checked_field(entry, "intents", list)
    )
    name = checked_field(entry, "service_name", str)
    return ServiceSchema(name, checked_field(entry, "description", str), slots, intents)


def _intent(entry: Any, slots: set[str]) -> IntentSchema:
    optional = checked_field(entry, "optional_slots", dict)
    if not all(isinstance(value, str) for value in optional.values()):
        found = shorten(repr(optional), 40)
        raise BadRowError(
            "optional_slots", f"expected texts as defaults, found {found}."
        )
    intent = IntentSchema(
        checked_field(entry, "name", str),
        checked_field(entry, "description", str),
        checked_field(entry, "is_transactional", bool),
        texts(entry, "required_slots"),
        dict(optional),
        texts(entry, "result_slots"),
    )
    for slot in (*intent.required_slots, *optional, *intent.result_slots):
        if slot not in slots:
            raise BadRowError(
                "intents",
                f"the intent '{intent.name}' names '{shorten(slot, 40)}', which is "
                "no slot of its service.",
            )
    return intent
