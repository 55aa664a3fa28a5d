"""The eight functions: what they find, book, and refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coalm_oumi.environments.multiwoz import (
    TOOLS,
    Databases,
    MultiwozData,
    World,
    json_tools,
)
from coalm_oumi.environments.multiwoz.data.canonical import canonical_time, minutes
from coalm_oumi.environments.multiwoz.data.domains import finite_values
from coalm_oumi.environments.multiwoz.data.fuzzy import partial_ratio
from tests.corpus.generator.multiwoz_town import town
from tests.environments.multiwoz.cambridge import databases


@pytest.fixture
def world(small_databases: Databases) -> World:
    return World(small_databases, session="sng0001")


def names(world: World, function: str, **arguments: Any) -> list[str]:
    found = world.call(function, arguments).result
    return [row.get("name") or row["trainID"] for row in found]


@pytest.mark.parametrize(
    ("function", "arguments", "found"),
    [
        ("query_restaurants", {}, ["the blue heron", "oak kitchen"]),
        ("query_restaurants", {"area": "East "}, ["the blue heron"]),
        ("query_restaurants", {"name": "blue heron"}, ["the blue heron"]),
        ("query_restaurants", {"food": "any", "area": "north"}, ["oak kitchen"]),
        ("query_restaurants", {"food": "dontcare", "area": "north"}, ["oak kitchen"]),
        (
            "query_restaurants",
            {"food": None, "pricerange": "cheap"},
            ["the blue heron"],
        ),
        ("query_restaurants", {"food": "mexican"}, []),
        ("query_hotels", {"stars": 4}, ["fenland hotel"]),
        ("query_hotels", {"stars": "4.0"}, ["fenland hotel"]),
        ("query_hotels", {"stars": 3}, []),
        ("query_hotels", {"internet": "free", "parking": "no"}, ["fenland hotel"]),
        ("query_hotels", {"type": "guest house"}, []),
        ("query_attractions", {"type": "museums"}, ["clay museum"]),
        (
            "query_trains",
            {"departure": "ely", "leaveAt": "17:00"},
            ["TR0002", "TR0003"],
        ),
        ("query_trains", {"arriveBy": "5:50 pm"}, ["TR0001", "TR0002"]),
        ("query_trains", {"arriveBy": "24:10", "trainID": "tr0003"}, ["TR0003"]),
    ],
)
def test_lookups(
    world: World, function: str, arguments: dict[str, Any], found: list[str]
) -> None:
    assert names(world, function, **arguments) == found


def test_a_value_that_a_slot_cannot_have_is_ignored_and_named(world: World) -> None:
    result = world.call("query_hotels", {"area": "cambridge"})
    assert len(result.result) == 1
    assert "'area' was ignored: it can be centre, east, north, south, west" in (
        result.message
    )


def test_an_entry_shows_what_the_user_may_want(world: World) -> None:
    (hotel,) = world.call("query_hotels", {}).result
    assert hotel == {
        "name": "fenland hotel",
        "area": "east",
        "pricerange": "cheap",
        "stars": "4",
        "type": "hotel",
        "internet": "yes",
        "parking": "no",
        "address": "3 fen lane",
        "postcode": "cb58aa",
        "phone": "01223000003",
        "price": {"single": "40"},
    }


def test_a_table_is_booked(world: World) -> None:
    table = {"name": "Blue Heron", "people": 2, "day": "friday", "time": "18:00"}
    result = world.call("book_restaurant", table)
    assert result.failure == ""
    assert len(result.result["reference"]) == 8
    (booking,) = world.bookings
    assert booking.entry is not None
    assert booking.entry["name"] == "the blue heron"
    assert booking.arguments == {
        "name": "blue heron",
        "people": "2",
        "day": "friday",
        "time": "18:00",
    }


def test_references_depend_on_seed_session_and_call_alone(
    small_databases: Databases,
) -> None:
    def reference(seed: int, session: str, people: int) -> str:
        world = World(small_databases, seed, session)
        arguments = {"trainID": "TR0001", "people": people}
        return world.call("buy_train_tickets", arguments).result["reference"]

    assert reference(0, "a", 1) == reference(0, "a", 1) == "LU5LV9ZD"
    others = {reference(1, "a", 1), reference(0, "b", 1), reference(0, "a", 2)}
    assert len({reference(0, "a", 1), *others}) == 4


def test_the_same_call_twice_gives_two_references(world: World) -> None:
    arguments = {"trainID": "TR0001", "people": 1}
    first, second = (world.call("buy_train_tickets", arguments) for _ in "ab")
    assert first.result != second.result


def test_a_train_can_always_be_had(world: World) -> None:
    assert world.call("buy_train_tickets", {"trainID": "TR9999"}).failure == ""
    assert world.bookings[0].entry is None
    world.call("buy_train_tickets", {"day": "friday", "leaveAt": "17:00", "people": 1})
    entry = world.bookings[1].entry
    assert entry is not None
    assert entry["trainID"] == "TR0002"


def test_a_taxi(world: World) -> None:
    result = world.call("book_taxi", {"departure": "ely", "leaveAt": "17:15"})
    assert set(result.result) == {"type", "phone"}
    assert result.result["phone"].startswith("07")
    assert len(result.result["phone"]) == 11


@pytest.mark.parametrize(
    ("function", "arguments", "failure", "message"),
    [
        (
            "find_bus",
            {},
            "unknown_function",
            "no function 'find_bus'. Known are: query_",
        ),
        ("query_trains", {"to": "ely"}, "unknown_argument", "no parameter 'to'"),
        ("query_trains", {"day": ["friday"]}, "wrong_type", "must be one of monday"),
        ("query_hotels", {"stars": True}, "wrong_type", "a whole number, not True"),
        ("query_hotels", {"stars": 3.5}, "wrong_type", "a whole number, not 3.5"),
        ("query_hotels", {"stars": float("inf")}, "wrong_type", "a whole number"),
        ("query_hotels", {"stars": 10**5000}, "wrong_type", "a whole number"),
        ("query_hotels", {"name": "x" * 100_000}, "wrong_type", "must be short text"),
        (
            "book_hotel",
            {"name": "fenland"},
            "missing_argument",
            "people, day, stay must",
        ),
        (
            "book_hotel",
            {"name": "any", "people": 1, "day": "friday", "stay": 1},
            "missing_argument",
            "name must be given",
        ),
        (
            "book_hotel",
            {"name": "ritz", "people": 1, "day": "friday", "stay": 1},
            "no_such_venue",
            "there is no hotel called 'ritz'",
        ),
    ],
)
def test_failures_say_why(
    world: World, function: str, arguments: dict[str, Any], failure: str, message: str
) -> None:
    result = world.call(function, arguments)
    assert (result.result, result.failure) == (None, failure)
    assert message in result.message
    assert world.bookings == []


# Whatever else the machine is at.
SLOWLY = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.text(max_size=4), inner, max_size=2)
    ),
    max_leaves=5,
)


@SLOWLY
@given(st.data())
def test_no_arguments_stop_the_world(data: st.DataObject) -> None:
    tool = data.draw(st.sampled_from([*TOOLS.values()]))
    parameters = [p.name for p in tool.parameters]
    arguments = data.draw(st.dictionaries(st.sampled_from(parameters), JSON))
    result = World(databases()).call(tool.name, arguments)
    assert set(json.loads(result.as_json())) == {"result", "message"}


def test_the_functions_as_json_schemas() -> None:
    tools = {tool["function"]["name"]: tool["function"] for tool in json_tools()}
    assert [*tools] == [
        "query_restaurants",
        "book_restaurant",
        "query_hotels",
        "book_hotel",
        "query_attractions",
        "query_trains",
        "buy_train_tickets",
        "book_taxi",
    ]
    hotel = tools["book_hotel"]["parameters"]
    assert hotel["required"] == ["name", "people", "day", "stay"]
    assert hotel["properties"]["people"]["type"] == "integer"
    query = tools["query_hotels"]["parameters"]
    assert query["required"] == []
    assert query["properties"]["type"]["enum"] == ["hotel", "guesthouse"]
    assert TOOLS["query_hotels"].schema().parameter_names == set(query["properties"])


FUZZY = {
    "restaurant": ("name", "food"),
    "attraction": ("name", "type"),
    "hotel": ("name",),
    "train": ("departure", "destination"),
}


def plain_scan(rows: Any, domain: str, wanted: dict[str, str]) -> list[Any]:
    """The rules of a lookup, once more and slowly."""

    def fits(row: Any) -> bool:
        for slot, value in wanted.items():
            if slot == "arriveBy":
                fine = minutes(row[slot]) <= minutes(canonical_time(value))
            elif slot == "leaveAt":
                fine = minutes(row[slot]) >= minutes(canonical_time(value))
            elif slot in FUZZY[domain]:
                fine = partial_ratio(row[slot].lower(), value) >= 80
            else:
                fine = row[slot].lower() == value
            if not fine:
                return False
        return True

    return [row for row in rows if fits(row)]


TOWN = Databases.of({d: tuple(rows) for d, rows in town(2017).items()})
VALUES = {
    "area": ("east", "centre"),
    "stars": ("2", "4"),
    "type": ("hotel", "guesthouse", "museum", "park"),
    "leaveAt": ("08:15", "17:00", "24:10"),
    "arriveBy": ("09:00", "13:20"),
    "name": ("heron", "the willow", "oak kitchn", "zzz"),
}


@SLOWLY
@given(st.data())
def test_lookups_equal_a_plain_scan(data: st.DataObject) -> None:
    queries = [tool for tool in TOOLS.values() if tool.kind == "query"]
    tool = data.draw(st.sampled_from(queries))
    rows = TOWN.rows[tool.domain]
    wanted: dict[str, str] = {}
    for slot in data.draw(
        st.lists(st.sampled_from([p.name for p in tool.parameters]), unique=True)
    ):
        present = st.sampled_from(rows).map(
            lambda row, slot=slot: str(row[slot]).lower()
        )
        wanted[slot] = data.draw(present | st.sampled_from(VALUES.get(slot, ("ely",))))
    possible = {
        slot: value
        for slot, value in wanted.items()
        if (known := finite_values(tool.domain, slot)) is None or value in known
    }
    found = World(TOWN).query(tool.domain, wanted)
    assert found == plain_scan(rows, tool.domain, possible)


@pytest.mark.parametrize("domain", ["restaurant", "hotel", "attraction", "train"])
def test_real_lookups_equal_a_plain_scan(
    real_multiwoz: MultiwozData, domain: str
) -> None:
    world = World(real_multiwoz.databases)
    rows = real_multiwoz.databases.rows[domain]
    name = next(
        t.name for t in TOOLS.values() if (t.domain, t.kind) == (domain, "query")
    )
    slots = [p.name for p in TOOLS[name].parameters]
    for number, row in enumerate(rows[:: max(1, len(rows) // 25)]):
        chosen = [s for i, s in enumerate(slots) if (number >> i) & 1]
        wanted = {slot: str(row[slot]).lower() for slot in chosen}
        found = world.query(domain, wanted)
        assert found == plain_scan(rows, domain, wanted)
        assert row in found


def test_the_real_world_says_when_there_is_too_much(
    real_multiwoz: MultiwozData,
) -> None:
    result = World(real_multiwoz.databases).call("query_trains", {"day": "monday"})
    assert len(result.result) == 10
    assert result.message.startswith("Too many results: only the first 10 of 404")
