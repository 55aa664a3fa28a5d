"""`coalm review` and `coalm review collect`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Command


@pytest.fixture
def dialogues(tmp_path: Path) -> Path:
    """A file of three dialogues that call a function of the example's catalogue."""
    path = tmp_path / "dialogues.jsonl"
    call = {"name": "getRepair", "arguments": {"ticket": "R-1"}}
    turn = {
        "user": "R-1?",
        "thought": "Look.",
        "call": call,
        "observation": {"price": 12},
        "thought2": "It is 12.",
        "response": "12 euros.",
    }
    rows = [{"record_id": f"d{n}", "turns": [turn]} for n in range(3)]
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    return path


def data(page: Path) -> dict[str, Any]:
    """What the page's script reads."""
    text = page.read_text("utf-8").partition('type="application/json">')[2]
    return json.loads(text.partition("</script>")[0])


def test_the_page_has_the_sample_and_the_functions(
    coalm: Command, dialogues: Path, repository: Path, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    catalogue = repository / "configs" / "own_apis" / "openapi.yaml"

    ended = coalm("review", dialogues, "-n", 2, "-o", page, "--catalogue", catalogue)

    assert ended.code == 0
    assert "2 of 3 dialogues (3 rows read)" in ended.text
    found = data(page)
    assert len(found["dialogues"]) == 2
    assert [function["name"] for function in found["functions"]] == [
        "findBikes",
        "hireBike",
        "bookRepair",
        "getRepair",
        "cancelRepair",
    ]
    assert found["functions"][3]["arguments"] == [
        {
            "name": "ticket",
            "type": "str",
            "required": True,
            "description": "Number of the repair's ticket",
        }
    ]
    assert [one["key"] for one in found["classes"]] == [
        "undefined_function",
        "argument_type",
        "argument_hallucination",
        "reasoning",
    ]
    assert "http" not in page.read_text("utf-8").replace("http-equiv", "")


def test_the_same_seed_gives_the_same_page(
    coalm: Command, dialogues: Path, tmp_path: Path
) -> None:
    for name in ("a.html", "b.html"):
        assert coalm("review", dialogues, "-o", tmp_path / name).code == 0
    first = (tmp_path / "a.html").read_bytes()
    assert (tmp_path / "b.html").read_bytes() == first


def test_a_page_that_is_there_is_written_over_with_force_only(
    coalm: Command, dialogues: Path, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    page.write_text("mine")
    refused = coalm("review", dialogues, "-o", page)
    assert (refused.code, page.read_text()) == (1, "mine")
    assert "--force" in refused.text
    assert coalm("review", "page", dialogues, "-o", page, "--force").code == 0
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")


def test_a_missing_file_is_one_line(coalm: Command, tmp_path: Path) -> None:
    ended = coalm("review", tmp_path / "none.jsonl", "-o", tmp_path / "page.html")
    assert ended.code == 1
    assert "does not exist" in ended.text


def test_a_broken_dialogue_or_score_is_named_and_the_others_are_taken(
    coalm: Command, dialogues: Path, tmp_path: Path
) -> None:
    dialogues.write_text('{"record_id": "x"}\n' + dialogues.read_text() + '{"rec')
    ended = coalm("review", dialogues, "-o", tmp_path / "page.html")
    assert ended.code == 0
    assert "3 of 3 dialogues (5 rows read)" in ended.text
    assert (
        "Warning: 2 row(s) cannot be shown and are left out; the first: " in ended.text
    )
    assert len(data(tmp_path / "page.html")["dialogues"]) == 3

    saved = {"format": "coalm-review-1", "review": "r", "title": "t", "reviewer": "Ada"}
    saved |= {"dialogues": 2, "scores": {"a": {"score": 1}, "b": {"score": "no"}}}
    (tmp_path / "ada.json").write_text(json.dumps(saved))
    ended = coalm("review", "collect", tmp_path / "ada.json")
    assert ended.code == 0
    assert "Ada: 1 of 2 dialogues scored" in ended.text
    assert "field 'scores.b': expected a score" in ended.text
    assert "This score is not counted." in ended.text


def test_collect_counts_and_compares(
    coalm: Command, dialogues: Path, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    coalm("review", dialogues, "-o", page)
    error = {"score": 0, "class": "reasoning", "feedback": "why\x1b[2J?"}
    files = []
    for reviewer, scores in (
        ("Ada", {"d0": {"score": 1}, "d1": error, "d2": error}),
        ("Bo", {"d0": {"score": 1}, "d1": error, "d2": {"score": 1}}),
    ):
        saved = {
            "format": "coalm-review-1",
            "review": data(page)["review"],
            "title": "Repairs",
            "reviewer": reviewer,
            "dialogues": 3,
            "scores": scores,
        }
        files.append(tmp_path / f"{reviewer}.json")
        files[-1].write_text(json.dumps(saved))
    report = tmp_path / "report.json"

    ended = coalm("review", "collect", *files, "-o", report)

    assert ended.code == 0
    lines = [" ".join(line.split()) for line in ended.text.splitlines()]
    assert "Any error Ada 3 2 66.7 % 20.8 to 93.9 %" in lines
    assert "Low-quality reasoning and planning Bo 3 1 33.3 % 6.1 to 79.2 %" in lines
    assert "Any error together 3 2 66.7 % 20.8 to 93.9 %" in lines
    assert any(
        line.startswith("Ada and Bo correct or error 3 2 0.40") for line in lines
    )
    assert "d2: Ada: Low-quality reasoning and planning, Bo: correct" in lines
    # What a reviewer wrote reaches the terminal without its control characters.
    assert any(r"why\x1b[2J?" in line for line in lines)
    (found,) = json.loads(report.read_text())
    assert found["agreement"][0]["kappa"] == pytest.approx(0.4)


def test_help_names_both_commands(coalm: Command) -> None:
    for args in (("review",), ("review", "--help")):
        text = coalm(*args).text
        assert "page" in text
        assert "collect" in text
