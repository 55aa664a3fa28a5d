"""The structural tag as JSON: which rules it has, and what words may not hold."""

from __future__ import annotations

import json

import pytest

from coalm_oumi.serving.structural_tag import OfferedTool, structural_tag
from coalm_oumi.serving.value_grammar import Rules, schema_value

PARAMETERS = {
    "type": "object",
    "properties": {"to": {"enum": ["Ely", "Rye"]}, "daily": {"type": "boolean"}},
    "required": ["to"],
}
STRICT = OfferedTool("find_bus", PARAMETERS, strict=True)


def grammar(tool: OfferedTool, notation: str) -> list[str]:
    """The lines of the grammar of a required call."""
    tag = structural_tag([tool], notation, required=True)
    assert tag == json.loads(json.dumps(tag))
    return tag["format"]["grammar"].splitlines()


@pytest.mark.parametrize(
    ("notation", "lines"),
    [
        ("bracket", ['r0 ::= "\\"Ely\\"" | "\\"Rye\\""', 'r1 ::= "True" | "False"']),
        ("json", ['r0 ::= "\\"Ely\\"" | "\\"Rye\\""', 'r1 ::= "true" | "false"']),
        ("cra", ["r0 ::= \"'Ely'\" | \"'Rye'\"", 'r1 ::= "True" | "False"']),
    ],
)
def test_values_stand_as_the_notation_writes_them(
    notation: str, lines: list[str]
) -> None:
    assert grammar(STRICT, notation)[1:3] == lines


def test_a_required_argument_is_there_and_another_may_be() -> None:
    lines = grammar(STRICT, "bracket")

    behind = 'r4 ::= ", " "daily=" r2 "" | ""'
    assert behind in lines
    assert any(line.endswith('::= "to=" r0 r4') for line in lines)
    assert not any(line.endswith('"to=" r0 r4 | ""') for line in lines)


def test_tools_that_are_not_strict_take_any_value() -> None:
    free = "\n".join(grammar(OfferedTool("find_bus", PARAMETERS), "bracket"))

    assert "Ely" not in free
    assert '"None"' in free


def test_words_hold_no_call() -> None:
    lists = structural_tag([STRICT], "bracket")["format"]["elements"][1]
    lines = structural_tag([STRICT], "cra")["format"]["elements"][1]

    assert "[find_bus(" in lists["elements"][1]["excludes"]
    assert {"Action:", "find_bus("} <= set(lines["excludes"])
    assert "Action" not in lines["excludes"]


def test_a_schema_that_holds_itself_ends() -> None:
    schema: dict[str, object] = {"type": "array"}
    schema["items"] = schema

    assert schema_value(Rules(), schema, "json")
