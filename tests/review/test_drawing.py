"""Which dialogues are reviewed, and how they are read from rows and dialogues."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.cra.review.dialogues import Line, draw_sample
from coalm_oumi.errors import CoalmError, DataNotFoundError
from tests.review.conftest import row, write_rows

TURN = ["User: Hi {0}", "Thought: A greeting.", "System: Hello."]


def rows_of(name: str, *, named: bool = True) -> list[dict[str, Any]]:
    """The three samples of a dialogue of two turns."""
    first = [line.format(name) for line in TURN]
    question = f"User: A ferry?\nThought: FindFerry will do for {name}."
    call = f"Action: FindFerry(port='{name}')"
    told = f"{question}\n{call}\nObservation: {{'count': 0}}\nThought: None."
    rows = [
        row([], "\n".join(first[:2]), first[2]),
        row(first, question, call),
        row(first, told, "System: No."),
    ]
    if named:
        for number, one in zip((0, 1, 1), rows, strict=True):
            one.update(source="sgd", record_id=f"train/{name}#{number}")
    return rows


@pytest.mark.parametrize("named", [True, False])
def test_the_longest_row_is_the_dialogue(tmp_path: Path, named: bool) -> None:
    rows = [*rows_of("Ely", named=named), *rows_of("Hull", named=named)]
    # The prompts of other parts of a mixture are passed over.
    rows.insert(2, {"instruction": "You are a tool calling assistant.", "input": "x"})
    rows[2]["output"] = "y"
    path = write_rows(tmp_path / "rows.jsonl", [rows[i] for i in (5, 2, 0, 3, 6, 1, 4)])
    drawn = draw_sample(path, n=10, seed=1)
    assert (drawn.ledger.read, drawn.of) == (7, 2)
    found = {dialogue.lines[0].text: dialogue for dialogue in drawn.dialogues}
    assert set(found) == {"Hi Ely", "Hi Hull"}
    ely = found["Hi Ely"]
    assert ely.lines == (
        Line("User", "Hi Ely"),
        Line("Thought", "A greeting."),
        Line("System", "Hello."),
        Line("User", "A ferry?"),
        Line("Thought", "FindFerry will do for Ely."),
        Line("Action", "FindFerry(port='Ely')"),
        Line("Observation", "{'count': 0}"),
        Line("Thought", "None."),
        Line("System", "No."),
    )
    assert ely.called == ("FindFerry",)
    assert ely.signatures == (("FindFerry", ("port", "hour")),)
    assert ely.record_id == ("train/Ely" if named else "rows.jsonl#3")


def test_seed_and_names_alone_decide_the_sample(tmp_path: Path) -> None:
    rows = [one for n in range(40) for one in rows_of(f"p{n}")]
    path = write_rows(tmp_path / "rows.jsonl", rows)
    back = write_rows(tmp_path / "back.jsonl", rows[::-1])

    def names(file: Path, n: int, seed: int) -> list[str]:
        return [d.record_id for d in draw_sample(file, n=n, seed=seed).dialogues]

    ten = names(path, 10, 1)
    assert len(set(ten)) == 10
    assert names(back, 10, 1) == ten
    assert names(path, 20, 1)[:10] == ten
    assert set(names(path, 10, 2)) != set(ten)
    assert set(names(path, 100, 1)) == {f"train/p{n}" for n in range(40)}


def test_dialogues_are_read_with_all_their_calls(tmp_path: Path) -> None:
    step = {
        "call": {"name": "FindFerry", "arguments": {"port": "Ely", "hour": 2}},
        "observation": [None, True],
        "thought2": "Then the fare.",
    }
    further = {
        "call": "GetFare(port='Ely')",
        "observation": "12",
        "thought2": "It is 12.",
    }
    turn = {"user": "A ferry?", "thought": "Look.", **step, "further": [further]}
    entry = {"record_id": "1_0", "turns": [{**turn, "response": "12 euros."}]}
    folder = tmp_path / "generated"
    folder.mkdir()
    write_rows(folder / "dialogues.jsonl", [entry])
    (folder / "rejected.jsonl").write_text("{}")
    (found,) = draw_sample(folder, n=5, seed=1).dialogues
    assert (found.record_id, found.called) == ("1_0", ("FindFerry", "GetFare"))
    assert [(line.role, line.text) for line in found.lines] == [
        ("User", "A ferry?"),
        ("Thought", "Look."),
        ("Action", "FindFerry(port='Ely', hour=2)"),
        ("Observation", "[None, True]"),
        ("Thought", "Then the fare."),
        ("Action", "GetFare(port='Ely')"),
        ("Observation", "'12'"),
        ("Thought", "It is 12."),
        ("System", "12 euros."),
    ]


TOLD = {"record_id": "good", "turns": [{"user": "Hi", "thought": "", "response": "."}]}


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("dialogue", "row unusable: expected an object"),
        ({"turns": []}, "record_id unusable: expected text"),
        ({"record_id": "a", "turns": []}, "turns unusable: expected a list"),
        ({"record_id": "a"}, "turns unusable: expected a list"),
        ({"record_id": "a", "turns": ["x"]}, "turns[0] unusable: expected an object"),
        (
            {"record_id": "a", "turns": [{"user": "x"}]},
            "turns[0] unusable: expected a turn of CRA",
        ),
        (
            {"record_id": "a", "turns": [{**TOLD["turns"][0], "further": 3}]},
            "turns[0].further unusable: expected a list",
        ),
        (
            {"record_id": "a", "turns": [{**TOLD["turns"][0], "further": [3]}]},
            "turns[0] unusable: expected a turn of CRA",
        ),
        (
            {
                "record_id": "a",
                "turns": [
                    {
                        **TOLD["turns"][0],
                        "call": {"name": "find ferry", "arguments": {}},
                    }
                ],
            },
            "turns[0] unusable: expected a turn of CRA",
        ),
        (
            {
                "record_id": "a",
                "turns": [
                    {"user": "x", "thought": "", "response": "", "call": "exec('x')"}
                ],
            },
            "turns[0] unusable: expected a turn of CRA",
        ),
    ],
)
def test_a_malformed_dialogue_is_left_out_and_named(
    tmp_path: Path, entry: Any, why: str
) -> None:
    path = write_rows(tmp_path / "dialogues.jsonl", [entry, TOLD, entry])
    drawn = draw_sample(path, n=9, seed=1)
    assert [d.record_id for d in drawn.dialogues] == ["good"]
    assert (drawn.ledger.read, drawn.ledger.kept) == (3, 1)
    assert drawn.ledger.first_rejection().startswith(f"dialogues.jsonl#0: {why}")
    alone = write_rows(tmp_path / "alone.jsonl", [entry])
    with pytest.raises(CoalmError, match=r"alone\.jsonl: "):
        draw_sample(alone, n=1, seed=1)


def test_a_line_that_is_cut_is_left_out_and_named(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "dialogues.jsonl", [TOLD, TOLD])
    path.write_text('{"rec\n' + path.read_text()[:-9])
    drawn = draw_sample(path, n=9, seed=1)
    assert [d.record_id for d in drawn.dialogues] == ["good"]
    assert drawn.ledger.read == 3
    assert "line 1 is not JSON" in drawn.ledger.first_rejection()


@pytest.mark.parametrize(
    "broken",
    [
        *(None, "row", 3, {}, {"instruction": "a"}),
        *(
            {"instruction": "a", "input": "", "output": wrong}
            for wrong in (3, None, [])
        ),
    ],
)
def test_a_broken_row_is_left_out_wherever_it_stands(
    tmp_path: Path, broken: Any
) -> None:
    rows = rows_of("Ely")
    path = write_rows(tmp_path / "rows.jsonl", [broken, *rows, broken])
    drawn = draw_sample(path, n=9, seed=1)
    assert [d.record_id for d in drawn.dialogues] == ["train/Ely"]
    assert (drawn.ledger.read, drawn.ledger.kept) == (5, 3)


def test_a_file_without_cra_is_refused(tmp_path: Path) -> None:
    plain = {
        "instruction": "You are a tool calling assistant.",
        "input": "",
        "output": "",
    }
    path = write_rows(tmp_path / "rows.jsonl", [plain])
    with pytest.raises(CoalmError, match="it has no CRA dialogue"):
        draw_sample(path, n=1, seed=1)
    with pytest.raises(DataNotFoundError, match="does not exist"):
        draw_sample(tmp_path / "none.jsonl", n=1, seed=1)


def test_a_build_is_read(tmp_path: Path) -> None:
    from coalm_oumi.mixture import BuildOptions, build

    options = BuildOptions(
        only=("cra",), limit=6, on_missing="embedded", overlaps=False
    )
    build(tmp_path / "built", options)
    drawn = draw_sample(tmp_path / "built", n=4, seed=1)
    assert (len(drawn.dialogues), drawn.of) == (4, 6)
    for dialogue in drawn.dialogues:
        assert dialogue.source == "sgd"
        assert dialogue.lines[0].role == "User"
        assert dialogue.lines[-1].role == "System"
        listed = {name for name, _ in dialogue.signatures}
        assert set(dialogue.called) <= listed
    samples = json.loads((tmp_path / "built" / "manifest.json").read_text())["samples"]
    assert drawn.ledger.read == samples["cra"]
