"""Small numbers of results, date-times and listed values ground what they fit."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalm_oumi.calls import FunctionSchema, ParameterSchema
from coalm_oumi.cra.check.closed_lists import listed_values
from coalm_oumi.cra.check.evidence import Evidence
from coalm_oumi.cra.check.grounding import grounded
from coalm_oumi.cra.check.grounding_names import in_either_number, plain, singular

TODAY = date(2019, 3, 1)
PETS = {"pets": [{"id": 17, "name": "Rex", "category": {"id": 3}, "tags": [{"id": 4}]}]}


def function(name: str, argument: str, **definition: Any) -> list[FunctionSchema]:
    return [FunctionSchema(name, "", (ParameterSchema(argument, definition),))]


@pytest.mark.parametrize(
    ("result", "argument", "value", "right"),
    [
        (PETS, "petId", 17, True),
        (PETS, "pet_id", 17, True),
        (PETS, "petIds", [17], True),
        (PETS, "petId", "17", True),
        (PETS, "id", 17, True),
        (PETS, "category_id", 3, True),
        (PETS, "petId", 18, False),
        (PETS, "petId", 3, False),
        (PETS, "petId", 4, False),
        (PETS, "seats", 17, False),
        ([{"id": 17}], "petId", 17, True),
        ({"data": {"items": [{"id": 17}]}}, "petId", 17, True),
        ({"petId": 17}, "petId", 17, True),
        ({"pet_id": 17}, "petId", 17, True),
        ({"pet_id": 17}, "id", 17, True),
        ({"order_id": 17}, "id", 17, False),
        ({"orders": [{"id": 17}]}, "petId", 17, False),
        ({"orderId": 17}, "petId", 17, False),
        ({"count": 3, "results": []}, "ticket_count", 3, False),
        ({"tickets": {"count": 3}}, "ticket_count", 3, True),
        ({"room": {"number": 12}}, "roomNumber", 12, True),
        ({"stops": 2, "price": 184}, "passengers", 2, False),
        ({"paid": 5}, "id", 5, False),
        ({"price": 184}, "amount", 184, True),
    ],
)
def test_a_small_number_of_a_result_fills_the_argument_that_its_key_fits(
    result: Any, argument: str, value: Any, right: bool
) -> None:
    evidence = Evidence(TODAY)
    evidence.observe(result)
    assert grounded(value, argument, evidence, function("getPet", argument)) is right


NAMES = st.sampled_from(["pet", "order", "booking", "room", "child", "box", "category"])


@given(NAMES, st.integers(0, 31), st.sampled_from(["Id", "_id", "-id"]))
def test_the_id_of_a_thing_fills_the_argument_named_after_it(
    thing: str, number: int, ending: str
) -> None:
    evidence = Evidence(TODAY)
    evidence.observe({thing: {"id": number, "open": True}})
    assert grounded(number, thing + ending, evidence)
    assert not grounded(number + 1, thing + ending, evidence)
    assert not grounded(number, f"customer{ending}", evidence)


@pytest.mark.parametrize(
    ("said", "value", "right"),
    [
        ("on 8 December at 10 am", "2019-12-08T10:00:00Z", True),
        ("on 8 December at 10 am", "2019-12-08T10:00", True),
        ("on 8 December at 10 am", "2019-12-08 10:00:00", True),
        ("on 8 December at 10 am", "2019-12-08T10:00:00+01:00", True),
        ("December 8th, half past 7 in the evening", "2019-12-08T19:30:00Z", True),
        ("tomorrow at noon", "2019-03-02T12:00:00Z", True),
        ("on 8 December", "2019-12-08T00:00:00Z", True),
        ("until 8 December", "2019-12-08T23:59:59Z", True),
        ("on 8 December at 10 am", "2019-12-08T00:00:00Z", False),
        ("on 8 December at 10 am", "2019-12-08T22:00:00Z", False),
        ("on 8 December at 10 am", "2019-12-09T10:00:00Z", False),
        ("on 8 December at 10 am", "2019-11-08T10:00:00Z", False),
        ("on 8 December", "2019-12-08T10:00:00Z", False),
        ("at 10 am", "2019-12-08T10:00:00Z", False),
        ("on March 8th", "8 July", False),
        ("on March 8th", "8 March 2019", True),
    ],
)
def test_a_date_time_needs_its_day_and_its_time(
    said: str, value: str, right: bool
) -> None:
    evidence = Evidence(TODAY)
    evidence.hear(said, user=True)
    assert grounded(value, "start", evidence) is right


def test_a_date_time_of_a_result_grounds_its_day_and_its_time() -> None:
    evidence = Evidence(TODAY)
    evidence.observe({"slots": [{"start": "2019-12-08T10:00:00Z"}]})
    assert grounded("2019-12-08", "date", evidence)
    assert grounded("10:00", "time", evidence)
    assert not grounded("22:00", "time", evidence)
    assert not grounded("2019-12-09", "date", evidence)


@pytest.mark.parametrize(
    ("said", "listed", "value", "right"),
    [
        ("show me cats", ["cat", "dog"], "cat", True),
        ("show me cats", ["cat", "dog"], "dog", False),
        ("a puppy please", ["puppies", "kittens"], "puppies", True),
        ("puppies please", ["puppy", "kitten"], "puppy", True),
        ("puppies please", ["puppy", "kitten"], "kitten", False),
        ("a box", ["boxes", "bags"], "boxes", True),
        ("two boxes", ["box", "bag"], "box", True),
        ("for the children", ["child", "adult"], "child", True),
        ("a bus", ["buses", "trains"], "buses", True),
        ("cattle", ["cat", "cow"], "cat", False),
        ("what is in progress", ["IN_PROGRESS", "DONE"], "IN_PROGRESS", True),
        ("a one way trip", ["oneWay", "roundTrip"], "oneWay", True),
        ("a one way trip", ["oneWay", "roundTrip"], "roundTrip", False),
        ("priority two", [1, 2, 3], 2, True),
        ("priority two", [1, 2, 3], 3, False),
        ("second priority", [1, 2, 3], 2, True),
        ("second priority", [1, 2, 3], 1, False),
    ],
)
def test_a_listed_value_is_named_by_its_singular_plural_words_or_rank(
    said: str, listed: list[Any], value: Any, right: bool
) -> None:
    schemas: list[dict[str, Any]] = [
        {"enum": listed},
        {"anyOf": [{"enum": listed}, {"type": "null"}]},
        {"oneOf": [{"const": one} for one in listed]},
        {"$ref": "#/$defs/Kind", "$defs": {"Kind": {"enum": listed}}},
        {"allOf": [{"anyOf": [{"enum": [*listed, None]}]}]},
    ]
    evidence = Evidence(TODAY)
    evidence.hear(said, user=True)
    for schema in schemas:
        known = function("find", "priority", **schema)
        assert grounded(value, "priority", evidence, known) is right
    many = function("find", "priority", type="array", items={"enum": listed})
    assert grounded([value], "priority", evidence, many) is right
    inner = {"properties": {"priority": {"enum": listed}}}
    nested = function("find", "filter", type="object", **inner)
    assert grounded({"priority": value}, "filter", evidence, nested) is right


def test_only_the_one_that_the_user_wants_of_what_is_suggested_is_grounded() -> None:
    evidence = Evidence(TODAY)
    evidence.hear("Do you want a cat or a dog?")
    evidence.hear("Dogs please.", user=True)
    known = function("find", "kind", anyOf=[{"enum": ["cat", "dog"]}, {"type": "null"}])
    assert grounded("dog", "kind", evidence, known)
    assert not grounded("cat", "kind", evidence, known)


def test_a_reference_in_a_circle_ends() -> None:
    looped = {"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A", "enum": ["x"]}}}
    assert set(map(str, listed_values(looped))) == {"x"}


PLURALS = [
    ("cat", "cats"),
    ("dog", "dogs"),
    ("puppy", "puppies"),
    ("box", "boxes"),
    ("bus", "buses"),
    ("church", "churches"),
    ("dish", "dishes"),
    ("hero", "heroes"),
    ("child", "children"),
    ("person", "people"),
    ("car", "cars"),
    ("toy", "toys"),
    ("class", "classes"),
    ("knife", "knives"),
    ("tooth", "teeth"),
]


@pytest.mark.parametrize(("noun", "many"), PLURALS)
def test_singular_and_plural_are_one_word(noun: str, many: str) -> None:
    assert singular(noun) == singular(many) == noun
    assert in_either_number(plain(many), plain(f"two {noun}"))
    assert in_either_number(plain(noun), plain(f"the {many}!"))


@pytest.mark.parametrize(
    ("said", "name", "value", "right"),
    [
        ("start at hour 9", "start_hour", 9, True),
        ("my birthday gift for 20", "birthday_budget", 20, True),
        ("three tickets", "bedrooms", 3, False),
        ("three bedrooms", "bedrooms", 3, True),
        ("three bags", "checkedBaggage", 3, True),
        ("three people", "checkedBaggage", 3, False),
    ],
)
def test_a_number_of_beds_and_the_like_needs_these_to_be_spoken_of(
    said: str, name: str, value: int, right: bool
) -> None:
    evidence = Evidence(TODAY)
    evidence.hear(said, user=True)
    assert grounded(value, name, evidence) is right
