"""`coalm validate-cra` reports errors and writes what has none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from coalm_oumi.cli import app
from coalm_oumi.cra.functions import function_catalogue
from coalm_oumi.cra.read.stored import dialogue_to_json
from coalm_oumi.cra.samples import cra_samples
from coalm_oumi.cra.write.grounded import grounded_dialogues
from coalm_oumi.sources import Sgd
from tests.corpus.generator import make as corpus


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("corpus")
    corpus.generate(root, train_per_intent=1, test_per_intent=0, calls=1, irrelevant=0)
    return root / "sgd" / "train" / "schema.json"


@pytest.fixture(scope="module")
def made(schema: Path) -> tuple[list[Any], list[Any]]:
    sgd = Sgd(schema.parent.parent, "train")
    functions = function_catalogue(sgd.schemas)
    kept = grounded_dialogues(sgd.dialogues(), sgd.schemas, functions, seed=42)
    dialogues = [d for _, d in zip(range(6), kept, strict=False)]
    samples = [s for d in dialogues for s in cra_samples(d, functions, seed=42)]
    return dialogues, samples


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["validate-cra", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.output


def test_dialogues_are_split_into_clean_ones_and_defects(
    tmp_path: Path, schema: Path, made: tuple[list[Any], list[Any]]
) -> None:
    values = [dialogue_to_json(dialogue) for dialogue in made[0]]
    turn = next(t for t in values[0]["turns"] if "call" in t)
    turn["call"]["name"] = "QueryEverything"
    path, out = tmp_path / "dialogues.jsonl", tmp_path / "out"
    path.write_text("".join(json.dumps(v) + "\n" for v in values), encoding="utf-8")
    printed = run(path, "--functions", schema, "--output", out, "--today", "2019-03-01")
    assert "Undefined function call" in printed
    assert "no function 'QueryEverything' is on offer" in printed
    kept = [json.loads(line)["record_id"] for line in (out / "clean.jsonl").open()]
    assert kept == [value["record_id"] for value in values[1:]]
    report = json.loads((out / "report.json").read_text())
    assert report["turns_by_class"]["undefined_function"] == 1
    assert report["clean_items"] == 5
    defects = [json.loads(line) for line in (out / "defects.jsonl").open()]
    assert {d["record_id"] for d in defects} == {values[0]["record_id"]}
    rows = pq.read_table(out / "clean.parquet").to_pylist()
    assert len(rows) == len((out / "clean_rows.jsonl").read_text().splitlines())
    assert "function not listed" in (out / "report.md").read_text()


def test_rows_are_judged_by_their_last_turn(
    tmp_path: Path, schema: Path, made: tuple[list[Any], list[Any]]
) -> None:
    rows = [
        {"instruction": s.instruction, "input": s.input, "output": s.output}
        for s in made[1]
    ]
    changed = next(r for r in rows if r["output"].startswith("Action: "))
    changed["output"] = "Action: QueryEverything()"
    rows.append(
        {
            "instruction": "You are a tool calling assistant.",
            "input": "",
            "output": "[]",
        }
    )
    path, out = tmp_path / "rows.jsonl", tmp_path / "out"
    path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    printed = run(path, "--functions", schema, "--output", out, "--today", "2019-03-01")
    assert "Passed over, as they are not CRA: 1 of hammer" in printed
    report = json.loads((out / "report.json").read_text())
    assert report["items"] == len(rows) - 1
    assert report["turns_by_class"]["undefined_function"] == 1
    clean = pq.read_table(out / "clean.parquet").to_pylist()
    assert clean == [r for r in rows[:-1] if r is not changed]


def test_grounded_cra_has_no_wrong_call() -> None:
    printed = run("--grounded", "train", "--limit", 8)
    lines = {
        line.split("  ")[0]: line.split()[-3]
        for line in printed.splitlines()
        if "%" in line
    }
    assert lines["Undefined function call"] == "0"
    assert lines["Incorrect argument type"] == "0"


def test_wrong_use_is_told(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["validate-cra"])
    assert result.exit_code == 1
    missing = CliRunner().invoke(app, ["validate-cra", str(tmp_path / "no.jsonl")])
    assert missing.exit_code == 1
    assert "it does not exist" in missing.output


def test_a_row_that_cannot_be_read_is_one_line(tmp_path: Path, schema: Path) -> None:
    path = tmp_path / "rows.jsonl"
    good = json.dumps({"instruction": "a", "input": "b", "output": "c"})
    for bad in ("null", good[:-9], good.replace('"c"', "null")):
        path.write_text(f"{good}\n{bad}\n{good}\n")
        result = CliRunner().invoke(
            app, ["validate-cra", str(path), "--functions", str(schema)]
        )
        assert result.exit_code == 1
        assert str(path) in result.output
        assert "row 1" in result.output or "line 2" in result.output
        assert result.output.strip().count("\n") == 0
