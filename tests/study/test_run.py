"""Cells run one after the other, within a time; commands are processes that write results.

They stand for `oumi`, which takes long to start: test_whole_study.py runs that.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from coalm_oumi.errors import CoalmError
from coalm_oumi.evaluation.conductor.stopping import EXIT_INTERRUPTED
from coalm_oumi.study.config import read_config
from coalm_oumi.study.journal import open_journal, put_aside_stale
from coalm_oumi.study.plan import Cell, plan
from coalm_oumi.study.run import Budget, run_cells
from coalm_oumi.study.tables import Findings
from tests.study.conftest import STUDY, Written

TRAINS = (
    "import sys, pathlib; pathlib.Path(sys.argv[1], 'config.json').write_text('{}')"
)
EVALUATES = """
import sys, pathlib
from coalm_oumi.evaluation.results import Scores, share, write_results
flags = [n % 2 == 0 for n in range(int(sys.argv[2]))]
cases = [{"id": str(n), "right": r, "scores": {"joint_goal_accuracy": float(r)}}
         for n, r in enumerate(flags)]
scores = Scores({"joint_goal_accuracy": share(flags)}, cases=tuple(cases))
write_results(pathlib.Path(sys.argv[1]) / "task", scores, {}, task="snips_dst",
              provenance={"model": sys.argv[1], "data_sha256": "1"})
