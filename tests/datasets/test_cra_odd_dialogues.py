"""One dialogue that cannot be written is a line of the ledger, wherever it is met."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import oumi.builders  # noqa: F401 - first, for Oumi's circular imports
import pytest

from coalm_oumi.benchmarks.cra_actions import load_cra_actions
from coalm_oumi.benchmarks.cra_actions.benchmark import CRA_ACTIONS, CraActionsOptions
from coalm_oumi.calls import FunctionCall, parse_action
from coalm_oumi.cra.dialogue import CraDialogue, CraTurn, Step
from coalm_oumi.cra.functions import FunctionCatalogue
from coalm_oumi.cra.validate.items import validated_dialogue
from coalm_oumi.cra.write import grounded
from coalm_oumi.cra.write.grounded import UNUSABLE
from coalm_oumi.datasets import CraDataset
from coalm_oumi.errors import CoalmError
from coalm_oumi.mixture import BuildOptions, build

# Names of slots that are Python's words, that are not, and one that no call can hold.
SERVICES = {
    "Trains_1": ("FindTrain", ("from", "to", "class"), ("Ely", "Rye", "First")),
    "Visas_1": ("GetVisa", ("in", "not", "lambda"), ("Peru", "alone", "yes")),
    "Maps_1": ("ShowMap", ("城市", "get-off", "None"), ("Ely", "Rye", "roads")),
    "Boats_1": ("FindBoat", ("from city", "to"), ("Ely", "Rye")),
}
ODD = "Boats_1"


def service(name: str) -> dict[str, Any]:
    intent, slots, _ = SERVICES[name]
    return {
        "service_name": name,
        "description": "",
        "slots": [
            {
                "name": slot,
                "description": slot,
                "is_categorical": False,
                "possible_values": [],
            }
            for slot in (*slots, "price")
        ],
        "intents": [
            {
                "name": intent,
                "description": "Find something",
                "is_transactional": False,
                "required_slots": list(slots),
                "optional_slots": {},
                "result_slots": [*slots, "price"],
            }
        ],
    }


def act(kind: str, slot: str, value: str) -> dict[str, Any]:
    return {"act": kind, "slot": slot, "values": [value], "canonical_values": [value]}


def dialogue(name: str, number: int) -> dict[str, Any]:
    intent, slots, values = SERVICES[name]
    known = dict(zip(slots, values, strict=True))
    user = {
        "service": name,
        "slots": [],
        "actions": [act("INFORM", slot, value) for slot, value in known.items()],
        "state": {
            "active_intent": intent,
            "requested_slots": [],
            "slot_values": {slot: [value] for slot, value in known.items()},
        },
    }
    system = {
        "service": name,
        "slots": [],
        "actions": [act("OFFER", "price", "12")],
        "service_call": {"method": intent, "parameters": known},
        "service_results": [{**known, "price": "12"}],
    }
    said = f"I want {', '.join(values)}, please."
    return {
        "dialogue_id": f"1_{number:05d}",
        "services": [name],
        "turns": [
            {"speaker": "USER", "utterance": said, "frames": [user]},
            {"speaker": "SYSTEM", "utterance": "It costs 12.", "frames": [system]},
        ],
    }


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with SGD of these services, as training and as test part."""
    names = [name for name in SERVICES for _ in range(3)]
    rows = [dialogue(name, number) for number, name in enumerate(names)]
    for part in ("train", "test"):
        folder = tmp_path / "data" / "sgd" / part
        folder.mkdir(parents=True)
        schema = [service(name) for name in SERVICES]
        (folder / "schema.json").write_text(json.dumps(schema))
        (folder / "dialogues_001.json").write_text(json.dumps(rows))
    return tmp_path / "data"


def odd(part: str) -> list[str]:
    return [f"{part}/1_{number:05d}" for number in (9, 10, 11)]


def test_the_dataset_has_the_others_and_names_the_odd_ones(data: Path) -> None:
    found = CraDataset(dataset_path=str(data / "sgd"), split="test")
    ledger = found.ledgers[0]
    assert (ledger.read, ledger.kept) == (12, 9)
    assert [(e.record_id, e.reason) for e in ledger.entries] == [
        (name, UNUSABLE) for name in odd("test")
    ]
    assert "'from city' cannot stand in an action" in ledger.entries[0].detail
    actions = found.data[found.data["transformation"] == "action"]
    assert len(actions) == 9
    outputs = set(actions["output"])
    assert outputs == {
        "Action: FindTrain(from='Ely', to='Rye', class='First')",
        "Action: GetVisa(in='Peru', not='alone', lambda='yes')",
        "Action: ShowMap(城市='Ely', get-off='Rye', None='roads')",
    }
    for output in outputs:
        assert set(parse_action(output).arguments)
    listed = str(next(iter(actions["instruction"])))
    assert "1. FindTrain(from, to, class)\n2. GetVisa(in, not, lambda)\n" in listed


def test_every_turn_of_the_benchmark_can_be_asked(data: Path) -> None:
    loaded = load_cra_actions(data=data / "sgd", part="test")
    assert (loaded.usable, dict(loaded.left_out)) == (9, {UNUSABLE: 3})
    options = CraActionsOptions(data=str(data / "sgd"), split="test", limit=None)
    requests = CRA_ACTIONS.dialogues(options, None)
    assert len(requests.start) == 9
    assert requests.provenance["left_out_dialogues"] == {UNUSABLE: 3}
    replies = {
        f"{made.record_id}#0": made.turns[0].action_output() or ""
        for made in loaded.dialogues
    }
    assert requests.score(replies).metrics["arguments_accuracy"].value == 100


