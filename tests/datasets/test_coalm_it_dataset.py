"""`coalm/it`: the whole mixture, and the paper's ablations on it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.datasets import CoalmItDataset
from coalm_oumi.mixture import BuildOptions, build
from coalm_oumi.oumi_errors import CoalmOumiError
from coalm_oumi.prompts import hammer_template, snips_template

INSTRUCTIONS = {
    "snips": snips_template().render(),
    "hammer": hammer_template().render(tools="[]", query="Ring."),
    "toolace": "You are an expert in composing functions. Here they are: []",
    "cra": "[BEGIN OF TASK INSTRUCTION]\nYou are a helpful conversational assistant who "
    "can perform API function calling.",
}


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """Two rows of each part, as published: without any origin."""
    path = tmp_path / "train.json"
    rows = [
        {"instruction": text, "input": f"User: {n}", "output": part}
        for n in (0, 1)
        for part, text in INSTRUCTIONS.items()
    ]
    path.write_text(json.dumps(rows), "utf-8")
    return path


def outputs(dataset: CoalmItDataset) -> list[str]:
    return list(dataset.data["output"])


def test_all_rows_are_read_and_recognised(published: Path) -> None:
    dataset = CoalmItDataset(dataset_path=str(published))
    assert outputs(dataset) == ["snips", "hammer", "toolace", "cra"] * 2
    assert dataset.recognised == {
        "snips": 2,
        "hammer": 2,
        "toolace": 2,
        "cra_action": 2,
    }
    assert dataset.data.iloc[1]["record_id"] == "train.json#1"


@pytest.mark.parametrize(
    ("include", "expected"),
    [
        (["hammer", "toolace", "cra"], ["hammer", "toolace", "cra"] * 2),
        (["snips", "cra"], ["snips", "cra"] * 2),
        (["snips", "hammer", "toolace"], ["snips", "hammer", "toolace"] * 2),
    ],
)
def test_the_paper_s_ablations(
    published: Path, include: list[str], expected: list[str]
) -> None:
    dataset = CoalmItDataset(dataset_path=str(published), include=include)
    assert outputs(dataset) == expected
    assert sum(dataset.recognised.values()) == 8


@pytest.mark.parametrize(
    ("include", "why"),
    [
        (["sgd"], "'include': 'sgd' is unknown"),
        ("snips", "'include': expected a list"),
        ([], "'include': expected a list"),
        (["cra", "cra"], "a name stands twice"),
    ],
)
def test_parts_that_cannot_be_included_are_refused(
    published: Path, include: Any, why: str
) -> None:
    with pytest.raises(CoalmOumiError, match=why):
        CoalmItDataset(dataset_path=str(published), include=include)


def test_renamed_columns_are_told_as_oumi_tells_errors(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text('[{"prompt": "a", "response": "b"}]')
    with pytest.raises(CoalmOumiError, match="expected the columns instruction, input"):
        CoalmItDataset(dataset_path=str(path))


def test_a_part_that_is_not_in_the_data_is_an_error(published: Path) -> None:
    rows = [row for row in json.loads(published.read_text()) if row["output"] == "cra"]
    published.write_text(json.dumps(rows))
    with pytest.raises(CoalmOumiError, match="there is none in the data given"):
        CoalmItDataset(dataset_path=str(published), include=["snips"])


def test_the_published_set_is_not_downloaded_unasked() -> None:
    with pytest.raises(CoalmOumiError, match="coalm_it"):
        CoalmItDataset(on_missing="error")


def test_a_build_is_read_with_its_origins(tmp_path: Path) -> None:
    folder = tmp_path / "built"
    build(folder, BuildOptions(limit=10, on_missing="embedded", overlaps=False))
    dataset = CoalmItDataset(dataset_path=str(folder))
    assert dataset.recognised == {
        "snips": 10,
        "hammer": 2 * 3 * 10,
        "otherwise": 19,
        "cra_action": 37,
        "cra_response": 114,
    }
    for part, source in (("toolace", "toolace"), ("cra", "sgd")):
        only = CoalmItDataset(dataset_path=str(folder), include=[part])
        assert set(only.data["source"]) == {source}
    hammer = CoalmItDataset(dataset_path=str(folder), include=["hammer"])
    assert set(hammer.data["source"]) == {"xlam", "xlam_irrelevance"}
    assert set(hammer.data["copy"]) == {0, 1, 2}
