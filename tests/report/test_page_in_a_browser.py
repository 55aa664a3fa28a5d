"""The page in a real browser: shown whole, and nothing asked of the network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.benchmarks.registry import BENCHMARKS, find_benchmark, get_benchmark
from coalm_oumi.evaluation.report import build_report, read_results
from coalm_oumi.evaluation.report.page import to_page

pytestmark = pytest.mark.slow


def test_shown_whole_and_without_the_network(
    browser_context: Any,
    two_results: tuple[Path, Path],
    pictures: Path,
    tmp_path: Path,
) -> None:
    page_file = tmp_path / "report.html"
    results = read_results(two_results, find_benchmark)
    report = build_report(results, map(get_benchmark, BENCHMARKS))
    page_file.write_text(to_page(report, "1"), "utf-8")
    asked, told = [], []
    page = browser_context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: told.append(message.text))
    page.goto(page_file.as_uri())
    plots = [plot.bounding_box() for plot in page.query_selector_all("svg")]
    page.screenshot(path=pictures / "report.png")
    page.screenshot(path=pictures / "whole_report.png", full_page=True)
    wide = page.evaluate("document.documentElement.scrollWidth")
    rows = page.locator("tbody tr").count()
    page.get_by_role("link", name="Ablation").click()
    shown = page.get_by_text("Table 5 of the paper").is_visible()
    assert asked == [page_file.as_uri()]
    assert told == []
    assert wide == 1366
    assert rows > 100
    assert len(plots) == 4
    assert all(box["width"] > 200 and box["height"] > 100 for box in plots)
    assert shown
