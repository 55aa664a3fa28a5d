"""What a call returns: the fields of a success, not those of an error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.own_apis.openapi_files import functions, openapi

JSON = "application/json"


def response(field: str, media: str = JSON) -> dict[str, Any]:
    schema = {"type": "object", "properties": {field: {"type": "string"}}}
    return {"description": "", "content": {media: {"schema": schema}}}


EMPTY = {"description": "Nothing"}


@pytest.mark.parametrize(
    ("responses", "fields"),
    [
        ({"201": EMPTY, "default": response("error")}, []),
        ({"204": EMPTY, "default": response("error")}, []),
        ({"default": response("error"), "200": response("a")}, ["a"]),
        ({"default": response("error"), "2XX": response("a")}, ["a"]),
        ({"2xx": response("a"), "default": response("error")}, ["a"]),
        ({"default": response("a")}, ["a"]),
        ({"404": response("error"), "default": response("a")}, ["a"]),
        ({"404": response("error"), "5XX": response("error")}, []),
        ({"202": response("b"), "200": response("a")}, ["a"]),
        ({"204": EMPTY, "201": response("a"), "200": EMPTY}, ["a"]),
        ({"2XX": response("b"), "201": response("a")}, ["a"]),
        ({"2XX": response("b"), "204": EMPTY}, ["b"]),
        ({"default": {"$ref": "#/x-responses/Error"}, "200": response("a")}, ["a"]),
        ({"200": {"$ref": "#/x-responses/Pet"}}, ["pet"]),
        ({"2": response("a"), "20": response("b"), "2000": response("c")}, []),
        ({"200": response("a", "application/problem+json")}, []),
        ({"default": response("a", "application/problem+json")}, []),
        ({"200": response("a", "application/hal+json; charset=utf-8")}, ["a"]),
        ({"200": response("a", "application/vnd.shop.v1+json")}, ["a"]),
        ({"200": response("a", "*/*")}, ["a"]),
        ({"200": response("a", "text/csv")}, []),
        ({}, []),
    ],
)
def test_results_are_those_of_a_success(
    tmp_path: Path, responses: dict[str, Any], fields: list[str]
) -> None:
    path = openapi(tmp_path, {"/a": {"post": {"responses": responses}}})
    shared = '"x-responses": {"Pet": %s, "Error": %s}, "openapi"'
    texts = [str(response(name)).replace("'", '"') for name in ("pet", "error")]
    text = path.read_text().replace('"openapi"', shared % tuple(texts), 1)
    path.write_text(text)
    (found,) = functions(path)
    assert list(found.results) == fields


def test_statuses_of_yaml_are_numbers_there(tmp_path: Path) -> None:
    path = tmp_path / "api.yaml"
    path.write_text(
        "openapi: 3.0.3\npaths:\n  /a:\n    get:\n      responses:\n"
        "        default: {content: {application/json: {schema:"
        " {properties: {error: {}}}}}}\n"
        "        200: {content: {application/json: {schema: {properties: {on: {}}}}}}\n"
    )
    (found,) = functions(path)
    assert list(found.results) == ["on"]
