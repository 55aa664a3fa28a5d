"""Null and names of one's own APIs, from seed dialogues to samples and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.calls import FunctionCall
from coalm_oumi.cra.check.call_rules import call_problems
from coalm_oumi.cra.functions import FunctionCatalogue
from coalm_oumi.cra.own_apis import RENAMED, UNDEFINED, OwnApis
from coalm_oumi.cra.read.reply import ParsedCra, parse_reply
from coalm_oumi.cra.read.sample_rows import read_cra_row
from coalm_oumi.cra.samples import cra_samples
from coalm_oumi.cra.write.grounded import grounded_dialogues
from coalm_oumi.own_apis.names import ORIGINAL_NAME, ORIGINAL_PLACE
from coalm_oumi.sources.ledger import Ledger

NULL = {"type": "null"}
TEXT = {"type": "string"}
MAYBE = {"anyOf": [TEXT, NULL], "default": None}


def own(folder: Path, properties: dict[str, Any], arguments: dict[str, Any]) -> OwnApis:
    """A function with a dialogue in which it is called."""
    tool = {
        "name": "update",
        "description": "Update a note",
        "changes": True,
        "parameters": {
            "$defs": {"Maybe": MAYBE},
            "type": "object",
            "properties": properties,
        },
    }
    (folder / "tools.json").write_text(json.dumps([tool]))
    turn = {
        "user": "Update it, a, none, none.",
        "says": dict.fromkeys(arguments, "none"),
        "call": {"name": "update", "arguments": arguments},
        "result": {"id": 7},
        "system": "Done.",
    }
    (folder / "d.jsonl").write_text(json.dumps({"id": "n", "turns": [turn]}))
    return OwnApis(folder / "tools.json", folder / "d.jsonl")


def calls(found: OwnApis, ledger: Ledger) -> list[FunctionCall]:
    made = grounded_dialogues(
        found.dialogues(ledger), found.schemas, found.functions, seed=1
    )
    return [t.step.call for dialogue in made for t in dialogue.turns if t.step]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "nullable": True},
        {"type": "boolean", "nullable": True},
        {"type": "integer", "nullable": True, "minimum": 1},
        {"type": "string", "enum": ["a", "b"], "nullable": True},
        {"nullable": True, "allOf": [TEXT]},
        {"nullable": True, "$ref": "#/$defs/Maybe"},
        {"type": ["string", "null"]},
        {"type": ["null", "array"], "items": TEXT},
        {"type": ["string", "integer", "null"]},
        {"type": ["string", "null"], "enum": ["a", None]},
        {"enum": ["a", None]},
        {"const": None},
        MAYBE,
        {"oneOf": [TEXT, NULL]},
        {"$ref": "#/$defs/Maybe"},
        {"allOf": [{"$ref": "#/$defs/Maybe"}]},
        {},
        NULL,
    ],
)
def test_null_stays_null_where_it_is_a_value(
    tmp_path: Path, schema: dict[str, Any]
) -> None:
    found = own(tmp_path, {"reminder": schema}, {"reminder": None})
    ledger = Ledger("own")
    call = FunctionCall("update", {"reminder": None})
    assert calls(found, ledger) == [call]
    assert ledger.entries == []
    assert call_problems(call, found.functions.functions) == ()
    assert replied(found.functions, '{"reminder": null}') == call


@pytest.mark.parametrize(
    "schema",
    [
        TEXT,
        {"type": "string", "nullable": False},
        {"type": "boolean"},
        {"type": ["string", "integer"]},
        {"enum": ["a", "null"]},
        {"anyOf": [TEXT, {"type": "integer"}]},
        {"type": "array", "items": {"type": ["string", "null"]}},
        {"not": NULL},
        {"type": ["string", "null"], "enum": ["a"]},
        {"allOf": [{"type": ["string", "null"]}, TEXT]},
    ],
)
def test_null_is_refused_where_it_is_none(
    tmp_path: Path, schema: dict[str, Any]
) -> None:
    found = own(tmp_path, {"reminder": schema}, {"reminder": None})
    ledger = Ledger("own")
    assert calls(found, ledger) == []
    assert [entry.reason for entry in ledger.entries] == [UNDEFINED]
    call = FunctionCall("update", {"reminder": None})
    assert len(call_problems(call, found.functions.functions)) == 1
    assert replied(found.functions, '{"reminder": null}') == FunctionCall("update", {})


def replied(functions: FunctionCatalogue, written: str) -> FunctionCall:
    """A call as it is read from a model's reply."""
    text = (
        f"User: Hi.\nThought: I call.\nAPI Name: update\nAPI Input: {written}\n"
        "API Result: {'id': 7}\nThought: Done.\nSystem: Done."
    )
    found = parse_reply(text, functions.functions)
    assert isinstance(found, ParsedCra), found
    assert found.turns[0].step is not None
    return found.turns[0].step.call


