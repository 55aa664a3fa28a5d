"""Catalogues of own functions: OpenAPI, and tools with JSON schemas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.errors import CoalmError, DataFormatError, DataNotFoundError
from coalm_oumi.own_apis.catalogue import read_api_catalogue
from tests.own_apis.openapi_files import OPERATION, functions, openapi, with_body


def test_an_operation_is_a_function(tmp_path: Path) -> None:
    (found,) = functions(openapi(tmp_path, {"/bikes/{bikeId}": {"get": OPERATION}}))
    assert (found.name, found.description) == ("getBike", "Show a bike")
    assert found.changes is False
    assert [(a.name, a.schema, a.required) for a in found.arguments] == [
        ("bikeId", {"type": "string"}, True),
        ("size", {"type": "integer"}, False),
    ]


@pytest.mark.parametrize(
    ("path", "method", "name"),
    [
        ("/bikes", "get", "get_bikes"),
        ("/bikes/{bikeId}/parts", "post", "post_bikes_bikeId_parts"),
        ("/", "delete", "delete"),
    ],
)
def test_without_an_id_method_and_path_are_the_name(
    tmp_path: Path, path: str, method: str, name: str
) -> None:
    assert functions(openapi(tmp_path, {path: {method: {}}}))[0].name == name


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("list-bikes", "list-bikes"),
        ("bikes.find", "bikes.find"),
        ("filter[kind]", "filter_kind"),
        ("from", "from"),
        ("城市", "城市"),
        ("été", "été"),
        ("nächster Halt", "nächster_Halt"),
        ("🚲", "bicycle"),
        ("%", "percent"),
        ("2wheels", "_2wheels"),
        ("_private", "_private"),
    ],
)
def test_a_name_can_stand_in_a_call(tmp_path: Path, written: str, name: str) -> None:
    parameter = {"name": written, "in": "query", "schema": {"type": "string"}}
    paths = {"/a": {"get": {"operationId": written, "parameters": [parameter]}}}
    (found,) = functions(openapi(tmp_path, paths))
    assert (found.name, found.arguments[0].name) == (name, name)


def test_a_body_gives_its_properties(tmp_path: Path) -> None:
    schema = {
        "type": "object",
        "required": ["part", "id"],
        "properties": {
            "express": {"type": "boolean"},
            "part": {"type": "string", "enum": ["tyre", "chain"]},
            "id": {"type": "string", "readOnly": True},
        },
    }
    (found,) = functions(openapi(tmp_path, with_body(schema)))
    assert [(a.name, a.required) for a in found.arguments] == [
        ("part", True),
        ("express", False),
    ]
    assert found.changes is True


def test_a_body_that_is_no_object_is_one_argument(tmp_path: Path) -> None:
    schema = {"type": "array", "items": {"type": "string"}}
    (found,) = functions(openapi(tmp_path, with_body(schema)))
    assert [(a.name, a.schema) for a in found.arguments] == [("body", schema)]


def test_all_of_is_joined(tmp_path: Path) -> None:
    schema = {
        "allOf": [
            {"$ref": "#/components/schemas/Named"},
            {"properties": {"age": {"type": "integer"}}, "required": ["age"]},
        ]
    }
    named = {
        "type": "object",
        "properties": {"name": {"type": "string"}},
        "required": ["name"],
    }
    (found,) = functions(openapi(tmp_path, with_body(schema), {"Named": named}))
    assert [(a.name, a.required) for a in found.arguments] == [
        ("name", True),
        ("age", True),
    ]


def test_marks_of_the_project_say_what_changes_and_what_is_left_out(
    tmp_path: Path,
) -> None:
    paths = {
        "/search": {"post": {"operationId": "search", "x-changes": False}},
        "/health": {"get": {"operationId": "health", "x-skip": True}},
    }
    found = functions(openapi(tmp_path, paths))
    assert [(f.name, f.changes) for f in found] == [("search", False)]


def test_yaml_is_read_as_json_would_be(tmp_path: Path) -> None:
    path = tmp_path / "api.yaml"
    path.write_text(
        "openapi: 3.0.3\npaths:\n  /a:\n    get:\n      operationId: a\n"
        "      parameters:\n"
        "      - {name: day, in: query, schema: {type: string, default: 2026-05-01}}\n"
        "      - {name: answer, in: query, schema: {type: string, enum: [yes, no]}}\n"
    )
    (found,) = functions(path)
    assert found.arguments[0].schema["default"] == "2026-05-01"
    assert found.arguments[1].schema["enum"] == ["yes", "no"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("openapi: 3.0.0\npaths: [", "not YAML at line"),
        ("openapi: 3.0.0\nopenapi: 3.0.1", "the key 'openapi' stands twice"),
        ("a: &a [*a]", "an alias holds itself"),
        ("a: .nan", "nan is no number"),
        ("a: !!python/object/apply:os.system ['true']", "not YAML"),
        ("a: !!binary aGk=", "bytes"),
        ("swagger: '2.0'\npaths: {}", "OpenAPI 2.0 is not understood"),
        ("openapi: 3.0.0", "field 'paths': expected an object of paths, found nothing"),
        ("openapi: 3.0.0\npaths: {}", "holds no function"),
        ("just: this", "expected OpenAPI, or a list of tools"),
        ("[]", "holds no function"),
        ("", "expected OpenAPI, or a list of tools"),
    ],
)
def test_a_file_that_is_no_catalogue_is_one_line(
    tmp_path: Path, text: str, why: str
) -> None:
    path = tmp_path / "api.yaml"
    path.write_text(text)
    with pytest.raises(CoalmError, match=why) as raised:
        read_api_catalogue(path)
    assert str(raised.value).startswith(str(path))


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match="does not exist"):
        read_api_catalogue(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("operation", "why"),
    [
        ({"parameters": [{"in": "query"}]}, "a parameter has no 'name'"),
        ({"parameters": [{"name": "a", "in": "form"}]}, "'form' is unknown"),
        ({"parameters": [{"name": "a", "in": "query"}]}, "neither 'schema' nor"),
        ({"parameters": {}}, "expected a list of parameters"),
        (
            {
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {
                                "properties": {"a": {"type": "string"}},
                                "required": [["a"]],
                            }
                        }
                    }
                }
            },
            "'required' is not a list of names",
        ),
        ({"operationId": 5}, "expected text, found 5"),
        (
            {"parameters": [{"name": "a", "in": "query", "schema": {"type": "strin"}}]},
            "the argument 'a' of 'get_a' has no JSON schema that can be used",
        ),
    ],
)
def test_an_operation_that_cannot_be_a_function_is_named(
    tmp_path: Path, operation: dict[str, Any], why: str
) -> None:
    with pytest.raises(DataFormatError, match=why) as raised:
        functions(openapi(tmp_path, {"/a": {"get": operation}}))
    assert "paths/~1a/get" in str(raised.value)


def test_two_functions_of_one_name_are_refused(tmp_path: Path) -> None:
    paths = {"/a": {"get": {"operationId": "a"}, "put": {"operationId": "a"}}}
    with pytest.raises(DataFormatError, match="two functions have the name 'a'"):
        functions(openapi(tmp_path, paths))


def test_the_words_of_openapi_3_0_are_understood(tmp_path: Path) -> None:
    schema = {
        "type": "object",
        "properties": {
            "a": {
                "type": "integer",
                "minimum": 0,
                "exclusiveMinimum": True,
                "nullable": True,
                "example": 3,
            }
        },
    }
    (found,) = functions(openapi(tmp_path, with_body(schema)))
    assert found.arguments[0].schema == {
        "type": ["integer", "null"],
        "exclusiveMinimum": 0,
    }


TOOL = {
    "name": "find_bus",
    "description": "Find a bus",
    "parameters": {
        "type": "object",
        "properties": {"to": {"type": "string"}, "seats": {"$ref": "#/$defs/Count"}},
        "required": ["to"],
        "$defs": {"Count": {"type": "integer"}},
    },
}


@pytest.mark.parametrize(
    "wrapped",
    [
        [TOOL],
        {"tools": [{"type": "function", "function": TOOL}]},
        {"functions": [TOOL]},
        {"tools": [{**TOOL, "parameters": None} | {"inputSchema": TOOL["parameters"]}]},
    ],
)
def test_tools_of_chat_interfaces_are_functions(tmp_path: Path, wrapped: Any) -> None:
    path = tmp_path / "tools.json"
    path.write_text(json.dumps(wrapped))
    (service,) = read_api_catalogue(path)
    (intent,) = service.intents
    assert (intent.name, intent.is_transactional) == ("find_bus", False)
    assert intent.required_slots == ("to",)
    assert intent.optional_slots == {"seats": "dontcare"}
    assert service.slot["seats"].schema == {"type": "integer"}


def test_a_tool_without_a_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tools.json"
    path.write_text('{"tools": [{"parameters": {}}]}')
    with pytest.raises(DataFormatError, match="field 'tools/0': a tool needs a 'name'"):
        read_api_catalogue(path)


def test_functions_of_a_tag_are_a_service_unless_they_disagree(tmp_path: Path) -> None:
    def operation(name: str, kind: str) -> dict[str, Any]:
        parameter = {"name": "id", "in": "query", "schema": {"type": kind}}
        return {"operationId": name, "tags": ["t"], "parameters": [parameter]}

    paths = {
        "/a": {"get": operation("a", "string"), "put": operation("b", "string")},
        "/c": {"get": operation("c", "integer")},
    }
    found = read_api_catalogue(openapi(tmp_path, paths))
    assert [(s.name, [i.name for i in s.intents]) for s in found] == [
        ("t", ["a", "b"]),
        ("t.c", ["c"]),
    ]


def test_other_words_for_an_argument_are_no_disagreement(tmp_path: Path) -> None:
    def operation(name: str, words: str) -> dict[str, Any]:
        schema = {"type": "string", "description": words}
        parameter = {"name": "day", "in": "query", "schema": schema}
        return {"operationId": name, "parameters": [parameter]}

    paths = {"/a": {"get": operation("a", "Day"), "put": operation("b", "Another")}}
    (service,) = read_api_catalogue(openapi(tmp_path, paths))
    assert [intent.name for intent in service.intents] == ["a", "b"]
    assert service.slot["day"].description == "Day"


def test_the_fields_of_a_result_are_slots(tmp_path: Path) -> None:
    bike = {"type": "object", "properties": {"price": {"type": "number"}}}
    page = {
        "type": "object",
        "properties": {
            "total": {"type": "integer"},
            "bikes": {"type": "array", "items": bike},
        },
    }
    responses = {
        "404": {"description": "none"},
        "200": {"content": {"application/json": {"schema": page}}},
    }
    paths = {"/a": {"get": {"operationId": "a", "responses": responses}}}
    (service,) = read_api_catalogue(openapi(tmp_path, paths))
    assert service.intents[0].result_slots == ("total", "bikes", "price")
    assert service.slot["price"].schema == {"type": "number"}
