"""Dialogues and goals are read from the published layouts."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.environments.multiwoz import Dialogue, DialogueTurn, MultiwozData
from coalm_oumi.environments.multiwoz.data.dialogues import read_dialogues
from coalm_oumi.environments.multiwoz.data.goals import DomainGoal, scorer_goal
from coalm_oumi.environments.multiwoz.data.load import load_multiwoz
from coalm_oumi.errors import DataFormatError, DataNotFoundError
from tests.environments.multiwoz.cambridge import DATA, write_cambridge


def test_a_dialogue(cambridge: MultiwozData) -> None:
    dialogue = cambridge.dialogues["sng0001"]
    assert dialogue.message == ("You want a thai restaurant",)
    assert dialogue.turns == (
        DialogueTurn(
            "Thai food in the east?",
            "The Blue Heron, 01223000001.",
            {"restaurant": {"area": "east", "food": "thai"}},
        ),
        DialogueTurn(
            "A table for two, Friday at six.",
            "Booked. The reference is AB12CD34.",
            {
                "restaurant": {
                    "area": "east",
                    "food": "thai",
                    "people": "2",
                    "day": "friday",
                    "time": "18:00",
                }
            },
            booked=("restaurant",),
            references=(("reference", "AB12CD34"),),
        ),
    )


def test_a_taxi_is_not_among_the_booked_domains(cambridge: MultiwozData) -> None:
    turn = cambridge.dialogues["mul0002"].turns[1]
    assert turn.booked == ()
    assert turn.references == (("phone", "07123456789"), ("type", "red skoda"))


def test_the_dialogue_that_papers_drop_is_no_case(cambridge: MultiwozData) -> None:
    assert cambridge.test_ids == ("sng0001", "mul0002")
    assert "pmul1455" in cambridge.dialogues


def test_goals_in_the_scorers_form(cambridge: MultiwozData) -> None:
    assert cambridge.goals["sng0001"] == {
        "restaurant": DomainGoal(
            {"area": "east", "food": "thai"}, ("PHONE", "REFERENCE")
        )
    }
    # Of a train only its id and the booking's reference can be asked of a reply.
    assert cambridge.goals["mul0002"] == {
        "train": DomainGoal(
            {"day": "friday", "departure": "ely", "leave": "17:15"}, ("TRAINID",)
        ),
        "taxi": DomainGoal({"arrive": "18:00"}, ("PHONE",)),
    }


@pytest.mark.parametrize("form", ["json", "gzip", "zip"])
def test_packed_files_give_the_same(
    tmp_path: Path, form: str, cambridge: MultiwozData
) -> None:
    text, path = json.dumps(DATA, indent=1), tmp_path / f"data.{form}"
    if form == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("MULTIWOZ2.4/data.json", text)
            archive.writestr("MULTIWOZ2.4/ontology.json", "{}")
    else:
        data = text.encode()
        path.write_bytes(gzip.compress(data) if form == "gzip" else data)
    assert read_dialogues(path) == tuple(cambridge.dialogues.values())


def test_only_the_dialogues_of_the_test_list_are_read(tmp_path: Path) -> None:
    folder = write_cambridge(tmp_path / "multiwoz24")
    (folder / "testListFile.json").write_text("SNG0001.json\n")
    assert [*load_multiwoz(data=folder).dialogues] == ["sng0001"]


def test_the_test_list_may_lie_in_the_archive(tmp_path: Path) -> None:
    folder = write_cambridge(tmp_path / "multiwoz24")
    with zipfile.ZipFile(folder / "MULTIWOZ2.4.zip", "w") as archive:
        for name in ("data.json", "testListFile.json"):
            text = (folder / name).read_text().replace("SNG0001.json\n", "")
            archive.writestr(f"MULTIWOZ2.4/{name}", text)
            (folder / name).unlink()
    assert [*load_multiwoz(data=folder).dialogues] == ["mul0002", "pmul1455"]


def test_all_of_the_data_without_a_test_list_is_refused(tmp_path: Path) -> None:
    folder = write_cambridge(tmp_path / "multiwoz24")
    (folder / "testListFile.json").unlink()
    one = DATA["PMUL1455.json"]
    (folder / "data.json").write_text(json.dumps({f"S{n}": one for n in range(1001)}))
    with pytest.raises(DataNotFoundError, match=r"expected testListFile.json beside"):
        load_multiwoz(data=folder)


def test_the_joined_layout(tmp_path: Path) -> None:
    log = DATA["SNG0001.json"]["log"]
    turn = {
        "user": log[2]["text"],
        "system": log[3]["text"],
        "state_2.4": {"restaurant": {"food": "thai>british", "day": "not mentioned"}},
        "metadata_2.1": log[3]["metadata"],
    }
    path = tmp_path / "test_joined.json"
    path.write_text(
        json.dumps([{"dialogue_id": "SNG0001", "goal": {}, "turns": [turn]}])
    )
    (dialogue,) = read_dialogues(path)
    assert dialogue.turns[0].state == {"restaurant": {"food": "thai|british"}}
    assert dialogue.turns[0].booked == ("restaurant",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "none of the test dialogues"),
        ("7", "expected a JSON object or list"),
        ('{"SNG0001.json": {"goal": {}, "log": [', "breaks off"),
        ('{"SNG0001.json": {"log": []}}', "no 'goal'"),
        ('{"SNG0001.json": {"goal": {}, "log": [{}]}}', "do not take turns"),
        ('{"SNG0001.json": {"goal": {}, "log": []}}', "no turns"),
        ('{"SNG0001.json": 3}', "not a dialogue"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "data.json"
    path.write_text(text)
    with pytest.raises(DataFormatError, match=message):
        read_dialogues(path)


def test_a_folder_without_dialogues(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match="expected the dialogues in one of"):
        load_multiwoz(data=tmp_path)


def test_a_damaged_database(tmp_path: Path) -> None:
    folder = write_cambridge(tmp_path / "multiwoz24")
    (folder / "db" / "hotel_db.json").write_text('[{"id": "0", "name": 3}]')
    with pytest.raises(DataFormatError, match=r"hotel_db.json: row 0, field 'name'"):
        load_multiwoz(data=folder)


def test_real_test_dialogues(real_multiwoz: MultiwozData) -> None:
    turns = [t for d in real_multiwoz.dialogues.values() if d.in_999 for t in d.turns]
    assert (len(real_multiwoz.dialogues), len(real_multiwoz.test_ids)) == (1000, 999)
    assert (len(turns), sum(not turn.state for turn in turns)) == (7368, 113)


def test_real_ids_are_those_of_the_joined_file(
    real_multiwoz: MultiwozData, real_folder: Path
) -> None:
    joined = json.loads(
        gzip.decompress((real_folder / "test_joined.json.gz").read_bytes())
    )
    ids = tuple(d["dialogue_id"].lower() for d in joined if d["in_999"])
    assert real_multiwoz.test_ids == ids


def test_real_goals_are_the_scorers(
    real_multiwoz: MultiwozData, golden: Callable[[str], Any]
) -> None:
    def plain(goal: Any) -> Any:
        return {
            d: (dict(g["informable"]), {*g["requestable"]}) for d, g in goal.items()
        }

    expected = {key: plain(goal) for key, goal in golden("goals.json.gz").items()}
    built = {
        key: {d: (dict(g.informable), {*g.requestable}) for d, g in goal.items()}
        for key, goal in real_multiwoz.goals.items()
    }
    assert built == expected


def test_real_bookings_are_the_scorers(
    real_multiwoz: MultiwozData, real_folder: Path
) -> None:
    text = gzip.decompress((real_folder / "booked_domains.json.gz").read_bytes())
    booked = json.loads(text)
    for key, dialogue in real_multiwoz.dialogues.items():
        assert [{*turn.booked} for turn in dialogue.turns] == [
            {*domains} for domains in booked[key]
        ]


def test_the_official_layout_gives_the_same_dialogues(
    real_multiwoz: MultiwozData, real_folder: Path
) -> None:
    # Its states are those of 2.1.
    def but_states(dialogue: Dialogue) -> Any:
        return dialogue.message, [
            (t.user, t.system, t.booked, t.references) for t in dialogue.turns
        ]

    official = read_dialogues(real_folder / "multiwoz21_test.json.zip")
    assert [d.id for d in official] == [*real_multiwoz.dialogues]
    for dialogue in official:
        known = real_multiwoz.dialogues[dialogue.id]
        assert but_states(dialogue) == but_states(known)
        assert scorer_goal(dialogue.goal) == real_multiwoz.goals[dialogue.id]
