"""The tables of a study: metrics, differences case by case, seeds, what was not run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from coalm_oumi.evaluation.report.document import Table
from coalm_oumi.evaluation.results import Scores, share, write_results
from coalm_oumi.study.config import read_config
from coalm_oumi.study.journal import open_journal
from coalm_oumi.study.plan import Cell, plan
from coalm_oumi.study.run import metrics_of, training_effort
from coalm_oumi.study.tables import Findings
from tests.study.conftest import STUDY, Written

METRIC = "joint_goal_accuracy"
PASSES = [{"seeds": 1, "cases": {"snips_dst": 2}}, {"cases": {"snips_dst": 4}}]
# Which of the cases each model has right.
RIGHT = {"base": "0000", "tuned_1": "1110", "tuned_2": "1000", "without_1": "10"}


def evaluated(cell: Cell, right: str) -> None:
    cases = tuple(
        {"id": str(n), "right": flag == "1", "scores": {METRIC: float(flag)}}
        for n, flag in enumerate(right)
    )
    scores = Scores({METRIC: share(flag == "1" for flag in right)}, cases=cases)
    told = {
        "model": str(cell.run.folder),
        "protocol": "single turn",
        "data_sha256": "1",
        "tokens": {"prompt": 1000, "completion": 20},
    }
    folder = cell.folder / "snips_dst"
    write_results(folder, scores, {}, task="snips_dst", provenance=told)


@pytest.fixture
def findings(written: Written) -> Findings:
    """All is done but `without` on more than two cases, whose try failed."""
    path = written(STUDY | {"passes": PASSES})
    config = read_config(path)
    cells = plan(config, path)
    with open_journal(Path("study")) as journal:
        for cell in cells:
            if cell.name == "without_1: snips_dst, 4":
                journal.write(cell, "failed", seconds=6.0, why="no memory")
                continue
            cell.folder.mkdir(parents=True, exist_ok=True)
            if cell.task is not None:
                evaluated(cell, RIGHT[cell.run.name])
            found = {"steps": 40, "tokens": 5000} if cell.task is None else {}
            found |= metrics_of(cell)
            journal.write(cell, "done", seconds=60.0, found=found)
        made = Findings(config, cells, journal)
        made.write()
        return made


def table(findings: Findings, title: str) -> Table:
    return next(s.tables[0] for s in findings.sections() if s.title == title)


def test_each_model_has_its_metric_and_differences(findings: Findings) -> None:
    found = table(findings, "snips_dst")
    assert found.columns == (
        *("model", "#seed", "#n", "#joint goal accuracy", "#minus base"),
        *("#minus tuned", "#tokens read, written", "#minutes"),
    )
    rows = {row[:2]: row[2:] for row in found.rows}
    effort = ("1,000, 20", "2.0")
    assert rows["base", "-"] == ("4", "0.0 [0.0, 49.0]", "-", "-", *effort)
    assert rows["tuned", "1"] == (
        *("4", "75.0 [30.1, 95.4]", "+75.0 [+25.0, +100.0]", "-"),
        *effort,
    )
    # The two cases that it has; what has failed took its time all the same.
    assert rows["without", "1"] == (
        *("2", "50.0 [9.5, 90.5]", "+50.0 [+0.0, +100.0]"),
        *("-50.0 [-100.0, +0.0]", "1,000, 20", "1.1"),
    )
    assert rows["tuned: mean of 2 seeds", "-"][:2] == ("4", "50.0 (25.0 to 75.0)")


def test_trainings_have_steps_and_tokens(findings: Findings) -> None:
    rows = table(findings, "Trainings").rows
    assert [row[:5] for row in rows] == [
        (model, seed, "done", "40", "5,000")
        for model, seed in (("tuned", "1"), ("without", "1"), ("tuned", "2"))
    ]


def test_every_cell_is_in_the_file(findings: Findings) -> None:
    cells = json.loads(Path("study/study.json").read_text())["cells"]
    by_name = {cell["cell"]: cell for cell in cells}
    assert len(by_name) == len(cells) == 10
    few = by_name["tuned_1: snips_dst, 4"]
    assert few["metrics"][METRIC] == {
        "value": 75.0,
        "n": 4,
        "interval": pytest.approx([30.0642, 95.4413], abs=1e-3),
    }
    assert (few["seed"], few["cases"], few["seconds"]) == (1, 4, 60.0)
    assert few["tokens"] == {"prompt": 1000, "completion": 20}
    failed = by_name["without_1: snips_dst, 4"]
    assert (failed["state"], failed["why"]) == ("failed", "no memory")
    assert failed["metrics"] is None


def test_the_page_has_tables_and_commands(findings: Findings) -> None:
    text = Path("study/study.md").read_text()
    assert "| tuned | 1 | 4 | 75.0 \\[30.1, 95.4\\] |" in text
    assert (
        "# without_1: snips_dst, 4 (failed: no memory; 0.1 min)\n"
        "oumi evaluate -c study/evaluation/without_1/snips_dst.yaml\n" in text
    )
    assert "--training.seed 2 --data.train.seed 2 " in text


def test_what_was_not_reached_is_told(written: Written) -> None:
    path = written(STUDY | {"passes": PASSES})
    config = read_config(path)
    cells: Sequence[Cell] = plan(config, path)
    with open_journal(Path("study")) as journal:
        found = Findings(config, cells, journal)
        rows = table(found, "snips_dst").rows
    assert {row[3] for row in rows} == {"not run"}
    assert len(rows) == 4


def test_tokens_of_a_training_that_went_on_are_summed(tmp_path: Path) -> None:
    counts = [4599, 9242, 2427, 7554]  # broken off behind the second
    history = [{"step": n, "num_tokens": each} for n, each in enumerate(counts)]
    state = {"global_step": 20, "log_history": [*history, {"train_loss": 7.4}]}
    (tmp_path / "trainer_state.json").write_text(json.dumps(state))
    assert training_effort(tmp_path) == {"steps": 20, "tokens": 9242 + 7554}
    assert training_effort(tmp_path / "none") == {}
