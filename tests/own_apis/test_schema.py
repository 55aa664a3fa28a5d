"""Schemas of catalogues in one form: references, data, null, and what is required."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.errors import CoalmError, DataFormatError
from coalm_oumi.own_apis.catalogue import api_functions
from coalm_oumi.own_apis.document import ApiDocument
from coalm_oumi.own_apis.function import ApiFunction
from coalm_oumi.own_apis.plain_schema import allows_null
from tests.own_apis.openapi_files import functions, openapi, with_body

REFERENCE = {"$ref": "https://registry.example.org/line.json"}


def body(folder: Path, properties: Any, **schemas: Any) -> dict[str, Any]:
    """The schemas of the properties of a body."""
    schema = {"type": "object", "properties": properties}
    (found,) = functions(openapi(folder, with_body(schema), schemas))
    return {a.name: dict(a.schema) for a in found.arguments}


def tool(folder: Path, parameters: Any, **more: Any) -> ApiFunction:
    """A tool of a file of tools."""
    path = folder / "tools.json"
    described = {"name": "order", "parameters": parameters}
    path.write_text(json.dumps({"tools": [described], **more}))
    (found,) = api_functions(ApiDocument(path))
    return found


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        ({"type": "object", "example": REFERENCE}, {"type": "object"}),
        ({"type": "object", "examples": [REFERENCE]}, {"type": "object"}),
        ({"default": REFERENCE}, None),
        ({"enum": [REFERENCE, {"example": 1, "nullable": True}]}, None),
        ({"const": {"$ref": "#/nowhere", "properties": {"a": REFERENCE}}}, None),
        ({"x-form": {"properties": {"a": REFERENCE}}}, None),
        ({"type": "array", "items": {"default": [REFERENCE]}}, None),
        ({"anyOf": [{"enum": [REFERENCE]}]}, None),
    ],
)
def test_a_reference_in_data_is_data(
    tmp_path: Path, schema: dict[str, Any], found: dict[str, Any] | None
) -> None:
    assert body(tmp_path, {"a": schema}) == {"a": schema if found is None else found}


NAMES = [
    "default",
    "example",
    "examples",
    "enum",
    "const",
    "$ref",
    "x-a",
    "$defs",
    "$id",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_property_may_be_called_like_a_keyword(tmp_path: Path, name: str) -> None:
    day = {"type": "string", "format": "date"}
    reference = {"$ref": "#/components/schemas/Day"}
    inner = {"type": "object", "properties": {name: reference}}
    found = body(tmp_path, {name: reference, "inner": inner}, Day=day)
    changed = name.replace("$", "")
    assert list(found) == [changed, "inner"]
    assert found[changed].items() >= day.items()
    assert found["inner"] == {"type": "object", "properties": {name: day}}


PIZZA = {
    "$defs": {
        "Size": {"enum": ["small", "large"], "type": "string", "title": "Size"},
        "Topping": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "of": {"$ref": "#/$defs/Size"}},
        },
    },
    "properties": {
        "size": {"$ref": "#/$defs/Size", "description": "How large"},
        "toppings": {"type": "array", "items": {"$ref": "#/$defs/Topping"}},
        "sauce": {
            "anyOf": [{"$ref": "#/$defs/Size"}, {"type": "null"}],
            "default": None,
        },
    },
    "required": ["size"],
    "type": "object",
}
SIZE = {"enum": ["small", "large"], "type": "string", "title": "Size"}


@pytest.mark.parametrize("key", ["parameters", "inputSchema", "input_schema"])
def test_a_tool_has_definitions_of_its_own(tmp_path: Path, key: str) -> None:
    path = tmp_path / "tools.json"
    other = {"$defs": {"Size": {"type": "integer"}}, "properties": PIZZA["properties"]}
    other["$defs"]["Topping"] = {"type": "string"}
    tools = [{"name": "order", key: PIZZA}, {"name": "count", key: other}]
    path.write_text(json.dumps({"tools": tools}))
    order, count = api_functions(ApiDocument(path))
    assert {a.name: (a.schema, a.required) for a in order.arguments} == {
        "size": ({**SIZE, "description": "How large"}, True),
        "toppings": (
            {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"name": {"type": "string"}, "of": SIZE},
                },
            },
            False,
        ),
        "sauce": ({"anyOf": [SIZE, {"type": "null"}], "default": None}, False),
    }
    sizes = [a.schema for a in count.arguments if a.name == "size"]
    assert sizes == [{"type": "integer", "description": "How large"}]


def test_a_tool_may_use_definitions_of_its_file(tmp_path: Path) -> None:
    parameters = {"properties": {"size": {"$ref": "#/definitions/Size"}}}
    found = tool(tmp_path, parameters, definitions={"Size": SIZE})
    assert found.arguments[0].schema == SIZE


def test_results_of_a_tool_have_definitions_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "tools.json"
    output = {
        "$defs": {"Ticket": {"properties": {"id": {"type": "string"}}}},
        "$ref": "#/$defs/Ticket",
    }
    path.write_text(json.dumps([{"name": "order", "outputSchema": output}]))
    (found,) = api_functions(ApiDocument(path))
    assert found.results == {"id": {"type": "string"}}


TREE = {
    "type": "object",
    "properties": {"label": {"type": "string"}, "children": {"type": "array"}},
}


@pytest.mark.parametrize(
    ("anchor", "reference"),
    [
        ({}, {"$ref": "#"}),
        ({}, {"$recursiveRef": "#"}),
        ({"$anchor": "tree"}, {"$ref": "#tree"}),
        ({"$dynamicAnchor": "node"}, {"$dynamicRef": "#node"}),
        ({"$id": "#tree"}, {"$ref": "#tree"}),
        ({"$id": "https://example.org/tree"}, {"$ref": "https://example.org/tree"}),
        ({"$id": "https://example.org/tree"}, {"$ref": "tree#"}),
    ],
)
def test_a_tree_ends(
    tmp_path: Path, anchor: dict[str, str], reference: dict[str, str]
) -> None:
    children = {"type": "array", "items": reference}
    parameters = {**TREE, **anchor, "properties": {**TREE["properties"]}}
    parameters["properties"]["children"] = children
    found = {a.name: a.schema for a in tool(tmp_path, parameters).arguments}
    once = {**TREE, "properties": {**TREE["properties"]}}
    once["properties"]["children"] = {"type": "array", "items": {}}
    assert found["children"] == {"type": "array", "items": once}
    assert found["label"] == {"type": "string"}


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("#day", {"type": "string"}),
        ("inner#day", {"type": "integer"}),
        ("https://example.org/inner#/$defs/Day", {"$anchor": "day", "type": "integer"}),
        ("#/$defs/Inner/properties/own", {"type": "integer"}),
    ],
)
def test_an_anchor_is_that_of_its_own_resource(
    tmp_path: Path, reference: str, found: dict[str, Any]
) -> None:
    inner = {
        "$id": "inner",
        "$defs": {"Day": {"$anchor": "day", "type": "integer"}},
        "properties": {"own": {"$ref": "#day"}},
    }
    parameters = {
        "$id": "https://example.org/outer",
        "$defs": {"Inner": inner, "Day": {"$anchor": "day", "type": "string"}},
        "properties": {"day": {"$ref": reference}},
    }
    expected = {key: value for key, value in found.items() if key != "$anchor"}
    assert tool(tmp_path, parameters).arguments[0].schema == expected


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("#Anchor", "leads to nothing: no schema there has the anchor 'Anchor'"),
        ("#/components/schemas/Bike#", "leads to nothing"),
        ("#", "leads to the whole document, which is no schema"),
        ("", "leads to the whole document, which is no schema"),
        ("#in_data", "no schema there has the anchor"),
        ("#/components/schemas/²", "'²' is not there"),
        ("#/paths/0", "'0' is not there"),
    ],
)
def test_what_leads_to_no_schema_is_said(
    tmp_path: Path, reference: str, why: str
) -> None:
    bike = {"example": {"$anchor": "in_data"}, "enum": [{"$anchor": "in_data"}]}
    with pytest.raises(DataFormatError, match=why) as raised:
        body(tmp_path, {"bike": {"$ref": reference}}, Bike=bike)
    assert "schema/properties/bike" in str(raised.value)


def test_an_anchor_in_an_openapi_file_is_found(tmp_path: Path) -> None:
    bike = {"$anchor": "bike", "type": "string"}
    found = body(tmp_path, {"default": {"$ref": "#bike"}}, Bike=bike)
    assert found == {"default": {"type": "string"}}


NULLABLE = {"type": "string", "nullable": True}


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        (NULLABLE, {"type": ["string", "null"]}),
        (
            {**NULLABLE, "enum": ["a", "b"]},
            {"type": ["string", "null"], "enum": ["a", "b", None]},
        ),
        ({**NULLABLE, "const": "a"}, {"type": ["string", "null"], "enum": ["a", None]}),
        ({"nullable": True}, {}),
        ({"type": "string", "nullable": False}, {"type": "string"}),
        (
            {"nullable": True, "allOf": [{"$ref": "#/components/schemas/Day"}]},
            {"type": ["string", "null"]},
        ),
        (
            {"nullable": True, "$ref": "#/components/schemas/Day"},
            {"type": ["string", "null"]},
        ),
        ({"$ref": "#/components/schemas/Maybe"}, {"type": ["string", "null"]}),
        (
            {"nullable": True, "oneOf": [{"type": "string"}, {"type": "integer"}]},
            {"oneOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
        ),
        (
            {"nullable": True, "anyOf": [NULLABLE, {"type": "integer"}]},
            {"anyOf": [{"type": ["string", "null"]}, {"type": "integer"}]},
        ),
        (
            {"type": "array", "items": NULLABLE},
            {"type": "array", "items": {"type": ["string", "null"]}},
        ),
        (
            {"type": "object", "properties": {"nullable": NULLABLE}},
            {
                "type": "object",
                "properties": {"nullable": {"type": ["string", "null"]}},
            },
        ),
        ({"enum": [{"nullable": True}]}, {"enum": [{"nullable": True}]}),
    ],
)
def test_nullable_of_openapi_3_0_allows_null(
    tmp_path: Path, schema: dict[str, Any], found: dict[str, Any]
) -> None:
    made = body(tmp_path, {"a": schema}, Day={"type": "string"}, Maybe=NULLABLE)["a"]
    assert made == found
    assert allows_null(made) is (schema.get("nullable", True) is True) or (
        "nullable" not in schema
    )


def test_what_two_parts_limit_in_other_ways_holds_twice(tmp_path: Path) -> None:
    parts = [{"type": "integer", "minimum": 1}, {"minimum": 5, "maximum": 9}]
    properties = [{"properties": {"b": {"type": "string"}}, "required": ["b"]}]
    properties.append(
        {"properties": {"b": {"maxLength": 3}, "c": {}}, "required": ["c"]}
    )
    found = body(tmp_path, {"a": {"allOf": parts}, "o": {"allOf": properties}})
    assert found["a"] == {
        "type": "integer",
        "minimum": 5,
        "maximum": 9,
        "allOf": [{"minimum": 1}],
    }
    assert found["o"] == {
        "properties": {"b": {"type": "string", "maxLength": 3}, "c": {}},
        "required": ["b", "c"],
    }


@pytest.mark.parametrize(
    ("more", "schema"),
    [
        ({}, {}),
        ({"additionalProperties": True}, {}),
        ({"additionalProperties": {"type": "integer"}}, {"type": "integer"}),
        ({"patternProperties": {"^ten": {"type": "string"}}}, {"type": "string"}),
        ({"patternProperties": {"^x-": {"type": "string"}}}, {}),
    ],
)
def test_what_is_required_without_a_description_is_an_argument(
    tmp_path: Path, more: dict[str, Any], schema: dict[str, Any]
) -> None:
    user = {
        "type": "object",
        "properties": {"name": {"type": "string"}},
        "required": ["tenant", "name"],
        **more,
    }
    expected = [("name", {"type": "string"}, True), ("tenant", schema, True)]
    (found,) = functions(openapi(tmp_path, with_body(user)))
    assert [(a.name, a.schema, a.required) for a in found.arguments] == expected
    found = tool(tmp_path, user)
    assert [(a.name, a.schema, a.required) for a in found.arguments] == expected


def test_a_body_may_have_required_names_alone(tmp_path: Path) -> None:
    schema = {"type": "object", "required": ["tenant"]}
    (found,) = functions(openapi(tmp_path, with_body(schema)))
    assert [(a.name, a.required) for a in found.arguments] == [("tenant", True)]


def test_what_is_required_and_forbidden_is_refused(tmp_path: Path) -> None:
    schema = {"required": ["tenant"], "additionalProperties": False}
    with pytest.raises(DataFormatError, match="'tenant', which may not be given"):
        tool(tmp_path, schema)


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ({"to": {"type": "string"}}, "found 'to' beside its keywords"),
        ([], "expected a JSON schema"),
        ({"properties": "a"}, "'properties' is not an object"),
        ({"properties": {"a": 1}}, "the property 'a' is no schema"),
    ],
)
def test_parameters_that_are_no_schema_are_refused(
    tmp_path: Path, parameters: Any, why: str
) -> None:
    with pytest.raises(CoalmError, match=why):
        tool(tmp_path, parameters)


def test_a_schema_that_is_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(20):
        deep = {"type": "object", "properties": {"a": deep}, "required": ["a"]}
    assert tool(tmp_path, deep).arguments[0].name == "a"
    for _ in range(50):
        deep = {"type": "array", "items": deep}
    with pytest.raises(CoalmError, match="nested too deeply"):
        tool(tmp_path, {"properties": {"a": deep}})
    chain = {
        f"L{n}": {"properties": {"a": {"$ref": f"#/$defs/L{n + 1}"}}}
        for n in range(999)
    }
    with pytest.raises(CoalmError, match="nested too deeply"):
        tool(tmp_path, {"$defs": chain, "$ref": "#/$defs/L0"})


def test_data_is_counted(tmp_path: Path) -> None:
    shared = {"type": "string", "default": list(range(2_000))}
    properties = {f"p{n}": {"$ref": "#/$defs/Shared"} for n in range(101)}
    with pytest.raises(DataFormatError, match="more than 200,000 values"):
        tool(tmp_path, {"$defs": {"Shared": shared}, "properties": properties})


def test_what_stands_beside_a_reference_holds_too(tmp_path: Path) -> None:
    schema = {"$ref": "#/components/schemas/Day", "nullable": True, "minLength": 4}
    parameter = {"name": "day", "in": "query", "schema": schema}
    paths = {"/a": {"get": {"parameters": [parameter]}}}
    (found,) = functions(openapi(tmp_path, paths, {"Day": {"type": "string"}}))
    assert found.arguments[0].schema == {"type": ["string", "null"], "minLength": 4}
