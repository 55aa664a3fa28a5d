"""Every wrong input ends in one message that says what to do, and never in a trace."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.benchmarks.snips_dst import load_snips_dst
from tests.cli.conftest import Command, Ended, Write

Entry = dict[str, Any]

HAMMER = {"dataset_name": "coalm/hammer_masked"}
SNIPS = {"dataset_name": "coalm/snips_dst"}

XLAM_ROW = {
    "id": 7,
    "query": "Sort 3 and 1.",
    "tools": json.dumps(
        [
            {
                "name": "sort",
                "description": "Sorts.",
                "parameters": {"xs": {"description": "Numbers.", "type": "list"}},
            }
        ]
    ),
    "answers": json.dumps([{"name": "sort", "arguments": {"xs": [3, 1]}}]),
}
SNIPS_ROW = {
    "dialog_id": "gw_1",
    "domain": "GetWeather",
    "utterance": "Weather in Ely",
    "slot_values": {"city": "Ely"},
}


def said(ended: Ended) -> str:
    """What a command said, on one line: a console breaks lines where it likes."""
    return " ".join(ended.text.split())


def check_one_message(ended: Ended, *expected: str, code: int = 1) -> None:
    """Checks the exit code, and that there is one message and no trace."""
    text = said(ended)
    assert ended.code == code
    assert "Traceback" not in text
    assert text.count("Error: ") == 1
    # A console breaks long paths as well.
    unbroken = text.replace(" ", "")
    for part in expected:
        assert part.replace(" ", "") in unbroken, text


def rows(folder: Path, name: str, content: object) -> dict[str, str]:
    """Writes a data file, and returns the entry that makes a dataset read it."""
    path = folder / name
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    path.write_bytes(text)
    return {"dataset_path": str(path)}


def xlam(folder: Path, **changes: object) -> Entry:
    """A dataset over one row of xLAM's form, with some fields changed."""
    return HAMMER | rows(folder, "tools.json", [XLAM_ROW | changes])


def snips(folder: Path, **changes: object) -> Entry:
    """A dataset over one row of the SNIPS split, with some fields changed."""
    return SNIPS | rows(folder, "train.json", [SNIPS_ROW | changes])


def options(base: Entry, **kwargs: object) -> Entry:
    """A dataset over the embedded corpus, with options."""
    return base | {"dataset_kwargs": {"on_missing": "embedded", **kwargs}}


BAD_DATA: dict[str, tuple[Callable[[Path], Entry], tuple[str, ...]]] = {
    "missing file": (
        lambda at: HAMMER | {"dataset_path": str(at / "none.json")},
        ("none.json", "does not exist"),
    ),
    "missing folder": (
        lambda at: SNIPS | {"dataset_path": str(at / "none")},
        ("none", "does not exist"),
    ),
    "folder without data": (
        lambda at: SNIPS | {"dataset_path": str(at)},
        ("expected train.json",),
    ),
    "truncated JSON": (
        lambda at: HAMMER | rows(at, "tools.json", b'[{"id": 7, "query": "So'),
        ("tools.json", "line 1", "truncated"),
    ),
    "wrong encoding": (
        lambda at: HAMMER | rows(at, "tools.json", json.dumps([]).encode("utf-16")),
        ("tools.json", "expected UTF-8"),
    ),
    "no rows": (
        lambda at: HAMMER | rows(at, "tools.json", []),
        ("there is none in the data given", "tools.json"),
    ),
    "damaged Parquet": (
        lambda at: HAMMER | rows(at, "tools.parquet", b"PAR1"),
        ("tools.parquet", "cannot be read as parquet"),
    ),
    "markup in the data": (
        lambda at: HAMMER | rows(at, "tools.json", ["[/b] [bold"]),
        ("#0: row unusable", "[/b] [bold"),
    ),
    "unknown intent": (
        lambda at: snips(at, domain="GetWether"),
        ("train.json#0: domain", "did you mean 'GetWeather'?"),
    ),
    "unknown slot": (
        lambda at: snips(at, slot_values={"town": "Ely"}),
        ("train.json#0: ", "GetWeather has no such slot"),
    ),
    "field missing": (
        lambda at: snips(at, utterance=None),
        ("train.json#0: utterance unusable", "expected text"),
    ),
    "tools not JSON": (
        lambda at: xlam(at, tools="[{"),
        ("tools.json#7: tools unusable", "expected a JSON list of tools"),
    ),
    "call to a missing tool": (
        lambda at: xlam(at, answers='[{"name": "shuffle", "arguments": {}}]'),
        ("tools.json#7: answers unusable", "the call 'shuffle' names no listed tool"),
    ),
}

