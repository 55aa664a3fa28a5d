"""`results.json` has the form that the package's JSON Schema says."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from coalm_oumi.benchmarks.registry import BENCHMARKS, find_benchmark, get_benchmark
from coalm_oumi.cli import app
from coalm_oumi.evaluation.report import read_results
from tests.benchmarks.evaluated import KnowsTheAnswers, evaluated


@pytest.fixture(scope="session")
def validator() -> Draft202012Validator:
    text = (files("coalm_oumi.evaluation") / "results.schema.json").read_text("utf-8")
    schema = json.loads(text)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.fixture(params=BENCHMARKS)
def name(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "bfcl_v3":
        python = request.getfixturevalue("checker_python")
        monkeypatch.setenv("COALM_BFCL_PYTHON", str(python))
    return request.param


def written(folder: Path) -> Any:
    return json.loads((folder / "results.json").read_text("utf-8"))


def scored_again(name: str, folder: Path) -> Any:
    """Results of `coalm score` on right answers, every third wrong."""
    benchmark = get_benchmark(name)
    data = benchmark.load(benchmark.options(on_missing="embedded"))
    lines = [
        {"id": key, "prediction": benchmark.degenerate if n % 3 == 0 else answer}
        for n, (key, answer) in enumerate(benchmark.gold(data).items())
    ]
    stored = folder / "given.jsonl"
    stored.write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
    words = ["score", name, "--predictions", stored, "--data", "embedded"]
    words += ["--output", folder / name]
    ended = CliRunner().invoke(app, [str(word) for word in words])
    assert ended.exit_code == 0, ended.output
    return written(folder / name)


def test_what_is_scored_again_has_the_form(
    name: str, tmp_path: Path, validator: Draft202012Validator
) -> None:
    results = scored_again(name, tmp_path)
    validator.validate(results)
    main = get_benchmark(name).main_metric(results["metrics"])
    assert main is not None
    assert main in results["floors"]
    (read,) = read_results([tmp_path / name], find_benchmark)
    assert read.floors[main].value == results["floors"][main]["value"]


@pytest.mark.parametrize("name", ["snips_dst", "api_bank", "cra_actions"])
def test_what_a_run_writes_has_the_form(
    name: str, tmp_path: Path, validator: Draft202012Validator
) -> None:
    benchmark = get_benchmark(name)
    evaluated(benchmark, tmp_path, KnowsTheAnswers(benchmark), num_samples=6)
    results = written(tmp_path / name)
    validator.validate(results)
    assert results["provenance"]["n"] == 6
    assert results["provenance"]["cases_in_data"] > 6


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"schema_version": 2}, "1 was expected"),
        ({"metrics": {"f1": {"value": 0.5, "n": 1}}}, "'interval' is a required"),
        ({"floors": {"f1": 3}}, "3 is not of type 'object'"),
        ({"more": 1}, "'more' was unexpected"),
        ({"cases": [{"id": "a"}]}, "'right' is a required property"),
    ],
)
def test_another_form_is_refused(
    change: dict[str, Any], problem: str, validator: Draft202012Validator
) -> None:
    content = {
        "schema_version": 1,
        "task": "snips_dst",
        "metrics": {"slot_f1": {"value": 48.5, "n": 7, "interval": [45.7, 51.1]}},
        "groups": {},
        "notes": [],
        "provenance": {
            "benchmark": "snips_dst",
            "protocol": "single turn",
            "data": "/data (COALM_DATA_DIR)",
            "data_sha256": "ab" * 32,
            "n": 7,
        },
        "cases": [],
    }
    validator.validate(content)  # as written before there were floors
    (error,) = validator.iter_errors({**content, **change})
    assert problem in error.message