"""
SLEEPS = "import time; time.sleep(60)"


def standing_in(cell: Cell, script: str) -> Cell:
    folder = str(cell.folder)
    return replace(cell, command=(sys.executable, "-c", script, folder, str(cell.size)))


@pytest.fixture
def cells(written: Written) -> list[Cell]:
    passes = [{"seeds": 1, "cases": {"snips_dst": 2}}, {"cases": {"snips_dst": 4}}]
    path = written(STUDY | {"passes": passes})
    found = plan(read_config(path), path)
    return [standing_in(c, EVALUATES if c.task else TRAINS) for c in found]


def run(cells: Sequence[Cell], seconds: float = float("inf")) -> list[str]:
    said: list[str] = []
    budget = Budget(time.monotonic() + seconds)
    with open_journal(Path("study")) as journal:
        put_aside_stale(cells, journal, Path("study"))
        run_cells(cells, journal, budget, say=said.append, after_each=lambda: None)
    return said


def states(cells: Sequence[Cell]) -> dict[str, str]:
    with open_journal(Path("study")) as journal:
        found = Findings(read_config(Path("study.yaml")), cells, journal)
        return {cell.name: found.state(cell)[0] for cell in cells}


def test_all_is_run_once(cells: list[Cell]) -> None:
    run(cells)
    assert set(states(cells).values()) == {"done"}
    assert run(cells) == []


def test_nothing_begins_when_the_time_is_used_up(cells: list[Cell]) -> None:
    assert run(cells, seconds=-1) == []
    assert set(states(cells).values()) == {"not run"}


def test_what_is_under_way_is_asked_to_end_and_goes_on(cells: list[Cell]) -> None:
    began = time.monotonic()
    said = run([standing_in(cells[0], SLEEPS), *cells[1:]], seconds=1.5)
    assert time.monotonic() - began < 20
    assert "stopped, the time is used up" in said[-1]
    assert set(states(cells).values()) == {"not run"}
    run(cells)
    assert set(states(cells).values()) == {"done"}


def test_a_failure_stops_what_needs_it_alone(cells: list[Cell]) -> None:
    broken = standing_in(cells[0], "raise SystemExit('no such optimizer')")
    said = run([broken, *cells[1:]])
    assert any("exit code 1: no such optimizer" in line for line in said)
    found = states(cells)
    assert found["tuned_1: training"] == "failed"
    assert found["tuned_1: snips_dst, 4"] == "not run"
    assert found["tuned_2: snips_dst, 4"] == found["base: snips_dst, 4"] == "done"
    run(cells)
    assert set(states(cells).values()) == {"done"}


def test_a_task_that_leaves_no_new_result_has_failed(cells: list[Cell]) -> None:
    skips = "print('bfcl_v3: not run: no uv'); print('bye')"
    wider = next(n for n, c in enumerate(cells) if c.name == "base: snips_dst, 4")
    broken = [*cells[:wider], standing_in(cells[wider], skips), *cells[wider + 1 :]]
    said = run(broken)
    assert any("left no result: bfcl_v3: not run: no uv" in line for line in said)
    found = states(cells)
    assert (found["base: snips_dst, 2"], found["base: snips_dst, 4"]) == (
        *("done", "failed"),
    )


def test_a_changed_recipe_makes_stale_what_depends_on_it_and_loses_nothing(
    cells: list[Cell],
) -> None:
    run(cells)
    changed = [
        replace(c, digest="f" * 64) if c.run.model == "without" else c for c in cells
    ]
    with open_journal(Path("study")) as journal:
        moved = put_aside_stale(changed, journal, Path("study"))
    assert [cell.folder.name for cell, _ in moved] == [
        *("without_1", "snips_dst"),
    ]
    assert (moved[0][1] / "config.json").is_file()
    found = states(changed)
    assert {name.partition(":")[0] for name in found if found[name] == "not run"} == {
        "without_1"
    }
    run(changed)
    assert set(states(changed).values()) == {"done"}
    # The recipe as it was: what was put aside is found again.
    assert run(cells) == []
    assert set(states(cells).values()) == {"done"}


def test_a_folder_that_the_journal_does_not_know_is_put_aside(
    cells: list[Cell],
) -> None:
    foreign = cells[0].folder
    foreign.mkdir(parents=True)
    (foreign / "config.json").write_text("foreign")
    run(cells)
    aside = Path("study/stale/unknown/models/tuned_1/config.json")
    assert aside.read_text() == "foreign"
    assert (foreign / "config.json").read_text() == "{}"


def test_sizes_are_the_studys_and_journals_are_kept(
    cells: list[Cell], monkeypatch: pytest.MonkeyPatch
) -> None:
    from coalm_oumi.evaluation.oumi_run import KEEP_JOURNAL

    monkeypatch.setenv("COALM_NUM_SAMPLES", "1")
    shows = "import os; print(sorted(k for k in os.environ if k.startswith('COALM_')))"
    run([standing_in(cells[0], shows)])
    said = cells[0].log.read_text()
    assert KEEP_JOURNAL in said
    assert "COALM_NUM_SAMPLES" not in said


def test_two_studies_do_not_share_a_folder(cells: list[Cell]) -> None:
    with (
        open_journal(Path("study")),
        pytest.raises(CoalmError, match="is at work here"),
    ):
        run(cells)


STUDIES = """
import sys
from pathlib import Path
from tests.study.test_run import SLEEPS, plan, read_config, run, standing_in
path = Path("study.yaml")
run([standing_in(plan(read_config(path), path)[0], SLEEPS)])
"""


def _begun(process: subprocess.Popen[bytes]) -> None:
    journal = Path("study/study.jsonl")
    while process.poll() is None and b'"begun"' not in (
        journal.read_bytes() if journal.exists() else b""
    ):
        time.sleep(0.05)
    time.sleep(0.5)


@pytest.mark.slow
def test_ctrl_c_ends_the_command_too(cells: list[Cell], repository: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", STUDIES], env={"PYTHONPATH": str(repository)}
    )
    _begun(process)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) in (-signal.SIGINT, EXIT_INTERRUPTED)
    assert json.loads(_last_line())["state"] == "stopped"
    run(cells)
    assert set(states(cells).values()) == {"done"}


@pytest.mark.slow
def test_a_command_that_a_killed_study_left_behind_keeps_its_folder(
    cells: list[Cell], repository: Path
) -> None:
    naps = STUDIES.replace("SLEEPS)", "'import time; time.sleep(3)')")
    process = subprocess.Popen(
        [sys.executable, "-c", naps], env={"PYTHONPATH": str(repository)}
    )
    _begun(process)
    process.kill()
    process.wait()
    with pytest.raises(CoalmError, match="that one has left behind"):
        run(cells)
    time.sleep(3.5)
    run(cells)
    assert set(states(cells).values()) == {"done"}


def _last_line() -> str:
    return Path("study/study.jsonl").read_text().splitlines()[-1]