BAD_OPTIONS: dict[str, tuple[Entry, tuple[str, ...]]] = {
    "unknown option": (
        options(HAMMER, mask_ration=1),
        ("'dataset_kwargs'", "did you mean 'mask_ratio'?"),
    ),
    "mask_ratio 2": (options(HAMMER, mask_ratio=2), ("'mask_ratio'", "0 to 1")),
    "mask_ratio a word": (
        options(HAMMER, mask_ratio="much"),
        ("'mask_ratio'", "expected a number, found 'much'"),
    ),
    "copies 0": (options(HAMMER, copies=0), ("'copies'", "from 1")),
    "on_bad_row": (options(HAMMER, on_bad_row="skip"), ("'on_bad_row'", "reject")),
    "split tests": (
        options(SNIPS) | {"split": "tests"},
        ("'split'", "did you mean 'test'?"),
    ),
    "split of a set without": (
        options(HAMMER) | {"split": "test"},
        ("'split'", "only 'train'"),
    ),
    "layout": (options(SNIPS, layout="rwa"), ("'layout'", "did you mean 'raw'?")),
    "prompt_layout": (
        options(SNIPS, prompt_layout="alpacca"),
        ("'prompt_layout'", "did you mean 'alpaca'?"),
    ),
    "overlong": (options(SNIPS, overlong="cut"), ("'overlong'", "drop, error")),
    "on_missing": (
        options(SNIPS, on_missing="embeded"),
        ("'on_missing'", "did you mean 'embedded'?"),
    ),
}


@pytest.mark.parametrize("name", BAD_DATA)
def test_bad_training_data(
    name: str, oumi: Command, train_recipe: Write, tmp_path: Path
) -> None:
    dataset, expected = BAD_DATA[name]

    ended = oumi("train", "-c", train_recipe(dataset(tmp_path)))

    check_one_message(ended, *expected)


@pytest.mark.parametrize("name", BAD_OPTIONS)
def test_bad_option_of_a_dataset(name: str, oumi: Command, train_recipe: Write) -> None:
    dataset, expected = BAD_OPTIONS[name]

    ended = oumi("train", "-c", train_recipe(dataset))

    check_one_message(ended, *expected)


def test_every_sample_too_long(oumi: Command, train_recipe: Write) -> None:
    recipe = train_recipe(options(SNIPS), model_max_length=16)

    check_one_message(
        oumi("train", "-c", recipe), "longer than model_max_length (16 tokens)", "Raise"
    )


def test_missing_data_while_offline(oumi: Command, train_recipe: Write) -> None:
    ended = oumi("train", "-c", train_recipe(SNIPS))

    check_one_message(ended, "HF_HUB_OFFLINE=1", "COALM_DATA_DIR/snips/slotgated")


def test_gated_data_while_offline(oumi: Command, train_recipe: Write) -> None:
    ended = oumi("train", "-c", train_recipe(HAMMER))

    check_one_message(ended, "HF_HUB_OFFLINE=1", "Agree and access", "HF_TOKEN")


def test_data_folder_that_is_not_there(
    oumi: Command,
    train_recipe: Write,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("COALM_DATA_DIR", str(tmp_path / "dta"))

    ended = oumi("train", "-c", train_recipe(SNIPS))

    check_one_message(ended, "dta", "COALM_DATA_DIR", "not there")


def test_typo_in_a_field_of_a_recipe(oumi: Command, train_recipe: Write) -> None:
    recipe = train_recipe(options(SNIPS), model_max_lenght=512)

    check_one_message(oumi("train", "-c", recipe), "model.model_max_lenght")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"prompt_layot": "plain"}, ("'eval_kwargs'", "did you mean 'prompt_layout'?")),
        ({"prompt_layout": "chatml"}, ("'prompt_layout'", "plain, system, alpaca")),
        ({"split": "tests"}, ("'split'", "did you mean 'test'?")),
        ({"on_missing": "get"}, ("'on_missing'", "download, embedded, error")),
        ({"data": "none/here"}, ("none/here", "does not exist")),
        ({}, ("HF_HUB_OFFLINE=1", "coalm download snips_split")),
    ],
    ids=lambda value: " ".join(value) or "no data" if isinstance(value, dict) else "",
)
def test_bad_option_of_a_task(
    given: Entry,
    expected: tuple[str, ...],
    oumi: Command,
    evaluate_recipe: Write,
) -> None:
    if "data" not in given and given:
        given = {"on_missing": "embedded", **given}

    ended = oumi("evaluate", "-c", evaluate_recipe("snips_dst", **given))

    check_one_message(ended, *expected)


