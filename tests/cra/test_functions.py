"""The function list of CRA and the check of calls against it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from coalm_oumi.calls import FunctionCall
from coalm_oumi.cra.functions import function_call, function_catalogue
from coalm_oumi.cra.slot_types import slot_type, typed_value
from coalm_oumi.sources import Sgd
from coalm_oumi.sources.sgd_dialogue import ServiceCall
from coalm_oumi.sources.sgd_schema import IntentSchema, ServiceSchema, SlotSchema

PORT = SlotSchema("port", "Port", True, ("Harwich", "Hull"))
SEATS = SlotSchema("seats", "Seats", True, ("1", "2"))
CAR = SlotSchema("car", "With a car", True, ("True", "False"))
NIGHTS = SlotSchema("number_of_nights", "Nights")
DAY = SlotSchema("day", "Day")


def service(name: str, *slots: SlotSchema, intent: str = "FindFerry") -> ServiceSchema:
    """A service with one intent that needs the first slot and may take the others."""
    optional = {slot.name: "dontcare" for slot in slots[1:]}
    schema = IntentSchema(intent, "Find a ferry", False, (slots[0].name,), optional)
    return ServiceSchema(name, "", slots, (schema,))


@pytest.mark.parametrize(
    ("slot", "kind", "text", "value"),
    [
        (PORT, "str", "Hull", "Hull"),
        (SEATS, "int", "2", 2),
        (SEATS, "int", "dontcare", "dontcare"),
        (CAR, "bool", "False", False),
        (NIGHTS, "int", "12", 12),
        (NIGHTS, "int", "012", "012"),
        (DAY, "str", "2024-05-03", "2024-05-03"),
        (SlotSchema("phone_number"), "str", "555", "555"),
        (SlotSchema("transfer_amount"), "int", "40", 40),
        (SlotSchema("stay_length"), "int", "3", 3),
    ],
)
def test_a_slot_has_a_type(
    slot: SlotSchema, kind: str, text: str, value: object
) -> None:
    assert slot_type(slot) == kind
    found = typed_value(text, slot)
    assert (type(found), found) == (type(value), value)


def test_a_line_has_the_required_slots_first() -> None:
    found = function_catalogue([service("A_1", PORT, SEATS, CAR)])
    assert found.listing == "1. FindFerry(port, seats, car)"


def test_equal_lines_of_two_services_are_one_function() -> None:
    other = SlotSchema("port", "Port", True, ("Hull", "Ely"))
    found = function_catalogue([service("A_1", PORT), service("B_1", other)])
    assert found.listing == "1. FindFerry(port)"
    assert found.problem(FunctionCall("FindFerry", {"port": "Harwich"})) is None
    assert found.problem(FunctionCall("FindFerry", {"port": "Ely"})) is None


def test_one_name_with_other_arguments_stays_another_function() -> None:
    found = function_catalogue([service("A_1", PORT), service("B_1", DAY)])
    assert found.listing == "1. FindFerry(port)\n2. FindFerry(day)"
    assert found.problem(FunctionCall("FindFerry", {"day": "x"})) is None
    mixed = FunctionCall("FindFerry", {"port": "Hull", "day": "x"})
    assert found.problem(mixed) == "'FindFerry' has no argument 'day'"


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        (FunctionCall("FindFerry", {"port": "Hull", "seats": 2}), None),
        (FunctionCall("FindBus", {}), "the function 'FindBus' is not listed"),
        (FunctionCall("FindFerry", {"to": "Hull"}), "'FindFerry' has no argument 'to'"),
        (
            FunctionCall("FindFerry", {}),
            "'FindFerry' lacks the required argument 'port'",
        ),
        (
            FunctionCall("FindFerry", {"port": "Hull", "seats": "2"}),
            "the argument 'seats' has the type int",
        ),
        (
            FunctionCall("FindFerry", {"port": "Hull", "seats": True}),
            "the argument 'seats' has the type int",
        ),
        (
            FunctionCall("FindFerry", {"port": "Ely"}),
            "the argument 'port' has no value 'Ely'",
        ),
    ],
)
def test_a_call_is_checked(call: FunctionCall, problem: str | None) -> None:
    found = function_catalogue([service("A_1", PORT, SEATS)])
    assert found.problem(call) == problem


def test_a_gold_call_is_typed_in_the_order_of_the_line() -> None:
    gold = ServiceCall("FindFerry", {"car": "True", "seats": "2", "port": "Hull"})
    found = function_call(gold, service("A_1", PORT, SEATS, CAR))
    assert list(found.arguments.items()) == [
        ("port", "Hull"),
        ("seats", 2),
        ("car", True),
    ]


def test_the_real_training_services_give_the_functions_of_the_paper(
    real_data: Path,
) -> None:
    found = function_catalogue(Sgd(real_data / "sgd", "train").schemas)
    lines = found.listing.split("\n")
    # Table 6 counts 53; with required arguments only, 51 of them differ.
    assert len(lines) == 53
    assert lines[0] == "1. CheckBalance(account_type)"
    assert lines[51].startswith("52. FindAttractions(location")
    assert lines[52].startswith("53. GetWeather(city")
    short = {(f.name, tuple(f.extra["required"])) for f in found.functions}
    assert len(short) == 51


def test_every_real_call_of_the_development_part_is_valid(real_dev: Sgd) -> None:
    functions = function_catalogue(real_dev.schemas)
    assert len(functions.functions) == 30
    services = {schema.name: schema for schema in real_dev.schemas}
    problems = Counter(
        functions.problem(function_call(frame.call, services[frame.service]))
        for dialogue in real_dev.dialogues()
        for turn in dialogue.turns
        for frame in turn.frames
        if frame.call is not None
    )
    assert problems == {None: 6_027}
