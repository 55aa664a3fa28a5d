"""From a catalogue of one's own and seed dialogues to training samples."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.calls import FunctionCall
from coalm_oumi.cra.dialogue import CraDialogue
from coalm_oumi.cra.own_apis import (
    MISSAID,
    UNDEFINED,
    UNFOUNDED,
    UNFOUNDED_ANSWER,
    UNWANTED,
    OwnApis,
)
from coalm_oumi.cra.samples import cra_samples
from coalm_oumi.cra.write.grounded import grounded_dialogues
from coalm_oumi.errors import CoalmError
from coalm_oumi.sources.ledger import Ledger
from coalm_oumi.sources.sgd_dialogue import Dialogue


@pytest.fixture(scope="module")
def workshop(repository: Path) -> Path:
    """The folder of the example."""
    return repository / "configs" / "own_apis"


@pytest.fixture
def own(workshop: Path) -> OwnApis:
    return OwnApis(workshop / "openapi.yaml", workshop / "dialogues.jsonl")


def made(own: OwnApis, ledger: Ledger | None = None) -> list[CraDialogue]:
    return list(
        grounded_dialogues(
            own.dialogues(ledger),
            own.schemas,
            own.functions,
            seed=42,
            ledger=ledger,
        )
    )


def seeded(workshop: Path, folder: Path, *turns: dict[str, Any]) -> OwnApis:
    """The example's catalogue with one dialogue."""
    path = folder / "dialogues.jsonl"
    path.write_text(json.dumps({"id": "d", "turns": turns}) + "\n", "utf-8")
    return OwnApis(workshop / "openapi.yaml", path)


def call(name: str, result: Any = None, **arguments: Any) -> dict[str, Any]:
    """The call of a turn with its result."""
    return {"call": {"name": name, "arguments": arguments}, "result": result}


def test_the_example_gives_training_samples(own: OwnApis) -> None:
    ledger = Ledger("own")
    dialogues = made(own, ledger)
    samples = [s for d in dialogues for s in cra_samples(d, own.functions, seed=42)]
    assert (ledger.read, ledger.entries) == (10, [])
    kinds = Counter(sample.origin.transformation for sample in samples)
    assert kinds == {"action": 17, "response": 45}
    first = samples[0]
    assert first.output == "Action: findBikes(kind='cargo_bike', day='2026-05-09')"
    assert first.input.startswith(
        "User: Hi, do you have a cargo bike free on Saturday?\nThought: "
    )
    assert (
        "[BEGIN OF AVAILABLE TOOLS]\n1. findBikes(kind, day, maxPrice)\n"
        "2. hireBike(bikeId, day, days, helmet)\n"
        "3. bookRepair(part, day, express)\n4. getRepair(ticket)\n"
        "5. cancelRepair(ticket)\n[END OF AVAILABLE TOOLS]"
    ) in first.instruction


def test_every_call_of_the_example_is_one_that_the_catalogue_allows(
    own: OwnApis,
) -> None:
    calls = [t.step.call for d in made(own) for t in d.turns if t.step is not None]
    assert len(calls) == 17
    assert [own.functions.problem(found) for found in calls] == [None] * 17
    assert calls[3] == FunctionCall(
        "hireBike",
        {"bikeId": "M-1", "day": "2026-05-16", "days": 3, "helmet": True},
    )


def test_the_example_has_no_defect(own: OwnApis) -> None:
    from coalm_oumi.cra.check.validate import validate

    for seed in range(5):
        found = grounded_dialogues(
            own.dialogues(), own.schemas, own.functions, seed=seed
        )
        for dialogue in found:
            assert validate(dialogue, own.functions, today=date(2026, 5, 6)) == ()


def test_the_observation_is_what_the_api_returned(own: OwnApis) -> None:
    turns = [turn for dialogue in made(own) for turn in dialogue.turns]
    steps = [turn.step for turn in turns if turn.step is not None]
    assert steps[0].observation == [
        {"bikeId": "C-2", "name": "Mule", "price": 24},
        {"bikeId": "C-5", "name": "Ox", "price": 29.5},
    ]
    assert {"error": "no free place on this day"} in [s.observation for s in steps]