def predictions(folder: Path, change: Callable[[list[Entry]], object]) -> Path:
    """Writes predictions for the embedded test data, after `change` to the lines."""
    lines = [{"id": c.id, "prediction": ""} for c in load_snips_dst().cases]
    change(lines)
    path = folder / "own.jsonl"
    text = "".join(json.dumps(line) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda lines: lines.append(lines[0]), ("row 140", "has two predictions")),
        (lambda lines: lines[3].update(id="zz_1"), ("row 3", "no case 'zz_1'")),
        (lambda lines: lines.pop(), ("1 of 140 cases have no prediction",)),
        (lambda lines: lines.clear(), ("the file is empty",)),
        (lambda lines: lines[2].pop("prediction"), ("row 2", "'prediction'")),
        (lambda lines: lines.insert(1, ["id"]), ("row 1", "expected an object")),
    ],
    ids=["twice", "unknown", "one missing", "empty file", "no field", "no object"],
)
def test_bad_predictions(
    change: Callable[[list[Entry]], object],
    expected: tuple[str, ...],
    coalm: Command,
    tmp_path: Path,
) -> None:
    path = predictions(tmp_path, change)

    ended = coalm("score", "snips_dst", "--predictions", path, "--data", "embedded")

    check_one_message(ended, str(path), *expected)


def test_predictions_that_are_not_json_lines(coalm: Command, tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text("GetWeather\n", encoding="utf-8")

    ended = coalm("score", "snips_dst", "--predictions", path)

    check_one_message(ended, str(path), "line 1 is not JSON", "GetWeather")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("score", "snips_dts"), "did you mean 'snips_dst'?"),
        (("score", "snips_dst"), "none.jsonl: the file does not exist"),
        (("score", "snips_dst", "--split", "tests"), "did you mean 'test'?"),
        (("score", "snips_dst", "--data", "not/here"), "not/here: it does not exist"),
        (("score", "snips_dst", "--output", "."), "none.jsonl"),
    ],
    ids=["benchmark", "no file", "split", "data", "output"],
)
def test_bad_option_of_score(
    arguments: tuple[str, ...],
    expected: str,
    coalm: Command,
    tmp_path: Path,
) -> None:
    ended = coalm(*arguments, "--predictions", tmp_path / "none.jsonl")

    check_one_message(ended, expected)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("snps",), "did you mean 'snips'?"),
        (("snips", "glue"), "'glue' is unknown"),
        (("snips",), "HF_HUB_OFFLINE=1"),
        (("xlam",), "HF_TOKEN"),
    ],
    ids=["typo", "one of two", "offline", "gated"],
)
def test_bad_download(
    arguments: tuple[str, ...], expected: str, coalm: Command
) -> None:
    check_one_message(coalm("download", *arguments), expected)


@pytest.mark.parametrize(
    "arguments",
    [
        ("scor",),
        ("download",),
        ("download", "--everything"),
        ("score", "snips_dst"),
        ("score", "snips_dst", "--predictions", "x", "--wrong", "-1"),
        ("preview",),
        ("preview", "-c", "x_train.yaml", "--model.model_max_length"),
    ],
    ids=" ".join,
)
def test_wrong_use_of_the_command_line(
    arguments: tuple[str, ...], coalm: Command
) -> None:
    ended = coalm(*arguments)

    assert ended.code == 2
    assert "Usage: coalm" in ended.text or "Usage: root" in ended.text
    assert "Traceback" not in ended.text


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "not found"),
        (b"model: [", "the recipe cannot be used"),
        ("model: {}".encode("utf-16"), "the recipe cannot be used"),
        (b"- model", "Config error"),
        (b"model: {model_nam: x}", "model.model_nam"),
        (b"tasks: []", "tasks"),
        (b"model: {model_name: none/here}", "At least one training dataset"),
        (
            (
                b"{model: {model_name: none/here}, "
                b"data: {train: {datasets: [{dataset_name: coalm/snips_dst}]}}}"
            ),
            "the tokenizer of 'none/here' cannot be used",
        ),
    ],
    ids=["missing", "broken", "UTF-16", "list", "typo", "verb", "no data", "no model"],
)
def test_bad_recipe_for_preview(
    content: bytes | None, expected: str, coalm: Command, tmp_path: Path
) -> None:
    path = tmp_path / "own_train.yaml"
    if content is not None:
        path.write_bytes(content)

    check_one_message(coalm("preview", "-c", path), "own_train.yaml", expected)


def test_unknown_dataset_for_preview(coalm: Command, train_recipe: Write) -> None:
    ended = coalm("preview", "-c", train_recipe({"dataset_name": "coalm/snps_dst"}))

    assert ended.code == 1
    assert "Traceback" not in ended.text
    assert "the dataset 'coalm/snps_dst' cannot be used" in said(ended)
