"""The validator finds nothing in what the builder makes of any little catalogue."""

from __future__ import annotations

import json
from datetime import date, time
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coalm_oumi.cra.check.validate import validate
from coalm_oumi.cra.own_apis import OwnApis
from coalm_oumi.cra.samples import cra_samples
from coalm_oumi.cra.validate.items import Passed, validated_items
from coalm_oumi.cra.write.grounded import grounded_dialogues
from coalm_oumi.sources import Ledger

THINGS = st.sampled_from(["pet", "room", "order", "class", "box"])
MONTHS = {
    "January": 1,
    "March": 3,
    "May": 5,
    "July": 7,
    "August": 8,
    "October": 10,
    "December": 12,
}


def _schema(kind: str, value: Any) -> dict[str, Any]:
    if kind == "closed":
        listed = [value, *({"cat", "dog", "bird"} - {value})]
        return {"anyOf": [{"type": "string", "enum": listed}, {"type": "null"}]}
    if kind == "rank":
        return {"type": "integer", "enum": [1, 2, 3]}
    return {"type": "integer" if isinstance(value, int) else "string"}


@st.composite
def stated(draw: st.DrawFn) -> tuple[str, str, Any, str]:
    """Draws an argument's kind, name and value, and the words of the user for it."""
    kind = draw(st.sampled_from(["count", "day", "moment", "clock", "closed", "rank"]))
    if kind == "count":
        few, many = draw(st.integers(1, 40)), draw(st.integers(1, 40))
        return kind, "people", many, f"change it from {few} to {many} people"
    if kind in ("day", "moment"):
        month = draw(st.sampled_from(sorted(MONTHS)))
        number, hour = draw(st.integers(1, 31)), draw(st.integers(1, 11))
        day = date(2026, MONTHS[month], number)
        if kind == "day":
            return kind, "date", day.isoformat(), f"on {number} {month}"
        value = f"{day.isoformat()}T{hour + 12:02}:00:00Z"
        return kind, "start", value, f"on {month} {number} at {hour} pm"
    if kind == "clock":
        found = time(draw(st.integers(13, 23)), draw(st.sampled_from([0, 15, 30, 45])))
        return kind, "time", f"{found:%H:%M}", f"at {found.hour - 12}:{found:%M} pm"
    if kind == "closed":
        value = draw(st.sampled_from(["cat", "dog", "bird"]))
        return kind, "kind", value, f"I have two {value}s"
    rank = draw(st.integers(1, 3))
    return kind, "rank", rank, f"of rank {['one', 'two', 'three'][rank - 1]}"


@st.composite
def catalogue(draw: st.DrawFn) -> tuple[list[Any], dict[str, Any]]:
    """Draws a catalogue of two functions, and a dialogue that calls both."""
    thing, number = draw(THINGS), draw(st.integers(0, 31))
    kind, name, value, words = draw(stated())
    own = f"{thing}Id"
    tools = [
        {
            "name": f"list{thing.title()}",
            "description": f"Lists each {thing}.",
            "parameters": {"type": "object", "properties": {}},
            "returns": {"type": "array", "items": {"type": "object"}},
        },
        {
            "name": f"check{thing.title()}",
            "description": f"Checks a {thing}.",
            "parameters": {
                "type": "object",
                "required": [own, name],
                "properties": {own: {"type": "integer"}, name: _schema(kind, value)},
            },
        },
    ]
    turns: list[dict[str, Any]] = [
        {
            "user": f"Which {thing} is there?",
            "call": {"name": f"list{thing.title()}", "arguments": {}},
            "result": [{"id": number, "open": True}],
            "system": "I found one.",
        },
        {
            "user": f"Please check it: {words}.",
            "says": {name: words},
            "call": {
                "name": f"check{thing.title()}",
                "arguments": {own: number, name: value},
            },
            "result": {"ok": True},
            "system": "Done.",
        },
        {"user": "No, that's all.", "system": "Goodbye."},
    ]
    return tools, {"id": "d", "turns": turns}


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(catalogue())
def test_own_rows_pass_the_validator(
    tmp_path: Path, drawn: tuple[list[Any], dict[str, Any]]
) -> None:
    tools, dialogue = drawn
    (tmp_path / "tools.json").write_text(json.dumps(tools), encoding="utf-8")
    (tmp_path / "seeds.jsonl").write_text(json.dumps(dialogue), encoding="utf-8")
    own = OwnApis(tmp_path / "tools.json", tmp_path / "seeds.jsonl")
    ledger = Ledger("own_apis")
    made = list(
        grounded_dialogues(
            own.dialogues(ledger), own.schemas, own.functions, seed=42, ledger=ledger
        )
    )
    assert len(made) == 1, list(ledger.lines())
    assert validate(made[0], own.functions) == ()
    rows = [
        {"instruction": s.instruction, "input": s.input, "output": s.output}
        for s in cra_samples(made[0], own.functions, seed=42)
    ]
    assert rows
    stored = tmp_path / "rows.jsonl"
    stored.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    for item in validated_items(stored, own.functions, None, Passed({})):
        assert (item.problem, item.defects) == ("", ())