def test_a_thought_names_no_other_function_than_the_action(own: OwnApis) -> None:
    for seed in range(20):
        found = grounded_dialogues(
            own.dialogues(), own.schemas, own.functions, seed=seed
        )
        for dialogue in found:
            for turn in dialogue.turns:
                words = set(" ".join(turn.thoughts).replace(",", " ").split())
                if turn.step is not None:
                    others = own.functions.names - {turn.step.call.name}
                    assert not words & others, turn


def acts(own: OwnApis) -> list[list[tuple[str, str, str]]]:
    """The acts of each turn of the first dialogue, as (kind, slot, wording)."""
    dialogue: Dialogue = next(own.dialogues())
    return [
        [(act.act, act.slot, act.wording) for act in turn.frames[0].acts]
        for turn in dialogue.turns
    ]


def test_acts_are_told_from_what_is_said(workshop: Path, tmp_path: Path) -> None:
    own = seeded(
        workshop,
        tmp_path,
        {"user": "I want to book a repair.", "system": "What, and on which day?"},
        {
            "user": "The brakes on Tuesday.",
            "says": {"day": "Tuesday"},
            "system": "The brakes on Tuesday: shall I book it?",
        },
        {
            "user": "Yes, please.",
            **call("bookRepair", {"ticket": "R-1"}, part="brakes", day="2026-05-12"),
            "system": "It is booked: R-1.",
        },
        {"user": "What is the ticket?", "system": "The ticket is R-1."},
        {"user": "Thanks, bye!", "system": "Goodbye!"},
    )
    assert acts(own) == [
        [("INFORM_INTENT", "intent", "bookRepair")],
        [("REQUEST", "part", ""), ("REQUEST", "day", "")],
        [("INFORM", "part", "brakes"), ("INFORM", "day", "Tuesday")],
        [("CONFIRM", "part", "brakes"), ("CONFIRM", "day", "Tuesday")],
        [("AFFIRM", "", "")],
        [("NOTIFY_SUCCESS", "", ""), ("INFORM", "ticket", "R-1")],
        [("REQUEST", "ticket", "")],
        [("INFORM", "ticket", "R-1")],
        [("GOODBYE", "", ""), ("THANK_YOU", "", "")],
        [("GOODBYE", "", "")],
    ]


def test_a_change_without_a_yes_claims_none(workshop: Path, tmp_path: Path) -> None:
    own = seeded(
        workshop,
        tmp_path,
        {
            "user": "Cancel repair R-2.",
            **call("cancelRepair", {"ticket": "R-2"}, ticket="R-2"),
            "system": "Cancelled.",
        },
    )
    for seed in range(40):
        (found,) = grounded_dialogues(
            own.dialogues(), own.schemas, own.functions, seed=seed
        )
        thought = found.turns[0].thought.lower()
        for word in ("confirm", "consent", "agreed", " yes"):
            assert word not in thought


