"""Stored results are read back, labelled, and refused when they are damaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.benchmarks.registry import find_benchmark
from coalm_oumi.errors import DataFormatError, DataNotFoundError
from coalm_oumi.evaluation.report import read_results


def stored(folder: Path, **change: Any) -> Path:
    content = {
        "schema_version": 1,
        "task": "snips_dst",
        "metrics": {"slot_f1": {"value": 48.5, "n": 700, "interval": [45.7, 51.1]}},
        "groups": {},
        "provenance": {"model": "out/8b"},
        "cases": [],
        **change,
    }
    folder.mkdir(parents=True)
    (folder / "results.json").write_text(json.dumps(content))
    return folder


def test_a_tasks_folder_or_the_one_above_it(tmp_path: Path) -> None:
    folder = stored(tmp_path / "run" / "snips_dst")
    for given in (folder, folder.parent, folder / "results.json"):
        (result,) = read_results([given], find_benchmark)
        assert (result.task, result.label, result.n) == ("snips_dst", "8b", 700)
        assert result.metrics["slot_f1"].interval == (45.7, 51.1)


def test_results_of_one_model_are_told_apart(tmp_path: Path) -> None:
    folders = [stored(tmp_path / name / "snips_dst") for name in ("first", "second")]
    labels = [result.label for result in read_results(folders, find_benchmark)]
    assert labels == ["8b (first/snips_dst)", "8b (second/snips_dst)"]


def test_an_adapter_is_named(tmp_path: Path) -> None:
    told = {"model": "meta/llama", "adapter": "out/lora"}
    (result,) = read_results([stored(tmp_path / "a", provenance=told)], find_benchmark)
    assert result.label == "llama + lora"


def test_a_version_in_a_models_name_is_kept(tmp_path: Path) -> None:
    told = {"model": "meta-llama/Llama-3.1-8B-Instruct"}
    (result,) = read_results([stored(tmp_path / "a", provenance=told)], find_benchmark)
    assert result.label == "Llama-3.1-8B-Instruct"


def test_a_folder_without_results(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match=r"there is no results\.json in it"):
        read_results([tmp_path], find_benchmark)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema_version": 99}, "schema version 1, found 99"),
        ({"metrics": []}, "field 'metrics': expected dict"),
        ({"metrics": {"a": 3}}, "field 'metrics': expected metrics with value"),
        ({"metrics": {"a": {"value": 1, "n": 1, "interval": [1]}}}, "interval"),
        ({"task": None}, "field 'task'"),
        ({"groups": {"g": {"a": {}}}}, r"field 'groups\.g'"),
    ],
)
def test_damaged_results_are_named(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataFormatError, match=message):
        read_results([stored(tmp_path / "run", **change)], find_benchmark)