@pytest.mark.parametrize("workers", [1, 2])
def test_a_build_goes_on_without_them(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    monkeypatch.setenv("COALM_DATA_DIR", str(data))
    options = BuildOptions(only=("cra",), overlaps=False, on_missing="error")
    built = build(tmp_path / "built", options, workers=workers)
    (account,) = built.accounts
    assert (account.source, account.read, account.kept) == ("sgd", 12, 9)
    lines = (tmp_path / "built" / "ledger.jsonl").read_text().splitlines()
    assert [json.loads(line)["record_id"] for line in lines] == odd("train")


BROKEN = (
    ("null", lambda row: None),
    ("a text", lambda row: "dialogue"),
    ("no turns", lambda row: {**row, "turns": []}),
    ("turns missing", lambda row: {k: v for k, v in row.items() if k != "turns"}),
    ("turns of numbers", lambda row: {**row, "turns": [1, 2]}),
    ("one turn", lambda row: {**row, "turns": row["turns"][:1]}),
    ("no services", lambda row: {**row, "services": None}),
    ("an unknown service", lambda row: retold(row, "Trains_1", "Planes_9")),
    ("an unknown intent", lambda row: retold(row, "FindTrain", "FindPlane")),
    ("an unknown slot", lambda row: retold(row, '"class"', '"colour"')),
    ("a number for a text", lambda row: retold(row, '"Ely"', "3")),
    ("null for a list", lambda row: retold(row, '["Ely"]', "null")),
    ("null for an object", lambda row: retold(row, '{"act"', '{"acts"')),
)


def retold(row: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    text = json.dumps(row)
    assert old in text
    return json.loads(text.replace(old, new))


@pytest.fixture
def broken(data: Path) -> Path:
    """The same data, with dialogues that are malformed among the others."""
    for part in ("train", "test"):
        file = data / "sgd" / part / "dialogues_001.json"
        rows = json.loads(file.read_text())
        bad = [
            change(dialogue("Trains_1", 100 + number))
            for number, (_, change) in enumerate(BROKEN)
        ]
        file.write_text(json.dumps([*bad, *rows]))
    return data


def test_malformed_dialogues_end_neither_dataset_nor_build_nor_benchmark(
    broken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = CraDataset(dataset_path=str(broken / "sgd"), split="test")
    ledger = found.ledgers[0]
    assert (ledger.read, ledger.kept) == (12 + len(BROKEN), 9)
    rejected = [e for e in ledger.entries if e.action == "rejected"]
    assert len(rejected) == len(BROKEN) + 3
    assert all(e.detail for e in rejected)

    loaded = load_cra_actions(data=broken / "sgd", part="test")
    assert loaded.usable == 9
    assert sum(loaded.left_out.values()) == len(BROKEN) + 3

    monkeypatch.setenv("COALM_DATA_DIR", str(broken))
    options = BuildOptions(only=("cra",), overlaps=False, on_missing="error")
    built = build(tmp_path / "built", options, workers=1)
    (account,) = built.accounts
    assert (account.read, account.kept) == (12 + len(BROKEN), 9)
    lines = (tmp_path / "built" / "ledger.jsonl").read_text().splitlines()
    assert len(lines) == len(BROKEN) + 3


@pytest.mark.parametrize(("name", "change"), BROKEN, ids=[name for name, _ in BROKEN])
def test_data_of_malformed_dialogues_alone_is_one_error(
    data: Path, name: str, change: Callable[[dict[str, Any]], Any]
) -> None:
    file = data / "sgd" / "test" / "dialogues_001.json"
    file.write_text(json.dumps([change(dialogue("Trains_1", 1))]))
    # A list without one object is no file of dialogues; else the first one is named.
    told = r"dialogues_001\.json: expected a JSON list|first row that was rejected is test/"
    with pytest.raises(CoalmError, match=told):
        CraDataset(dataset_path=str(data / "sgd"), split="test")


@pytest.mark.parametrize("error", [ValueError("no"), KeyError("slot")])
def test_whatever_is_wrong_with_one_the_others_stay(
    data: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    judge = grounded.judge_observation

    def judged(moment: Any, *rest: Any) -> list[str]:
        if moment.service.name == "Trains_1":
            raise error
        return judge(moment, *rest)

    monkeypatch.setattr(grounded, "judge_observation", judged)
    found = CraDataset(dataset_path=str(data / "sgd"), split="test")
    assert (found.ledgers[0].read, found.ledgers[0].kept) == (12, 6)
    assert repr(error) in found.ledgers[0].entries[0].detail


@pytest.mark.parametrize(
    ("call", "seen"),
    [
        (FunctionCall("find boat", {}), None),
        (FunctionCall("find", {"to=": "Rye"}), None),
        (FunctionCall("find", {"to": float("inf")}), None),
        (FunctionCall("find", {}), {"half": "\ud800"}),
    ],
)
def test_a_stored_dialogue_that_no_line_can_hold_is_told(
    call: FunctionCall, seen: Any
) -> None:
    turn = CraTurn("Go.", "I go.", Step(call, seen, "I went."), "Gone.")
    found = validated_dialogue(
        CraDialogue("a", (turn,)), FunctionCatalogue(()), today=None
    )
    assert found.problem.startswith("turn 0: ")
    assert found.rows == ()