@pytest.mark.parametrize(
    ("turn", "reason", "detail"),
    [
        (call("mendBike"), UNDEFINED, "the function 'mendBike' is not listed"),
        (
            call("getRepair", ticket="R-1", day="x"),
            UNDEFINED,
            "'getRepair' has no argument 'day'",
        ),
        (call("getRepair"), UNDEFINED, "lacks the required argument 'ticket'"),
        (
            call("getRepair", ticket=1),
            UNDEFINED,
            "the argument 'ticket' has the type str",
        ),
        (
            call("bookRepair", part="bell", day="2026-05-12"),
            UNDEFINED,
            "the argument 'part' has no value 'bell'",
        ),
        (
            call("hireBike", bikeId="C-2", day="2026-05-12", days=True),
            UNDEFINED,
            "the argument 'days' has the type int",
        ),
        (
            call("hireBike", bikeId="C-2", day="2026-05-12", days=15),
            UNDEFINED,
            "the argument 'days': 15 is greater than the maximum of 14",
        ),
        (
            call("getRepair", ticket="R-77"),
            UNFOUNDED,
            "getRepair, argument 'ticket': 'R-77'. Let someone say it",
        ),
        (
            {**call("getRepair", ticket="R-1"), "says": {"day": "now"}},
            MISSAID,
            "the next call has no argument 'day'",
        ),
        (
            {**call("getRepair", ticket="R-9"), "says": {"ticket": "the ninth"}},
            MISSAID,
            "'the ninth' is not in the utterance",
        ),
        ({"wants": "mendBike"}, UNWANTED, "'mendBike'"),
    ],
)
def test_a_dialogue_that_would_teach_errors_is_left_out(
    workshop: Path, tmp_path: Path, turn: dict[str, Any], reason: str, detail: str
) -> None:
    said = {"user": "R-1, C-2, a bell, 2026-05-12, 15", "system": "Well."}
    own = seeded(workshop, tmp_path, {**said, **turn})
    ledger = Ledger("own")
    assert made(own, ledger) == []
    (entry,) = ledger.entries
    assert (entry.record_id, entry.action, entry.reason) == (
        "own/d",
        "rejected",
        reason,
    )
    assert entry.detail.startswith("turn 0: ")
    assert detail in entry.detail


@pytest.mark.parametrize(
    ("user", "argument"),
    [
        ("a City Bike on 2026-05-09", {}),
        ("a city-bike on 2026-05-09 for 20.00", {"maxPrice": 20}),
        ("a city bike on 2026-05-09 for twelve", {"maxPrice": 12}),
        ("a city bike on 2026-05-09 for 12.50.", {"maxPrice": 12.5}),
    ],
)
def test_a_value_may_be_said_in_other_words(
    workshop: Path, tmp_path: Path, user: str, argument: dict[str, Any]
) -> None:
    found = call("findBikes", [], kind="city_bike", day="2026-05-09", **argument)
    own = seeded(workshop, tmp_path, {"user": user, **found, "system": "None."})
    assert len(made(own)) == 1


@pytest.mark.parametrize(
    "user", ["a city bike on 2026-05-09, 120", "12.55, 2026-05-09"]
)
def test_part_of_a_number_is_another_number(
    workshop: Path, tmp_path: Path, user: str
) -> None:
    found = call("findBikes", [], kind="city_bike", day="2026-05-09", maxPrice=12)
    own = seeded(workshop, tmp_path, {"user": user, **found, "system": "None."})
    assert made(own) == []


def test_an_answer_with_a_number_from_nowhere_is_noted(
    workshop: Path, tmp_path: Path
) -> None:
    found = call("getRepair", {"ticket": "R-1", "price": 18.5}, ticket="R-1")
    own = seeded(
        workshop, tmp_path, {"user": "R-1?", **found, "system": "It costs 19 euros."}
    )
    ledger = Ledger("own")
    assert len(made(own, ledger)) == 1
    (entry,) = ledger.entries
    assert (entry.action, entry.reason) == ("noted", UNFOUNDED_ANSWER)
    assert entry.detail == "turn 0: 19"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"id": "a", "turn": []}, "field 'turn': 'turn' is unknown; did you mean"),
        ({"id": "a", "turns": []}, "field 'turns': expected a list of 1 to 200"),
        ({"id": 1, "turns": [{}]}, "field 'id': expected text"),
        ({"turns": [{}]}, r"field 'turns\[0\].user': expected text"),
        ({"turns": ["hello"]}, r"field 'turns\[0\]': expected an object"),
        (
            {"turns": [{"user": "a", "system": "b", "says": ["x"]}]},
            r"turns\[0\].says': expected an object",
        ),
        (
            {"turns": [{"user": "a", "system": "b", "call": "f()"}]},
            r"turns\[0\].call': expected \{",
        ),
        (
            {"turns": [{"user": "a", "system": "b", "call": {"name": "f"}}]},
            r"turns\[0\].result': a call needs what it returned",
        ),
        (
            {"turns": [{"user": "a", "system": "b", "result": 1}]},
            r"turns\[0\].call': a result without a call",
        ),
        (
            {"turns": [{"user": "a", "system": "b", "thought": "c"}]},
            r"turns\[0\].thought': 'thought' is unknown",
        ),
    ],
)
def test_a_malformed_dialogue_is_one_line(
    workshop: Path, tmp_path: Path, row: dict[str, Any], why: str
) -> None:
    path = tmp_path / "dialogues.jsonl"
    path.write_text(json.dumps(row))
    own = OwnApis(workshop / "openapi.yaml", path)
    with pytest.raises(CoalmError, match=f"dialogues.jsonl: row 0, .*{why}"):
        list(own.dialogues())


