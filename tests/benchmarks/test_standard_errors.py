"""`oumi evaluate` prints a standard error beside each of our metrics."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import oumi.builders  # noqa: F401 - first, for Oumi's circular imports
import pytest
from oumi.cli import cli_utils
from oumi.cli.evaluate import evaluate
from rich.console import Console

from coalm_oumi.evaluation.intervals import (
    bootstrap,
    micro_f1,
    standard_error,
    wilson,
)
from coalm_oumi.evaluation.results import Metric, shares_with_errors


@pytest.mark.parametrize(("hits", "n"), [(350, 700), (30, 999), (990, 1000)])
def test_of_a_share(hits: int, n: int) -> None:
    share = hits / n
    usual = 100 * math.sqrt(share * (1 - share) / n)
    assert standard_error(wilson(hits, n)) == pytest.approx(usual, rel=0.06)


def test_of_an_f1_by_bootstrap() -> None:
    counts = [(1, 2, 2), (2, 2, 2), (0, 1, 3)] * 100
    rng = np.random.default_rng(1)
    picked = rng.integers(0, 300, size=(2000, 300))
    scores = micro_f1(np.asarray(counts)[picked].sum(axis=1))
    found = standard_error(bootstrap(counts, micro_f1))
    assert found == pytest.approx(float(scores.std()), rel=0.1)


def test_the_printed_table_has_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    metrics = {
        "slot_f1": Metric(48.5, 700, wilson(340, 700)),
        "unparsable": Metric(0.0, 700, wilson(0, 700)),
        "call_recall": Metric(0.0, 0, wilson(0, 0)),
    }
    found = {"snips_dst": {**shares_with_errors(metrics), "n": 700}}
    console = Console(record=True, width=120, file=(tmp_path / "out").open("w"))
    monkeypatch.setattr(cli_utils, "CONSOLE", console)
    monkeypatch.setattr("oumi.evaluate", lambda config: [{"results": found}])
    recipe = tmp_path / "evaluate.yaml"
    recipe.write_text("model: {model_name: none}\ntasks: []\n")
    context: Any = type("Context", (), {"args": [], "get_parameter_source": print})()
    monkeypatch.setattr(cli_utils, "collect_config_overrides", lambda ctx: [])
    evaluate(context, str(recipe), False, None, False, None, None, None, None)
    rows = {
        cells[1]: cells[2:]
        for line in console.export_text().splitlines()
        if len(cells := [cell.strip() for cell in line.strip("│┃ ").split("│")]) == 4
    }
    assert rows["Slot F1"] == ["48.50%", "±1.88%"]
    assert rows["Unparsable"] == ["0.00%", "±0.14%"]
    assert rows["Call Recall"] == ["0.00%", "-"]
    assert rows["N"] == ["700", "-"]
    assert len(rows) == 4
