"""The main scores: one per benchmark, of each run and of the paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.benchmarks.registry import BENCHMARKS, get_benchmark
from coalm_oumi.evaluation.intervals import Interval
from coalm_oumi.evaluation.report import build_report
from coalm_oumi.evaluation.report.document import Figure, Headline
from coalm_oumi.evaluation.report.headline import headline
from coalm_oumi.evaluation.report.headline_table import headline_table
from coalm_oumi.evaluation.report.markdown import to_markdown
from coalm_oumi.evaluation.report.page import to_page
from coalm_oumi.evaluation.report.runs import runs_of
from coalm_oumi.evaluation.report.stored import StoredResult
from coalm_oumi.evaluation.results import Floor, Metric

ALL = tuple(map(get_benchmark, BENCHMARKS))
DIGEST_OF_ALL = "0b3946b1cdca02e6bf75c3432977926f3974d16c0a6f0a6393dfeb003c4ec4f5"
OURS = {"model": "meta/Llama-3.1-8B", "adapter": "out/coalm"}
BASE = {"model": "meta/Llama-3.1-8B"}
EMBEDDED = {"data": "/c/embedded-1/snips (embedded)", "data_sha256": "ab" * 32}


def bfcl(n: int = 1150, cases: int = 4441, **told: Any) -> StoredResult:
    """A result of bfcl_v3; on the published data, all of it, if nothing else is said."""
    given = {
        **OURS,
        "data": "/data/bfcl_v3 (COALM_DATA_DIR)",
        "data_sha256": DIGEST_OF_ALL,
        "protocol": "BFCL V3",
        "prompt": "coalm",
        "n": cases,
        **told,
    }
    metrics = {
        "overall": Metric(50.0, n, Interval(48.0, 52.0)),
        "non_live_ast": Metric(81.25, n, Interval(79.04, 83.46)),
    }
    floors = {"non_live_ast": Floor(0.0, "")}
    folder, own = Path("/out/ours/bfcl_v3"), get_benchmark("bfcl_v3")
    return StoredResult(
        folder, "ours", "bfcl_v3", metrics, {}, given, (), (), own, floors
    )


def snips(
    folder: str, told: Mapping[str, Any], label: str = "", task: str = "snips_dst"
) -> StoredResult:
    metrics = {
        "intent_accuracy": Metric(90.0, 140, Interval(85.0, 94.0)),
        "joint_goal_accuracy": Metric(29.29, 140, Interval(22.4, 37.3)),
    }
    given = {"data": "/d (COALM_DATA_DIR)", "protocol": "p", **told}
    return StoredResult(
        Path(folder), label, task, metrics, {}, given, (), (), get_benchmark(task)
    )


def row(found: Headline, benchmark: str) -> dict[str, Figure | str]:
    (own,) = [each for each in found.rows if each.benchmark == benchmark]
    names = [column.name for column in found.columns]
    return dict(zip(names, own.figures, strict=True))


def test_a_row_per_benchmark_with_its_main_metric() -> None:
    found = headline([bfcl()], ALL)
    assert [(each.benchmark, each.metric) for each in found.rows] == [
        ("snips_dst", "joint goal accuracy"),
        ("multiwoz24", "joint goal accuracy, lenient"),
        ("api_bank", "exact call"),
        ("bfcl_v3", "AST accuracy (non-live)"),
        ("cra_actions", "right function, where a call is due"),
    ]


def test_a_run_stands_beside_the_paper_with_its_interval_and_floor() -> None:
    assert row(headline([bfcl()], ALL), "bfcl_v3") == {
        "Llama-3.1-8B + coalm": Figure(
            81.25, Interval(79.04, 83.46), floor=0.0, cases="4,441 cases"
        ),
        "CoALM-8B": Figure(85.17, None),
        "CoALM-70B": Figure(82.94, None),
    }


def test_what_was_not_run_and_what_the_paper_does_not_print_are_said() -> None:
    found = row(headline([bfcl()], ALL), "snips_dst")
    assert list(found.values()) == ["not run", "not in the paper", "not in the paper"]


def test_a_subset_is_not_set_against_the_paper() -> None:
    found = row(headline([bfcl(n=60, cases=60)], ALL), "bfcl_v3")
    ours, paper = found["Llama-3.1-8B + coalm"], found["CoALM-8B"]
    assert isinstance(ours, Figure)
    assert isinstance(paper, Figure)
    assert ours.told == ("not compared: 60 of 4,441 cases",)
    assert paper.told == ("not compared",)


def test_a_whole_run_beside_a_subset_leaves_the_paper_compared() -> None:
    part = replace(bfcl(n=60, cases=60, model="other"), folder=Path("/out/b/bfcl_v3"))
    found = row(headline([bfcl(), part], ALL), "bfcl_v3")
    assert found["CoALM-8B"] == Figure(85.17, None)


def test_a_subset_is_told_where_the_paper_has_no_figure_too() -> None:
    told = {**OURS, "limit": 140, "cases_in_data": 700}
    (figure, *_) = row(
        headline([snips("/o/a/snips_dst", told)], ALL), "snips_dst"
    ).values()
    assert isinstance(figure, Figure)
    assert figure.told == ("140 of 700 cases",)


def test_invented_data_is_said_in_every_form() -> None:
    result = snips("/o/a/snips_dst", {**OURS, **EMBEDDED}, "ours")
    report = build_report([result], ALL)
    (figure, *_) = row(report.headline, "snips_dst").values()
    assert isinstance(figure, Figure)
    assert figure.invented
    assert all(section.badge == "invented data" for section in report.sections[:2])
    page = to_page(report, "1")
    assert page.count('<span class="badge">invented data</span>') >= 4
    text = to_markdown(report)
    assert "| invented data; 140 cases |" in text
    assert "## Results (invented data)" in text


def test_real_data_has_no_badge() -> None:
    report = build_report([bfcl()], ALL)
    assert "invented data" not in to_page(report, "1")
    assert "invented data" not in to_markdown(report)


def test_a_base_model_stands_behind_the_runs_and_is_named_so() -> None:
    base = snips("/out/base/snips_dst", BASE)
    ours = snips("/out/ours/snips_dst", OURS)
    found = headline([base, ours], ALL)
    assert [(each.name, each.kind) for each in found.columns] == [
        ("Llama-3.1-8B + coalm", "run"),
        ("Llama-3.1-8B", "base model"),
        ("CoALM-8B", "paper"),
        ("CoALM-70B", "paper"),
    ]


def test_folders_of_one_model_are_one_run_unless_a_benchmark_stands_twice() -> None:
    first = snips("/out/a/snips_dst", OURS)
    other = replace(bfcl(), folder=Path("/out/b/bfcl_v3"))
    assert [run.name for run in runs_of([first, other])] == ["Llama-3.1-8B + coalm"]
    again = snips("/out/b/snips_dst", OURS)
    found = runs_of([first, other, again])
    names = ["Llama-3.1-8B + coalm (a)", "Llama-3.1-8B + coalm (b)"]
    assert [run.name for run in found] == names
    assert [len(run.results) for run in found] == [1, 2]


def test_predictions_scored_again_are_of_one_run_only_beside_each_other() -> None:
    told = {"predictions": "/p/predictions.jsonl"}
    apart = [snips("/s/x", told), snips("/s/y", told, task="cra_actions")]
    names = ["predictions (x)", "predictions (y)"]
    assert [run.name for run in runs_of(apart)] == names
    beside = [
        snips("/s/snips_dst", told),
        replace(apart[1], folder=Path("/s/cra_actions")),
    ]
    assert [run.name for run in runs_of(beside)] == ["predictions"]


def test_of_several_protocols_the_papers_counts() -> None:
    jga = {"jga_lenient": Metric(30.0, 99, Interval(28, 32))}
    success = {"success": Metric(60.0, 99, Interval(58, 62))}
    own = get_benchmark("multiwoz24")
    told = {**OURS, "data": "/d (download)", "prompt": "v1"}
    simulated, gold = (
        StoredResult(
            Path(f"/o/multiwoz24{end}"), "m", "multiwoz24", metrics, {},
            {**told, "protocol": protocol}, (), (), own,
        )
        for end, metrics, protocol in (
            ("_simulated_user", success, "simulated_user"),
            ("", jga, "gold_history"),
        )
    )  # fmt: skip
    (figure, *_) = row(headline([simulated, gold], ALL), "multiwoz24").values()
    assert isinstance(figure, Figure)
    assert figure.value == 30.0
    alone = headline([simulated], ALL)
    (found,) = [each for each in alone.rows if each.benchmark == "multiwoz24"]
    assert found.metric == "success"


def test_a_benchmark_that_is_not_known_shows_its_first_metric() -> None:
    other = replace(snips("/o/a/mine", OURS), task="mine", benchmark=None)
    found = headline([other], ())
    assert [(each.benchmark, each.metric) for each in found.rows] == [
        ("mine", "intent accuracy")
    ]


def test_as_a_table_it_has_a_row_for_each_score() -> None:
    table = headline_table(headline([bfcl(n=60, cases=60)], ALL))
    rows = [each for each in table.rows if each[0] == "bfcl_v3"]
    assert rows == [
        ("bfcl_v3", "AST accuracy (non-live)", "Llama-3.1-8B + coalm",
         "81.2 [79.0, 83.5]", "0.0", "not compared: 60 of 4,441 cases"),
        ("bfcl_v3", "AST accuracy (non-live)", "CoALM-8B (paper)", "85.2", "-",
         "not compared"),
        ("bfcl_v3", "AST accuracy (non-live)", "CoALM-70B (paper)", "82.9", "-",
         "not compared"),
    ]  # fmt: skip
    assert ("snips_dst", "joint goal accuracy", "Llama-3.1-8B + coalm", "not run",
            "-", "-") in table.rows  # fmt: skip


@pytest.mark.parametrize("value", [-5.0, 250.0, 1e11])
def test_a_bar_ends_within_its_track(value: float) -> None:
    odd = replace(bfcl(), metrics={"non_live_ast": Metric(value, 9, Interval(-3, 300))})
    page = to_page(build_report([odd], ALL), "1")
    assert 'style="left:0.00%;right:calc(100% - 100.00%)"' in page


def test_names_of_metrics_are_words_on_the_page() -> None:
    report = build_report([snips("/o/a/snips_dst", OURS, "ours")], ALL)
    for text in (to_page(report, "1"), to_markdown(report).replace("\\", "")):
        assert "joint goal accuracy" in text
        assert "joint_goal_accuracy" not in text
        assert "intent_accuracy" not in text
