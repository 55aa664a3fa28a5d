"""The page in a real browser: shown whole, and nothing asked of the network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.benchmarks.registry import BENCHMARKS, find_benchmark, get_benchmark
from coalm_oumi.evaluation.report import build_report, read_results
from coalm_oumi.evaluation.report.page import to_page

pytestmark = pytest.mark.slow

# The texts of the main scores that are wider than their box, or beyond the window.
_CUT_OFF = """Array.from(document.querySelectorAll(".scores *")).filter(
    each => each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 0
        || each.getBoundingClientRect().right > window.innerWidth
).map(each => each.className + ": " + each.textContent)"""


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
    page.set_viewport_size({"width": 1280, "height": 800})
    card = page.locator(".scores").bounding_box()
    scores = page.locator(".scores .score")
    first_screen = [scores.nth(n).bounding_box() for n in range(scores.count())]
    folded = page.locator("main details[open] > summary").count()
    page.screenshot(path=pictures / "first_screen.png")
    page.set_viewport_size({"width": 390, "height": 844})
    narrow = page.evaluate("document.documentElement.scrollWidth")
    cut_off = page.evaluate(_CUT_OFF)
    page.screenshot(path=pictures / "narrow.png", full_page=True)
    page.set_viewport_size({"width": 1366, "height": 800})
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    plots = [plot.bounding_box() for plot in page.query_selector_all("svg")]
    page.screenshot(path=pictures / "report.png")
    page.screenshot(path=pictures / "whole_report.png", full_page=True)
    wide = page.evaluate("document.documentElement.scrollWidth")
    rows = page.locator("tbody tr").count()
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = false)")
    page.get_by_role("link", name="Ablation").click()
    shown = page.get_by_text("Table 5 of the paper").is_visible()
    assert asked == [page_file.as_uri()]
    assert told == []
    assert card["width"] > 1180
    assert 700 < card["y"] + card["height"] <= 800
    assert all(box["y"] + box["height"] < 800 for box in first_screen)
    assert len(first_screen) == 2 + 4  # both runs' scores, four of the paper's
    assert folded == 0
    assert narrow == 390
    assert cut_off == []
    assert wide == 1366
    assert rows > 100
    assert len(plots) == 4
    assert all(box["width"] > 200 and box["height"] > 100 for box in plots)
    assert shown
