"""A report: our results beside the paper's, in three forms."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from coalm_oumi.benchmarks.registry import BENCHMARKS, find_benchmark, get_benchmark
from coalm_oumi.evaluation.intervals import Interval
from coalm_oumi.evaluation.paper import ABLATION_MODELS
from coalm_oumi.evaluation.report import build_report, read_results
from coalm_oumi.evaluation.report.against_paper import ablation_section, paper_table
from coalm_oumi.evaluation.report.document import Bars, HeatMap, Report
from coalm_oumi.evaluation.report.markdown import to_markdown
from coalm_oumi.evaluation.report.page import to_page
from coalm_oumi.evaluation.report.plots import draw
from coalm_oumi.evaluation.report.stored import StoredResult
from coalm_oumi.evaluation.results import Metric
from tests.cli.conftest import Command, coalm  # noqa: F401 - a fixture

Two = tuple[Path, Path]


@pytest.fixture(scope="session")
def report(two_results: Two) -> Report:
    """The report on both results."""
    results = read_results(two_results, find_benchmark)
    return build_report(results, map(get_benchmark, BENCHMARKS))


@pytest.fixture(scope="session")
def page(report: Report) -> str:
    """The same as a page."""
    return to_page(report, "1.2.3")


def full(model: str, n: int = 399) -> StoredResult:
    """A result over all of API-Bank's first level."""
    metrics = {"l1_rouge_l": Metric(90.0, n, Interval(88.0, 91.5))}
    told = {
        "model": model,
        "prompt": "api_bank_hammer",
        "protocol": "single turn, one call",
        "data": "folder (download)",
        "levels": [1],
    }
    benchmark = get_benchmark("api_bank")
    return StoredResult(Path(), model, "api_bank", metrics, {}, told, (), (), benchmark)


def test_sections(report: Report) -> None:
    assert [section.title for section in report.sections] == [
        "Results",
        "api_bank",
        "api_bank: strong-8B against weak-8B",
        "Ablation",
        "api_bank: worst cases of weak-8B",
        "api_bank: worst cases of strong-8B",
        "How they were made",
    ]


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_row_of_the_papers_tables_is_whole(name: str) -> None:
    table = get_benchmark(name).paper
    if table is None:
        assert name in ("snips_dst", "cra_actions")
        return
    assert {len(row) for row in table.rows.values()} == {len(table.columns)}
    values = [v for row in table.rows.values() for v in row if v is not None]
    assert all(0 <= value <= 100 for value in values)
    assert {"CoALM-8B", "CoALM-70B", "CoALM-405B"} <= set(table.rows)
    assert table.ablation
    for column in table.ablation:
        assert len(column.ablation) == len(ABLATION_MODELS)


def test_difference_to_the_paper_with_its_interval() -> None:
    table = paper_table([full("our-8B")])
    assert table is not None
    assert table.rows[0][:3] == ("our-8B", "90.0", "-")
    assert table.rows[1][:2] == (
        "  minus CoALM-8B",
        "-2.8 [-4.8,\N{NO-BREAK SPACE}-1.3]",
    )
    assert table.rows[2][:3] == ("CoALM-8B", "92.8", "81.9")
    assert table.ours == {0, 1}


def test_the_peer_is_of_the_same_size() -> None:
    table = paper_table([full("x/CoALM-70b-lora")])
    assert table is not None
    assert table.rows[1][0] == "  minus CoALM-70B"


def test_no_difference_on_other_cases() -> None:
    table = paper_table([full("our-8B", n=24)])
    assert table is not None
    assert table.rows[1][1] == "not compared: 24 of 399 cases"


def test_no_table_for_what_the_paper_did_not_measure() -> None:
    other = replace(full("our-8B"), benchmark=get_benchmark("snips_dst"))
    assert paper_table([other]) is None


def test_our_models_stand_below_the_ablation() -> None:
    section = ablation_section([full("ours")], map(get_benchmark, BENCHMARKS))
    assert section is not None
    assert section.tables[0].rows[-1] == ("ours", "-", "-", "90.0", "-", "-")


def test_markdown_has_whole_tables_and_escapes(report: Report) -> None:
    text = to_markdown(report)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert any(row.startswith("| **weak-8B** | ") for row in rows)
    assert "| exact call | 66.7 \\[50.3, 79.8\\] |" in text
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        pipes = {len(re.findall(r"(?<!\\)\|", row)) for row in block.splitlines()}
        assert len(pipes) == 1


def test_the_page_needs_nothing_from_outside(page: str) -> None:
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!#|data:)""", page)
    assert "@import" not in page
    assert not re.search(r"url\((?!#|['\"]?data:)", page)
    assert "http" not in page.lower().replace("http-equiv", "")


def test_replies_stay_text_on_the_page(page: str) -> None:
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_page_is_whole(page: str) -> None:
    assert page.count("<svg") == page.count("</svg>") == 4
    assert page.count("<table") == page.count("</table>") == 10
    assert page.rstrip().endswith("</html>")
    assert "coalm-oumi 1.2.3" in page


def test_the_page_is_the_same_each_time(report: Report, page: str) -> None:
    assert to_page(report, "1.2.3") == page


@pytest.mark.parametrize(
    "plot",
    [
        Bars("b", ("a $x$ <b>", "c"), (("s", ((1.0, 0.0, 2.0), None)),)),
        HeatMap("h", ("a",), ("b", "c"), ((None, 3.0),), unit=""),
        HeatMap("h", ("a", "d"), ("b", "c"), ((None, 1), (None, 2)), by_column=True),
    ],
    ids=["bars", "heat map", "by column"],
)
def test_plots_are_drawn_with_gaps(plot: Bars | HeatMap) -> None:
    drawn = draw(plot)
    assert drawn.startswith("<svg")
    assert "<b>" not in drawn


def test_terminal(coalm: Command, two_results: Two) -> None:  # noqa: F811
    ended = coalm("report", *two_results)
    lines = [line.split() for line in ended.text.splitlines()]
    assert ended.code == 0
    assert ["exact", "call", "66.7", "88.9", "+22.2", "[+0.0,"] in [
        line[:6] for line in lines
    ]
    assert "minus CoALM-8B" in ended.text
    assert "36 cases. 12 flipped to right, 4 to wrong." in ended.text


def test_files(coalm: Command, two_results: Two, tmp_path: Path) -> None:  # noqa: F811
    page, text = tmp_path / "new" / "report.html", tmp_path / "report.md"
    ended = coalm("report", two_results[0], "--html", page, "--markdown", text)
    assert ended.text.splitlines() == [f"Written: {text}", f"Written: {page}"]
    assert "<svg" in page.read_text(encoding="utf-8")
    assert text.read_text(encoding="utf-8").startswith("# CoALM evaluation: api\\_bank")


def test_no_results(coalm: Command, tmp_path: Path) -> None:  # noqa: F811
    ended = coalm("report", tmp_path)
    assert ended.code == 1
    assert "there is no results.json in it" in ended.text
