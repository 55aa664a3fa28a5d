"""The page in a real browser: shown whole, and nothing asked of the network.

Needs the package `playwright` and any Chromium: COALM_TEST_BROWSER names it, or it is on
the PATH. COALM_TEST_PICTURES names a folder to keep the pictures in.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.report import build_report, read_results
from coalm_oumi.report.page import to_page

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome-headless-shell")
_ARGUMENTS = ("--single-process", "--no-zygote", "--disable-gpu", "--in-process-gpu")


@pytest.fixture
def browser() -> str:
    """The browser's executable."""
    found = os.environ.get("COALM_TEST_BROWSER") or next(
        (path for name in _NAMES if (path := shutil.which(name))), None
    )
    if not found:
        pytest.skip("no Chromium: COALM_TEST_BROWSER names none, none is on the PATH")
    return found


def test_shown_whole_and_without_the_network(
    browser: str, two_results: tuple[Path, Path], tmp_path: Path
) -> None:
    playwright: Any = pytest.importorskip("playwright.sync_api")
    page_file = tmp_path / "report.html"
    page_file.write_text(to_page(build_report(read_results(two_results)), "1"), "utf-8")
    pictures = Path(os.environ.get("COALM_TEST_PICTURES") or tmp_path)
    asked, told = [], []
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(
            executable_path=browser, args=list(_ARGUMENTS), chromium_sandbox=False
        )
        page = opened.new_page(viewport={"width": 1366, "height": 800})
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
        opened.close()
    assert asked == [page_file.as_uri()]
    assert told == []
    assert wide == 1366
    assert rows > 100
    assert len(plots) == 4
    assert all(box["width"] > 200 and box["height"] > 100 for box in plots)
    assert shown
