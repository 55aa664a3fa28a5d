"""A build, and a dataset, of APIs of one's own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.errors import CoalmError, OptionError
from coalm_oumi.mixture import BuildOptions, build


@pytest.fixture
def example(repository: Path, tmp_path: Path) -> Path:
    """A copy of the example's folder."""
    return Path(shutil.copytree(repository / "configs" / "own_apis", tmp_path / "own"))


def options(example: Path, **more: Any) -> BuildOptions:
    return BuildOptions(
        only=("cra",),
        overlaps=False,
        catalogue=str(example / "openapi.yaml"),
        dialogues=str(example / "dialogues.jsonl"),
        **more,
    )


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_the_part_is_made_of_the_users_files(example: Path, tmp_path: Path) -> None:
    with (example / "dialogues.jsonl").open("a") as file:
        call = {"name": "mendBike", "arguments": {}}
        turn = {"user": "Mend it!", "system": "Well.", "call": call, "result": None}
        file.write(json.dumps({"id": "odd", "turns": [turn]}) + "\n")

    built = build(tmp_path / "out", options(example))

    assert built.manifest["samples"] == {"cra": 62}
    (account,) = built.accounts
    assert (account.source, account.read, account.kept) == ("own_apis", 11, 10)
    ledger = (tmp_path / "out" / "ledger.jsonl").read_text().splitlines()
    assert json.loads(ledger[0]) == {
        "source": "own_apis",
        "record_id": "own/odd",
        "action": "rejected",
        "reason": "a call that the catalogue does not allow",
        "detail": "turn 0: the function 'mendBike' is not listed",
    }
    source = built.manifest["sources"]["own_apis"]
    assert [file["path"] for file in source["files"]] == [
        "openapi.yaml",
        "dialogues.jsonl",
    ]
    text = (tmp_path / "out" / "jsonl" / "train-00000-of-00001.jsonl").read_text()
    rows = [json.loads(line) for line in text.splitlines()]
    assert {(row["part"], row["source"]) for row in rows} == {("cra", "own_apis")}
    card = (tmp_path / "out" / "README.md").read_text()
    assert "made of the 5 functions of openapi.yaml, not of SGD" in card
    assert "--catalogue" in card


def test_processes_change_no_byte(example: Path, tmp_path: Path) -> None:
    build(tmp_path / "one", options(example), workers=1)
    build(tmp_path / "two", options(example), workers=2)
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_a_catalogue_needs_dialogues_and_the_part() -> None:
    with pytest.raises(OptionError, match=r"--dialogues.*go together"):
        BuildOptions(catalogue="a.yaml")
    with pytest.raises(OptionError, match=r"--catalogue.*go together"):
        BuildOptions(dialogues="a.jsonl")
    with pytest.raises(OptionError, match="for the part cra"):
        BuildOptions(catalogue="a.yaml", dialogues="a.jsonl", only=("snips",))


def test_a_missing_file_is_said_before_anything_is_made(
    example: Path, tmp_path: Path
) -> None:
    (example / "dialogues.jsonl").unlink()
    with pytest.raises(CoalmError, match=r"dialogues.jsonl: the file does not exist"):
        build(tmp_path / "out", options(example))


def test_the_command_of_the_card_builds_the_same(example: Path) -> None:
    assert options(example).command() == (
        f"coalm build --output coalm-it --seed 42 --only cra --catalogue "
        f"{example}/openapi.yaml --dialogues {example}/dialogues.jsonl --no-overlaps"
    )


def test_card_is_of_the_users_apis_and_not_of_coalm_it(
    example: Path, tmp_path: Path
) -> None:
    build(tmp_path / "out", options(example))

    card = (tmp_path / "out" / "README.md").read_text()

    title = "ReAct dialogues about the functions of openapi.yaml"
    assert f'pretty_name: "{title}"' in card
    assert f"# {title}\n" in card
    assert "license: other" in card
    assert "holds nothing of CoALM-IT" in card
    for other in ("rebuilt from its sources", "Table 1", "xLAM", "SNIPS"):
        assert other not in card
