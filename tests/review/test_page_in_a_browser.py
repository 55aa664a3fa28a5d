"""The review page in a real browser: score, feedback, save, reload, resume, load."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from coalm_oumi.calls import FunctionSchema, ParameterSchema
from coalm_oumi.cra.functions import FunctionCatalogue
from coalm_oumi.cra.review.dialogues import ReviewDialogue
from coalm_oumi.cra.review.page import review_id, review_page
from coalm_oumi.cra.review.scores import read_review
from tests.review.conftest import HOSTILE, dialogue

pytestmark = pytest.mark.slow

SAVED = {
    "format": "coalm-review-1",
    "title": "Ferries",
    "reviewer": "Ada Lovelace",
    "dialogues": 3,
    "scores": {
        "ferries/1": {"score": 1},
        "ferries/2": {
            "score": 0,
            "class": "argument_hallucination",
            "feedback": "turn 0: 2 was n0t said 1",
        },
    },
}


def test_score_feedback_save_reload_and_resume(
    browser_context: Any,
    ferries: list[ReviewDialogue],
    pictures: Path,
    tmp_path: Path,
) -> None:
    page_file = tmp_path / "review.html"
    page_file.write_text(review_page(ferries, None, title="Ferries", version="1"))
    asked, told = [], []
    page = browser_context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.goto(page_file.as_uri())

    def position() -> str:
        return page.inner_text("#position")

    def count() -> str:
        return page.inner_text("#count")

    # Score with the keyboard alone: the first is correct, the second has an error.
    assert (position(), count()) == (
        "Dialogue 1 of 3",
        "0 of 3 scored, 0 with an error",
    )
    page.keyboard.press("1")
    page.keyboard.press("n")
    assert position() == "Dialogue 2 of 3"
    page.keyboard.press("0")
    assert page.inner_text("#missing") == "an error needs a class and feedback"
    assert count() == "1 of 3 scored, 0 with an error"
    page.keyboard.press("c")
    assert page.inner_text("#missing") == "an error needs feedback"
    page.keyboard.press("f")
    page.keyboard.type("turn 0: 2 was n0t said 1")
    page.screenshot(path=pictures / "review.png")
    page.keyboard.press("Escape")
    assert page.inner_text("#missing") == ""
    assert count() == "2 of 3 scored, 1 with an error"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("0")

    # Nothing is saved without a name; a score without feedback is left out.
    page.keyboard.press("s")
    assert "Write your name first" in page.inner_text("#message")
    page.keyboard.type("Ada Lovelace")
    page.keyboard.press("Escape")
    with page.expect_download() as waiting:
        page.keyboard.press("s")
    saved = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(saved)
    assert saved.name == f"review-{review_id(ferries)}-Ada-Lovelace.json"
    assert json.loads(saved.read_text("utf-8")) == {
        **SAVED,
        "review": review_id(ferries),
    }
    assert len(read_review(saved).scores) == 2
    assert "Saved 2 of 3 scores; left out: 1" in page.inner_text("#message")

    # Opened anew, everything is there, and the review goes on where it was.
    page.reload()
    assert (position(), count()) == (
        "Dialogue 3 of 3",
        "2 of 3 scored, 1 with an error",
    )
    assert page.input_value("#reviewer") == "Ada Lovelace"
    assert page.get_attribute("#error", "aria-checked") == "true"
    page.keyboard.press("j")
    assert page.input_value("#feedback") == "turn 0: 2 was n0t said 1"

    assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []
    assert told == []


def test_a_saved_file_brings_a_review_back_and_another_is_refused(
    browser_context: Any, ferries: list[ReviewDialogue], tmp_path: Path
) -> None:
    page_file, saved = tmp_path / "review.html", tmp_path / "saved.json"
    page_file.write_text(review_page(ferries, None, title="Ferries", version="1"))
    review = {**SAVED, "review": review_id(ferries)}
    saved.write_text(json.dumps(review))
    page = browser_context.new_page()
    page.goto(page_file.as_uri())

    def loaded(file: Path, told: str) -> str:
        page.set_input_files("#file", file)
        page.locator("#message", has_text=told).wait_for()
        return page.inner_text("#count")

    assert page.inner_text("#count") == "0 of 3 scored, 0 with an error"
    assert loaded(saved, "Loaded 2 scores.") == "2 of 3 scored, 1 with an error"
    page.keyboard.press("n")
    page.keyboard.press("1")
    assert page.inner_text("#count") == "3 of 3 scored, 1 with an error"

    (tmp_path / "other.json").write_text(json.dumps({**review, "review": "0" * 16}))
    all_scored = "3 of 3 scored, 1 with an error"
    assert loaded(tmp_path / "other.json", "another review") == all_scored
    (tmp_path / "none.json").write_text("{")
    assert loaded(tmp_path / "none.json", "no saved review") == all_scored


def test_hostile_texts_stay_texts(browser_context: Any, tmp_path: Path) -> None:
    text = "\n".join(HOSTILE)
    lines = [(role, text) for role in ("User", "Action", "Observation", text)]
    sample = [dialogue("__proto__", *lines), dialogue(f"{text}/2", *lines)]
    parameter = ParameterSchema(
        text, {"type": text, "description": text, "enum": [text]}
    )
    functions = FunctionCatalogue((FunctionSchema(text, text, (parameter,)),))
    page_file = tmp_path / "review.html"
    page_file.write_text(
        review_page(sample, functions, title=f"Safe {text}", version=text), "utf-8"
    )
    told: list[str] = []
    page = browser_context.new_page()
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("console", lambda message: told.append(message.text))
    page.goto(page_file.as_uri())
    page.keyboard.press("1")
    page.keyboard.press("k")
    page.keyboard.press("0")
    page.click("#all summary")
    assert page.title().startswith("Safe <script>")
    assert page.inner_text("#count") == "1 of 2 scored, 0 with an error"
    assert page.locator("script").count() == 2
    assert page.locator("img").count() == 0
    shown = page.text_content("#lines .User p")
    assert shown.split("\n")[:5] == list(HOSTILE[:5])
    assert page.text_content("#others h3").startswith("<script>")
    page.reload()
    assert page.inner_text("#count") == "1 of 2 scored, 0 with an error"
    assert told == []
    # Even a script that got into the page would not be run.
    page.evaluate(
        """() => { const script = document.createElement("script");
        script.textContent = "document.title = 'broken'"; document.body.append(script); }"""
    )
    assert page.title().startswith("Safe <script>")
