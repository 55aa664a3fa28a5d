"""The reader of SGD: folders and archives, the layout of 2019, damaged files."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.errors import DataFormatError, DataNotFoundError, OptionError
from coalm_oumi.sources import Ledger, Sgd, read_sgd, read_sgd_schemas
from coalm_oumi.sources.sgd import OTHER_FORM
from coalm_oumi.sources.sgd_dialogue import DialogueAct, Frame, ServiceCall

SERVICE = {
    "service_name": "Ferries_1",
    "description": "Finds ferries",
    "slots": [
        {
            "name": "port",
            "description": "Port of departure",
            "is_categorical": True,
            "possible_values": ["Harwich", "Hull"],
        },
        {
            "name": "fare",
            "description": "Fare",
            "is_categorical": False,
            "possible_values": [],
        },
    ],
    "intents": [
        {
            "name": "FindFerry",
            "description": "Find a ferry",
            "is_transactional": False,
            "required_slots": ["port"],
            "optional_slots": {},
            "result_slots": ["port", "fare"],
        }
    ],
}


def act(kind: str, slot: str = "", *values: str, canonical: bool = True) -> Any:
    found = {"act": kind, "slot": slot, "values": list(values)}
    return found | ({"canonical_values": list(values)} if canonical else {})


def dialogue(name: str = "1_00000") -> dict[str, Any]:
    """One exchange with a call."""
    user = {
        "service": "Ferries_1",
        "slots": [{"slot": "port", "start": 11, "exclusive_end": 15}],
        "actions": [act("INFORM", "port", "Hull")],
        "state": {
            "active_intent": "FindFerry",
            "requested_slots": ["fare"],
            "slot_values": {"port": ["Hull"]},
        },
    }
    system = {
        "service": "Ferries_1",
        "slots": [],
        "actions": [act("OFFER", "fare", "12")],
        "service_call": {"method": "FindFerry", "parameters": {"port": "Hull"}},
        "service_results": [{"port": "Hull", "fare": "12"}],
    }
    return {
        "dialogue_id": name,
        "services": ["Ferries_1"],
        "turns": [
            {"speaker": "USER", "utterance": "Ferry from Hull?", "frames": [user]},
            {"speaker": "SYSTEM", "utterance": "For 12.", "frames": [system]},
        ],
    }


def of_2019(found: dict[str, Any]) -> dict[str, Any]:
    """The same dialogue as the release of 2019 had it."""
    for turn in found["turns"]:
        for frame in turn["frames"]:
            for key in ("service_call", "service_results"):
                frame.pop(key, None)
            if turn["speaker"] == "USER":
                del frame["actions"]
            for entry in frame.get("actions", ()):
                del entry["canonical_values"]
    return found


def write(root: Path, *rows: Any, part: str = "train") -> Path:
    folder = root / part
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "schema.json").write_text(json.dumps([SERVICE]))
    (folder / "dialogues_001.json").write_text(json.dumps(list(rows)))
    return root


def archived(root: Path, target: Path, *names: str, prefix: str = "") -> Path:
    with tarfile.open(target, "w:xz") as archive:
        for name in names or sorted(
            str(p.relative_to(root)) for p in root.rglob("*.json")
        ):
            archive.add(root / name, prefix + name)
    return target


def test_a_dialogue_is_read_with_call_results_acts_and_state(tmp_path: Path) -> None:
    (found,) = read_sgd(write(tmp_path, dialogue()), "train")
    user, system = found.turns
    assert found.record_id == "train/1_00000"
    assert (user.speaker, user.utterance) == ("USER", "Ferry from Hull?")
    state = user.frames[0].state
    assert state is not None
    assert state.active_intent == "FindFerry"
    assert state.requested_slots == ("fare",)
    assert state.slot_values == {"port": ("Hull",)}
    span = user.frames[0].spans[0]
    assert (span.slot, user.utterance[span.start : span.end]) == ("port", "Hull")
    assert system.frames == (
        Frame(
            "Ferries_1",
            (DialogueAct("OFFER", "fare", ("12",), ("12",)),),
            call=ServiceCall("FindFerry", {"port": "Hull"}),
            results=({"port": "Hull", "fare": "12"},),
        ),
    )


def test_a_schema_is_read(tmp_path: Path) -> None:
    (service,) = read_sgd_schemas(write(tmp_path, dialogue()), "train")
    assert service.slot["port"].possible_values == ("Harwich", "Hull")
    assert service.slot["port"].is_categorical
    assert service.intent["FindFerry"].required_slots == ("port",)
    assert not service.intent["FindFerry"].is_transactional


def test_every_place_gives_the_same(tmp_path: Path) -> None:
    root = write(tmp_path / "unpacked", dialogue(), dialogue("1_00001"))
    (tmp_path / "packed").mkdir()
    archive = archived(root, tmp_path / "packed" / "sgd_train.tar.xz")
    expected = list(read_sgd(root, "train"))
    for place in (root / "train", tmp_path / "packed", archive):
        assert list(read_sgd(place, "train")) == expected


def test_files_are_read_in_the_order_of_names_wherever_they_lie(tmp_path: Path) -> None:
    root = write(tmp_path / "unpacked", dialogue("1_00000"))
    second = root / "train" / "dialogues_002.json"
    second.write_text(json.dumps([dialogue("2_00000")]))
    names = ("dialogues_002.json", "schema.json", "dialogues_001.json")
    archive = archived(
        root, tmp_path / "sgd_train.tar.xz", *(f"train/{name}" for name in names)
    )
    for place in (root, archive):
        ids = [d.dialogue_id for d in read_sgd(place, "train")]
        assert ids == ["1_00000", "2_00000"]


def test_the_publisher_s_archive_is_read_without_its_other_schemas(
    tmp_path: Path,
) -> None:
    root = write(tmp_path / "repository", dialogue())
    other = root / "sgd_x" / "data" / "v1" / "train"
    other.mkdir(parents=True)
    (other / "schema.json").write_text("[]")
    archive = archived(root, tmp_path / "sgd.tar.xz", prefix="dstc8-1234/")
    assert [s.name for s in Sgd(archive, "train").schemas] == ["Ferries_1"]


def test_an_archive_leaves_nothing_behind(tmp_path: Path) -> None:
    root = write(tmp_path / "unpacked", dialogue())
    packed = tmp_path / "packed"
    packed.mkdir()
    archive = archived(root, packed / "sgd_train.tar.xz")
    assert len(list(read_sgd(packed, "train"))) == 1
    assert list(packed.iterdir()) == [archive]


def test_names_that_lead_out_and_links_are_not_followed(tmp_path: Path) -> None:
    root = write(tmp_path / "unpacked", dialogue())
    target = tmp_path / "sgd_train.tar.xz"
    with tarfile.open(target, "w:xz") as archive:
        archive.add(root / "train", "train")
        secret = tarfile.TarInfo("train/dialogues_009.json")
        secret.type, secret.linkname = tarfile.SYMTYPE, "/etc/hostname"
        archive.addfile(secret)
        outside = tarfile.TarInfo("../../train/dialogues_001.json")
        outside.size = 2
        archive.addfile(outside, io.BytesIO(b"[]"))
    assert len(list(read_sgd(target, "train"))) == 1


def test_a_cut_archive_is_told(tmp_path: Path) -> None:
    root = write(tmp_path / "unpacked", *(dialogue(str(n)) for n in range(50)))
    archive = archived(root, tmp_path / "sgd_train.tar.xz")
    archive.write_bytes(archive.read_bytes()[:-200])
    with pytest.raises(DataFormatError, match=r"sgd_train\.tar\.xz: .*truncated"):
        list(read_sgd(archive, "train"))


def test_a_cut_file_is_told_with_its_place(tmp_path: Path) -> None:
    root = write(tmp_path, dialogue())
    file = root / "train" / "dialogues_001.json"
    file.write_text(file.read_text()[:-30])
    with pytest.raises(DataFormatError, match=r"dialogues_001\.json: the JSON.*trunc"):
        list(read_sgd(root, "train"))


def test_dialogues_of_the_2019_layout_go_into_the_ledger(tmp_path: Path) -> None:
    rows = [dialogue("1_00000"), of_2019(dialogue("1_00001"))]
    ledger = Ledger("sgd")
    kept = list(read_sgd(write(tmp_path, *rows), "train", ledger=ledger))
    assert [d.dialogue_id for d in kept] == ["1_00000"]
    assert (ledger.read, ledger.kept) == (2, 1)
    (entry,) = ledger.entries
    assert entry.record_id == "train/1_00001"
    assert entry.reason == "no service calls (layout of 2019)"
    assert entry.detail == "dialogues_001.json"


def test_an_outcome_without_its_call_goes_into_the_ledger(tmp_path: Path) -> None:
    bad = dialogue()
    bad["turns"] += dialogue()["turns"]
    frame = bad["turns"][3]["frames"][0]
    del frame["service_call"], frame["service_results"]
    frame["actions"] = [act("NOTIFY_SUCCESS")]
    ledger = Ledger("sgd")
    assert list(read_sgd(write(tmp_path, bad), "train", ledger=ledger)) == []
    assert ledger.entries[0].reason == "a service call is missing"


def changed(path: str, value: Any) -> dict[str, Any]:
    found: Any = dialogue()
    *way, last = path.split("/")
    place = found
    for step in way:
        place = place[int(step)] if step.isdigit() else place[step]
    place[last] = value
    return found


@pytest.mark.parametrize(
    ("row", "field", "why"),
    [
        (["no", "object"], "turns", "expected a list"),
        (changed("dialogue_id", 7), "dialogue_id", "expected text"),
        (changed("turns", []), "turns", "pairs"),
        (changed("turns", dialogue()["turns"][:1]), "turns", "pairs"),
        (changed("turns/0/speaker", "BOT"), "turns[0].speaker", "USER or SYSTEM"),
        (changed("turns/0/speaker", "SYSTEM"), "turns[0]", "a USER turn"),
        (changed("turns/1/frames", []), "turns[1]", "at least one frame"),
        (changed("turns/0/frames/0/service", "Buses_1"), "turns[0].frames", "unknown"),
        (
            changed("turns/1/frames/0/service_call/method", "BookFerry"),
            "turns[1].service_call",
            "unknown",
        ),
        (
            changed("turns/1/frames/0/service_call/parameters", {"port": 1}),
            "turns[1].frames[0].service_call.parameters",
            "texts as values",
        ),
        (
            changed("turns/1/frames/0/service_results", {}),
            "turns[1].frames[0].service_results",
            "expected a list",
        ),
        (
            changed("turns/0/frames/0/actions", [{"act": "INFORM", "slot": "port"}]),
            "turns[0].frames[0].actions.values",
            "expected a list",
        ),
    ],
)
def test_a_dialogue_of_another_form_is_a_line_of_the_ledger_with_its_place(
    tmp_path: Path, row: Any, field: str, why: str
) -> None:
    ledger = Ledger("sgd")
    root = write(tmp_path, dialogue(), row, dialogue("1_00002"))
    kept = list(read_sgd(root, "train", ledger=ledger))
    assert [d.dialogue_id for d in kept] == ["1_00000", "1_00002"]
    assert (ledger.read, ledger.kept) == (3, 2)
    (entry,) = ledger.entries
    named = isinstance(row, dict) and field != "dialogue_id"
    assert entry.record_id == (
        "train/1_00000" if named else "train/dialogues_001.json#1"
    )
    assert entry.reason == OTHER_FORM
    assert entry.detail.startswith(f"dialogues_001.json, row 1, field '{field}': ")
    assert why in entry.detail


@pytest.mark.parametrize("text", ["[" * 100_000, '[{"a": 1, "a": 2}]', "{}", "\xff"])
def test_hostile_files_are_told(tmp_path: Path, text: str) -> None:
    root = write(tmp_path, dialogue())
    (root / "train" / "dialogues_001.json").write_text(text, "latin-1")
    with pytest.raises(DataFormatError, match=r"dialogues_001\.json"):
        list(read_sgd(root, "train"))


@pytest.mark.parametrize(
    ("field", "value"),
    [("slots", None), ("service_name", 3), ("intents", [{"name": "F"}])],
)
def test_a_schema_of_another_form_is_told(
    tmp_path: Path, field: str, value: Any
) -> None:
    root = write(tmp_path, dialogue())
    schema = json.dumps([SERVICE | {field: value}])
    (root / "train" / "schema.json").write_text(schema)
    with pytest.raises(DataFormatError, match=r"schema\.json: row 0, field"):
        read_sgd_schemas(root, "train")


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match="does not exist"):
        read_sgd_schemas(tmp_path / "no", "train")
    with pytest.raises(DataNotFoundError, match=r"no train/dialogues_\*\.json"):
        read_sgd_schemas(tmp_path, "train")
    root = write(tmp_path, dialogue())
    with pytest.raises(DataNotFoundError, match=r"no dev/"):
        read_sgd_schemas(root, "dev")
    (root / "train" / "schema.json").unlink()
    with pytest.raises(DataNotFoundError, match=r"no train/schema\.json"):
        read_sgd_schemas(root, "train")


def test_an_unknown_part_is_refused(tmp_path: Path) -> None:
    part: Any = "valid"
    with pytest.raises(OptionError, match=r"'valid' is unknown.*train, dev, test"):
        read_sgd_schemas(tmp_path, part)


def test_the_real_development_part_is_read_whole(real_data: Path) -> None:
    ledger = Ledger("sgd dev")
    sgd = Sgd(real_data / "sgd", "dev")
    found = list(sgd.dialogues(ledger))
    assert (sgd.file_count, len(sgd.schemas)) == (17, 17)
    assert (ledger.read, ledger.entries) == (2098, [])
    assert sum(len(d.turns) for d in found) == 38_768
    calls = [f for d in found for t in d.turns for f in t.frames if f.call]
    assert len(calls) == 6_027
    assert sum(not f.results for f in calls) == 106
