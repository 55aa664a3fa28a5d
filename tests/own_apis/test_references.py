"""References in catalogues of own functions: joined, bounded, and kept in the folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.errors import DataFormatError
from tests.own_apis.openapi_files import functions, openapi, with_body


def test_a_schema_that_holds_itself_ends(tmp_path: Path) -> None:
    node = {
        "type": "object",
        "properties": {"child": {"$ref": "#/components/schemas/Node"}},
    }
    schema = {
        "type": "object",
        "properties": {"root": {"$ref": "#/components/schemas/Node"}},
    }
    (found,) = functions(openapi(tmp_path, with_body(schema), {"Node": node}))
    assert found.arguments[0].schema == {
        "type": "object",
        "properties": {"child": {}},
    }


def test_references_lead_into_files_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "day.yaml").write_text(
        "Day: {type: string, format: date}\nDays: {type: array, items: {$ref: '#/Day'}}\n"
    )
    schema = {
        "type": "object",
        "properties": {"days": {"$ref": "parts/day.yaml#/Days", "description": "When"}},
    }
    (found,) = functions(openapi(tmp_path, with_body(schema)))
    assert found.arguments[0].schema == {
        "type": "array",
        "items": {"type": "string", "format": "date"},
        "description": "When",
    }


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("https://example.com/bike.yaml#/Bike", "leads into the network"),
        ("//example.com/bike.yaml", "leads into the network"),
        ("../secret.json", "leads out of the folder"),
        ("%2e%2e/secret.json", "leads out of the folder"),
        ("/etc/hostname", "leads out of the folder"),
        ("link.json", "leads out of the folder"),
        ("#/components/schemas/Bik", "leads to nothing: 'Bik'"),
        ("#/components/schemas/Self", "leads to itself"),
    ],
)
def test_no_reference_leads_elsewhere(tmp_path: Path, reference: str, why: str) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (tmp_path / "secret.json").write_text('{"type": "string"}')
    (own / "link.json").symlink_to(tmp_path / "secret.json")
    schema = {"type": "object", "properties": {"bike": {"$ref": reference}}}
    itself = {"$ref": "#/components/schemas/Self"}
    path = openapi(own, with_body(schema), {"Bike": {}, "Self": itself})
    with pytest.raises(DataFormatError, match=why) as raised:
        functions(path)
    assert str(raised.value).startswith(
        f"{path}: field 'paths/~1bikes/post/requestBody"
    )


def test_references_that_multiply_are_refused(tmp_path: Path) -> None:
    schemas: dict[str, Any] = {"L0": {"type": "string"}}
    for level in range(1, 12):
        below = {"$ref": f"#/components/schemas/L{level - 1}"}
        properties = {f"p{n}": below for n in range(8)}
        schemas[f"L{level}"] = {"type": "object", "properties": properties}
    path = openapi(tmp_path, with_body({"$ref": "#/components/schemas/L11"}), schemas)
    with pytest.raises(DataFormatError, match="more than 200,000 values"):
        functions(path)
