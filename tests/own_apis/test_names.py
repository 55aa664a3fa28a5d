"""Names of functions and arguments: kept, or changed so that no two are one."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coalm_oumi.calls import FunctionCall, parse_action, write_action
from coalm_oumi.calls.names import is_name
from coalm_oumi.own_apis.function import ApiFunction
from coalm_oumi.own_apis.names import ORIGINAL_NAME, ORIGINAL_PLACE, call_names
from tests.own_apis.openapi_files import functions, openapi

CHARACTERS = st.characters(exclude_categories=["Cs"]) | st.sampled_from("aA1_<>[]-. ")
NAMES = st.lists(st.text(CHARACTERS, max_size=6), max_size=8, unique=True)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(NAMES)
def test_each_name_is_another_one_that_can_stand_in_a_call(written: list[str]) -> None:
    found = call_names([(name, "query") for name in written], "argument")
    assert len(set(found)) == len(written)
    assert all(map(is_name, found))
    kept = [(a, b) for a, b in zip(written, found, strict=True) if is_name(a)]
    assert all(a == b for a, b in kept)
    call = FunctionCall("f", dict.fromkeys(found, 1))
    assert parse_action(write_action(call)) == call


def names(*written: str) -> list[str]:
    return call_names([(name, "") for name in written], "argument")


@pytest.mark.parametrize(
    ("written", "found"),
    [
        (
            ["StartTime", "StartTime<", "StartTime>"],
            ["StartTime", "StartTime_less_than", "StartTime_greater_than"],
        ),
        (["Day<", "Day>"], ["Day_less_than", "Day_greater_than"]),
        (["sort+", "sort-"], ["sort", "sort-"]),
        (["a b", "a_b"], ["a_b_2", "a_b"]),
        (["a/b", "a:b", "a b"], ["a_b", "a_b_2", "a_b_3"]),
        (
            ["page[size]", "page.size", "page-size"],
            ["page_size", "page.size", "page-size"],
        ),
        (["ID", "id", "Id"], ["ID", "id", "Id"]),
        (["from", "class", "None", "of"], ["from", "class", "None", "of"]),
        (["", " ", "{}"], ["argument", "argument_2", "argument_3"]),
        (["✓", "🚲", "❤️"], ["check_mark", "bicycle", "heavy_black_heart"]),
        (["1st", "2nd"], ["_1st", "_2nd"]),
        (["имя", "имя!"], ["имя", "имя_exclamation_mark"]),
        (["naïve", unicodedata.normalize("NFD", "naïve")], None),
        (["\ufb01sh", "fish"], None),
        (["\u017f", "s", "S", "K", "\u212a"], None),
    ],
)
def test_names_stay_apart(written: list[str], found: list[str] | None) -> None:
    assert names(*written) == (written if found is None else found)


def one(folder: Path, *parameters: dict[str, Any], body: Any = None) -> ApiFunction:
    listed = [{"schema": {"type": "string"}, **parameter} for parameter in parameters]
    operation: dict[str, Any] = {"operationId": "find", "parameters": listed}
    if body is not None:
        content = {
            "application/json": {"schema": {"type": "object", "properties": body}}
        }
        operation["requestBody"] = {"content": content}
    (found,) = functions(openapi(folder, {"/a/{id}": {"post": operation}}))
    return found


def test_one_name_in_several_places_is_several_arguments(tmp_path: Path) -> None:
    found = one(
        tmp_path,
        {"name": "id", "in": "path", "schema": {"type": "integer"}},
        {"name": "id", "in": "query"},
        {"name": "id", "in": "header"},
        {"name": "id", "in": "cookie"},
        body={"id": {"type": "number"}, "id_query": {"type": "boolean"}},
    )
    assert [(a.name, a.schema, a.required) for a in found.arguments] == [
        ("id", {"type": "integer"}, True),
        (
            "id_2",
            {"type": "string", ORIGINAL_NAME: "id", ORIGINAL_PLACE: "query"},
            False,
        ),
        (
            "id_body",
            {"type": "number", ORIGINAL_NAME: "id", ORIGINAL_PLACE: "body"},
            False,
        ),
        ("id_query", {"type": "boolean"}, False),
    ]


def test_parameters_that_differ_in_signs_keep_their_meaning(tmp_path: Path) -> None:
    found = one(
        tmp_path,
        {"name": "Day<", "in": "query", "description": "before"},
        {"name": "Day", "in": "query", "description": "on"},
        {"name": "日>", "in": "query", "description": "after"},
    )
    assert [(a.name, a.description) for a in found.arguments] == [
        ("Day_less_than", "before"),
        ("Day", "on"),
        ("日", "after"),
    ]
    assert found.arguments[2].schema[ORIGINAL_NAME] == "日>"


def test_operations_without_names_stay_apart(tmp_path: Path) -> None:
    paths: dict[str, Any] = {
        "/users/{id}": {"get": {}},
        "/users/id": {"get": {}, "put": {"operationId": "get_users_id_2"}},
        "/users-id": {"get": {}},
        "/städte/{名}": {"get": {}},
    }
    found = functions(openapi(tmp_path, paths))
    assert [(f.name, f.original) for f in found] == [
        ("get_users_id", "get /users/{id}"),
        ("get_users_id_3", "get /users/id"),
        ("get_users_id_2", ""),
        ("get_users_id_4", "get /users-id"),
        ("get_städte_名", "get /städte/{名}"),
    ]


def test_functions_whose_names_differ_in_signs_stay_apart(tmp_path: Path) -> None:
    written = ["list bikes", "list_bikes", "list-bikes", "list/bikes", "ListBikes"]
    paths = {f"/{n}": {"get": {"operationId": name}} for n, name in enumerate(written)}
    found = functions(openapi(tmp_path, paths))
    assert [(f.name, f.original) for f in found] == [
        ("list_bikes_2", "list bikes"),
        ("list_bikes", ""),
        ("list-bikes", ""),
        ("list_bikes_3", "list/bikes"),
        ("ListBikes", ""),
    ]