def test_two_dialogues_of_one_name_are_refused(workshop: Path, tmp_path: Path) -> None:
    path = tmp_path / "dialogues.jsonl"
    row = json.dumps({"id": "a", "turns": [{"user": "Hi", "system": "Hello"}]})
    path.write_text(f"{row}\n{row}\n")
    own = OwnApis(workshop / "openapi.yaml", path)
    with pytest.raises(CoalmError, match="row 1, field 'id': 'a' stands twice"):
        list(own.dialogues())


def test_the_schema_of_an_argument_stays_with_the_function(own: OwnApis) -> None:
    find, hire = own.functions.functions[:2]
    assert [dict(p.definition) for p in find.parameters] == [
        {
            "type": "str",
            "description": "Kind of bicycle",
            "enum": ["city_bike", "mountain_bike", "cargo_bike", "e_bike"],
        },
        {"type": "str", "description": "Day of hire", "format": "date"},
        {
            "type": "float",
            "description": "Highest price a day in euros",
            "minimum": 0,
        },
    ]
    assert hire.extra == {"required": ["bikeId", "day"], "is_transactional": True}
    assert hire.parameters[2].definition == {
        "type": "int",
        "description": "How many days",
        "minimum": 1,
        "maximum": 14,
        "default": 1,
    }


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ({"type": "number"}, 2.5, "2.5"),
        ({"type": "array", "items": {"type": "string"}}, ["a", "b c"], "a and b c"),
        ({"type": "object"}, {"x": "deep"}, "deep"),
        ({}, "12", "12"),
        ({"type": ["string", "null"]}, "x", "x"),
    ],
)
def test_a_value_keeps_its_type_through_all_steps(
    tmp_path: Path, kind: dict[str, Any], value: Any, said: str
) -> None:
    tool = {
        "name": "put",
        "description": "Put something",
        "changes": True,
        "parameters": {"type": "object", "properties": {"what": kind}},
    }
    (tmp_path / "tools.json").write_text(json.dumps([tool]))
    turn = {"user": f"Put {said}", **call("put", None, what=value), "system": "Done."}
    (tmp_path / "d.jsonl").write_text(json.dumps({"turns": [turn]}))
    own = OwnApis(tmp_path / "tools.json", tmp_path / "d.jsonl")
    (found,) = made(own)
    step = found.turns[0].step
    assert step is not None
    assert step.call == FunctionCall("put", {"what": value})
    assert step.observation is None


@pytest.mark.parametrize("kind", [{"type": "string"}, {"description": "Its name"}, {}])
def test_a_result_of_any_type_supports_what_is_told_of_it(
    tmp_path: Path, kind: dict[str, Any]
) -> None:
    result = {"type": "object", "properties": {"name": kind}}
    answer = {"description": "", "content": {"application/json": {"schema": result}}}
    bike = {
        "operationId": "getBike",
        "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
        ],
        "responses": {"200": answer},
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Shop", "version": "1"},
        "paths": {"/bikes/{id}": {"get": bike}},
    }
    turn = {
        "user": "What is bike B7 called?",
        **call("getBike", {"name": "Bluebird"}, id="B7"),
        "system": "Bike B7 is called Bluebird.",
    }
    (tmp_path / "api.json").write_text(json.dumps(document))
    (tmp_path / "d.jsonl").write_text(json.dumps({"turns": [turn]}))
    ledger = Ledger("own")
    assert made(OwnApis(tmp_path / "api.json", tmp_path / "d.jsonl"), ledger)
    assert ledger.entries == []
