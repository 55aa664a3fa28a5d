"""From a model's replies to training samples: generate, validate, build, preview."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from typer.testing import CliRunner

import coalm_oumi.plugin  # noqa: F401 - the datasets, wherever the package is not installed
from coalm_oumi.cli import app
from coalm_oumi.cra.generate.run import generate
from coalm_oumi.datasets import CraDataset
from coalm_oumi.errors import CoalmError, OptionError
from coalm_oumi.mixture import BuildOptions, build
from tests.corpus.generator import make as corpus
from tests.generation.conftest import Read, Write, lines


def run(*args: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(arg) for arg in args])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    """The functions of the embedded corpus, from which the scripted server is fed."""
    root = tmp_path / "corpus"
    corpus.generate(root, train_per_intent=1, test_per_intent=0, calls=1, irrelevant=0)
    return root / "sgd" / "train" / "schema.json"


def test_every_step_from_the_endpoint_to_a_training_sample(
    config_file: Write, schema: Path, tmp_path: Path
) -> None:
    path = config_file(cra__mode="grounded")
    run("generate-cra", "-c", path)
    dialogues = tmp_path / "run" / "dialogues.jsonl"
    values = lines(dialogues)
    turn = next(t for t in values[0]["turns"] if "call" in t)
    turn["call"]["name"] = "QueryEverything"
    dialogues.write_text("".join(json.dumps(v) + "\n" for v in values))

    valid = tmp_path / "valid"
    run("validate-cra", dialogues, "--functions", schema, "--output", valid)
    kept = {value["record_id"] for value in values[1:]}
    built = tmp_path / "built"
    printed = run(
        "build", "--only", "cra", "--generated", valid, "--output", built,
        "--no-overlaps",
    )  # fmt: skip

    rows = pq.read_table(built / "data").to_pylist()
    assert {row["record_id"].partition("#")[0] for row in rows} == kept
    assert {(row["part"], row["source"]) for row in rows} == {("cra", "generated")}
    assert {row["prompt"].partition("+")[2] for row in rows} == {"cra_grounded_v1"}
    assert (
        f"generated: {len(rows)} rows read = {len(rows)} kept + 0 rejected" in printed
    )
    manifest = json.loads((built / "manifest.json").read_text())
    source = manifest["sources"]["generated"]
    assert source["title"] == "CRA written by gpt-scripted"
    assert source["licence"] == "CC-BY-SA-4.0"
    assert source["generation"]["prompt"] == "cra_grounded_v1"
    assert [file["path"] for file in source["files"]] == ["clean.parquet"]
    card = (built / "README.md").read_text()
    assert "were written by gpt-scripted (cra_grounded_v1, from sgd)" in card
    assert f"--generated {valid}" in card

    trained = [
        {"dataset_name": "coalm/it", "dataset_path": str(built)},
        {
            "dataset_name": "coalm/cra",
            "dataset_path": str(valid),
            "dataset_kwargs": {"mode": "generated"},
        },
    ]
    for entry in trained:
        recipe = tmp_path / "recipe.yaml"
        model = {"model_name": "tests/assets/tiny_llama", "model_max_length": 4096}
        recipe.write_text(
            yaml.safe_dump({"model": model, "data": {"train": {"datasets": [entry]}}})
        )
        shown = run("preview", "-c", recipe, "-n", 1)
        assert "BEGIN OF CONVERSATION HISTORY" in shown


def test_the_dataset_of_validated_rows_is_the_built_part(
    config: Read, tmp_path: Path
) -> None:
    generate(config(cra__mode="grounded"))
    folder = tmp_path / "run"
    found = CraDataset(mode="generated", dataset_path=str(folder))
    options = BuildOptions(only=("cra",), overlaps=False, generated=str(folder))
    build(tmp_path / "built", options)
    rows = pq.read_table(tmp_path / "built" / "data").to_pylist()
    assert sorted(found.data["output"]) == sorted(row["output"] for row in rows)
    assert set(found.data["source"]) == {"generated"}


def test_processes_and_a_file_in_place_of_its_folder_change_no_row(
    config: Read, tmp_path: Path
) -> None:
    generate(config(cra__mode="grounded"))
    found = []
    for n, given in enumerate(("", "data/train.parquet", "jsonl/train.jsonl"), 1):
        options = BuildOptions(
            only=("cra",), overlaps=False, generated=str(tmp_path / "run" / given)
        )
        build(tmp_path / f"built{n}", options, workers=n)
        found.append(
            (tmp_path / f"built{n}/jsonl/train-00000-of-00001.jsonl").read_text()
        )
    assert found[0] == found[1] == found[2]


def test_rows_that_are_no_cra_are_left_out_with_the_reason(
    config: Read, tmp_path: Path
) -> None:
    generate(config(cra__mode="grounded"))
    row = {
        "instruction": "You are a tool calling assistant.",
        "input": "",
        "output": "[]",
    }
    file = tmp_path / "run/jsonl/train.jsonl"
    good = file.read_text()
    file.write_text(good + json.dumps(row) + "\n")
    options = BuildOptions(only=("cra",), overlaps=False, generated=str(file))
    built = build(tmp_path / "built", options)
    (account,) = built.accounts
    assert account.kept == good.count("\n")
    assert account.rejected == {"no row of CRA": 1}


def test_what_cannot_be_built_is_told(config: Read, tmp_path: Path) -> None:
    generate(config(cra__mode="grounded"))
    run_folder = str(tmp_path / "run")
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"only": ("snips",)}, "for the part cra"),
        ({"catalogue": "a.yaml", "dialogues": "b.jsonl"}, "made of one of them"),
        ({"action_turns": "all"}, "written already"),
    )
    for fields, told in wrong:
        with pytest.raises(OptionError, match=told):
            BuildOptions(generated=run_folder, **fields)
    for path, told in (
        ("nowhere", "does not exist"),
        ("run/dialogues.jsonl", "These are dialogues: name the folder"),
    ):
        options = BuildOptions(only=("cra",), generated=str(tmp_path / path))
        with pytest.raises(CoalmError, match=told):
            build(tmp_path / "built", options)


def test_nothing_left_after_validation_is_told(
    config: Read, schema: Path, tmp_path: Path
) -> None:
    generate(config(cra__mode="grounded", cra__limit=1))
    dialogues = tmp_path / "run/dialogues.jsonl"
    (value,) = lines(dialogues)
    value["turns"][0]["response"] = ""
    dialogues.write_text(json.dumps(value) + "\n")
    valid = tmp_path / "valid"
    run("validate-cra", dialogues, "--functions", schema, "--output", valid)
    text = run(
        "build",
        "--only",
        "cra",
        "--generated",
        valid,
        "--output",
        tmp_path / "b",
        code=1,
    )
    assert "it has no row of CRA" in text
    assert not (tmp_path / "b" / "manifest.json").exists()