@pytest.mark.parametrize(
    ("schema", "value", "why"),
    [
        (
            {"type": "integer", "minimum": 1, "maximum": 14},
            15,
            "greater than the maximum",
        ),
        ({"type": "array", "items": TEXT}, [None], "None is not of type 'string'"),
        ({"type": ["string", "integer"]}, 1.5, "not of type 'string', 'integer'"),
        ({"type": "string", "pattern": "^R-"}, "x", "does not match"),
        ({"type": "object", "required": ["a"]}, {}, "'a' is a required property"),
        ({"anyOf": [{"maximum": 1}, {"minimum": 5}]}, 3, "is not valid under any"),
        ({"type": ["string", "null"], "maxLength": 1}, "xx", "too long"),
        ({"type": ["string", "null"]}, 1, "has the type str"),
        ({"enum": [1, "a"]}, True, "is not one of"),
        ({"const": "a"}, "b", "'a' was expected"),
    ],
)
def test_a_value_that_the_schema_does_not_allow_is_refused(
    tmp_path: Path, schema: dict[str, Any], value: Any, why: str
) -> None:
    found = own(tmp_path, {"it": schema}, {"it": value})
    ledger = Ledger("own")
    assert calls(found, ledger) == []
    (entry,) = ledger.entries
    assert entry.reason == UNDEFINED
    assert why in entry.detail
    (problem,) = call_problems(
        FunctionCall("update", {"it": value}), found.functions.functions
    )
    assert problem.error_class.value == "argument_type"


@pytest.mark.parametrize(
    "value", ["None", "null", "", "True", 10**30, 1e-7, "1", ["None"]]
)
def test_a_value_is_not_mistaken_for_another(tmp_path: Path, value: Any) -> None:
    kinds = {str: "string", int: "integer", float: "number", list: "array"}
    schema = {"type": [kinds[type(value)], "null"]}
    found = own(tmp_path, {"it": schema}, {"it": value})
    assert calls(found, Ledger("own")) == [FunctionCall("update", {"it": value})]


NAMES = {
    "城市": TEXT,
    "from": TEXT,
    "class": {"type": "string", "nullable": True},
    "page.size": {"type": "integer", "nullable": True},
    "été-2": TEXT,
    "Start<": TEXT,
    "Start>": TEXT,
    "🚲": TEXT,
    "1st day": TEXT,
}
CALLED = {
    "城市": "Ely",
    "from": "a",
    "class": None,
    "page.size": None,
    "été-2": "b",
    "Start_less_than": "a",
    "Start_greater_than": "b",
    "bicycle": "a",
    "_1st_day": "a",
}


def test_names_are_kept_to_the_rows_and_back(tmp_path: Path) -> None:
    found = own(tmp_path, NAMES, CALLED)
    ledger = Ledger("own")
    (dialogue,) = grounded_dialogues(
        found.dialogues(ledger), found.schemas, found.functions, seed=1
    )
    assert dialogue.turns[0].step is not None
    assert dialogue.turns[0].step.call == FunctionCall("update", CALLED)
    assert [(e.action, e.reason, e.record_id) for e in ledger.entries] == [
        ("noted", RENAMED, "own/update")
    ] * 4
    assert "the argument 'Start<' of 'update' is 'Start_less_than'" in [
        entry.detail for entry in ledger.entries
    ]
    for sample in cra_samples(dialogue, found.functions, seed=1):
        row = read_cra_row(
            "r",
            sample.instruction,
            sample.input,
            sample.output,
            functions=found.functions.functions,
        )
        assert row.dialogue.turns[-1].step is not None
        assert row.dialogue.turns[-1].step.call == FunctionCall("update", CALLED)
        assert row.repairs == ()
    written = json.dumps(CALLED, ensure_ascii=False)
    assert replied(found.functions, written) == FunctionCall("update", CALLED)


def test_an_executor_finds_the_names_of_the_catalogue(tmp_path: Path) -> None:
    parameters = [
        {"name": name, "in": place, "schema": TEXT}
        for name, place in (("id", "path"), ("id", "query"), ("Day>", "query"))
    ]
    operation = {"parameters": parameters}
    document = {
        "openapi": "3.0.3",
        "paths": {
            "/users/{id}": {"get": operation},
            "/users/id": {"get": {}},
            "/b": {"get": {"operationId": "find bikes"}},
        },
    }
    (tmp_path / "api.json").write_text(json.dumps(document))
    (tmp_path / "d.jsonl").write_text(
        json.dumps({"turns": [{"user": "Hi", "system": "Hello"}]})
    )
    found = OwnApis(tmp_path / "api.json", tmp_path / "d.jsonl")
    first, second, third = found.functions.functions
    assert first.extra[ORIGINAL_NAME] == "get /users/{id}"
    assert (second.name, second.extra[ORIGINAL_NAME]) == (
        "get_users_id_2",
        "get /users/id",
    )
    assert (third.name, third.extra[ORIGINAL_NAME]) == ("find_bikes", "find bikes")
    originals = {
        p.name: (p.definition.get(ORIGINAL_NAME), p.definition.get(ORIGINAL_PLACE))
        for p in first.parameters
    }
    assert originals == {
        "id": (None, None),
        "id_query": ("id", "query"),
        "Day": ("Day>", "query"),
    }
    ledger = Ledger("own")
    list(found.dialogues(ledger))
    assert [entry.detail for entry in ledger.entries] == [
        "the argument 'id' in query of 'get_users_id' is 'id_query'",
        "the argument 'Day>' in query of 'get_users_id' is 'Day'",
        "the function 'get /users/id' is 'get_users_id_2'",
        "the function 'find bikes' is 'find_bikes'",
    ]


def test_patterns_that_python_cannot_read_are_no_limit(tmp_path: Path) -> None:
    schema = {"type": "object", "patternProperties": {r"^\p{L}$": NULL, "^a$": TEXT}}
    schema["properties"] = {"b": {"type": "string", "pattern": r"\p{Lu}"}}
    found = own(tmp_path, {"it": schema}, {"it": {"b": "b", "a": "a"}})
    assert len(calls(found, Ledger("own"))) == 1
