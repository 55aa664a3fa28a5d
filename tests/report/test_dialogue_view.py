"""MultiWOZ in a report: Table 2 by protocol, domains in plots, dialogues turn by turn."""

from __future__ import annotations

from pathlib import Path

import pytest

from coalm_oumi.benchmarks.multiwoz import (
    MultiwozData,
    PredictedTurn,
    StoredCall,
    load_multiwoz,
    score,
)
from coalm_oumi.benchmarks.registry import find_benchmark
from coalm_oumi.embedded import embedded_folder
from coalm_oumi.environments.multiwoz.predicted_turn import turn_object
from coalm_oumi.evaluation.report import build_report, read_results
from coalm_oumi.evaluation.report.dialogue_view import shown_dialogue
from coalm_oumi.evaluation.report.document import Bars, Report, Section
from coalm_oumi.evaluation.report.markdown import to_markdown
from coalm_oumi.evaluation.report.page import to_page
from coalm_oumi.evaluation.results import write_results

HOSTILE = "<script>alert(1)</script>"


def stored(
    folder: Path,
    data: MultiwozData,
    protocol: str,
    turns: dict[str, tuple[PredictedTurn, ...] | None],
) -> None:
    scores = score(data, turns)
    lines = {k: [turn_object(t) for t in found or ()] for k, found in turns.items()}
    told = {
        "model": "m/our-8B",
        "protocol": protocol,
        "prompt": "multiwoz_any_v1",
        "data": "folder (download)",
        "data_sha256": data.digest,
    }
    write_results(folder, scores, lines, task="multiwoz24", provenance=told)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Results by each protocol, most of them wrong."""
    folder: Path = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COALM_CACHE_DIR", str(folder / "cache"))
        data = load_multiwoz(data=embedded_folder("multiwoz24") / "multiwoz24")
    call = StoredCall(
        "query_restaurants",
        {"area": "east", "sea": HOSTILE},
        failure="unknown_argument",
    )
    gold, states, user = {}, {}, {}
    for key, dialogue in data.dialogues.items():
        right = key == "sng0001"
        gold[key] = tuple(
            PredictedTurn(t.system, state=t.state)
            if right
            else PredictedTurn(HOSTILE, calls=(call,), problems=("no_response",))
            for t in dialogue.turns
        )
        states[key] = tuple(
            PredictedTurn("", state=t.state if right else {}, only_state=True)
            for t in dialogue.turns
        )
        user[key] = (PredictedTurn("No.", user=f"{HOSTILE} please"),)
    stored(folder / "multiwoz24", data, "gold_history", gold)
    stored(folder / "multiwoz24_dst_prompt", data, "dst_prompt", states)
    stored(folder / "multiwoz24_simulated_user", data, "simulated_user", user)
    names = ("multiwoz24", "multiwoz24_dst_prompt", "multiwoz24_simulated_user")
    return build_report(read_results([folder / name for name in names], find_benchmark))


def section(report: Report, title: str) -> Section:
    return next(one for one in report.sections if title in one.title)


def test_table_2_has_the_papers_protocol_and_the_others_stand_apart(
    report: Report,
) -> None:
    tables = {table.title: table for table in section(report, "multiwoz24").tables}
    paper = {row[0]: row[1:] for row in tables["Table 2 of the paper"].rows}
    assert paper["our-8B (gold_history), multiwoz_any_v1"] == ("8.3", "7.5")
    assert not any("minus" in name for name in paper)  # No difference is given.
    assert paper["CoALM-8B"] == ("51.6", "30.4")
    assert not any("simulated" in name or "dst_prompt" in name for name in paper)
    apart = tables["Not to be compared with Table 2 of the paper"]
    assert apart.rows == (
        ("our-8B (dst_prompt)", "-", "7.5", "its protocol is 'dst_prompt'"),
        ("our-8B (simulated_user)", "0.0", "-", "its protocol is 'simulated_user'"),
    )


def test_domains_are_plotted(report: Report) -> None:
    plots = section(report, "multiwoz24").plots
    titles = [plot.title for plot in plots if isinstance(plot, Bars)]
    jga = "joint goal accuracy, strict"
    for metric in ("inform", "success", jga, "bookings made"):
        assert f"{metric} by domain (number of cases)" in titles


def test_a_domain_without_a_metric_is_not_in_its_plot(report: Report) -> None:
    plots = section(report, "multiwoz24").plots
    (booked,) = [p for p in plots if isinstance(p, Bars) and "bookings" in p.title]
    assert not any(name.startswith("attraction") for name in booked.groups)
    assert all(value is not None for _, values in booked.series for value in values)


def test_other_protocols_are_not_compared(report: Report) -> None:
    assert not any(" against " in one.title for one in report.sections)


def test_the_number_of_cases_is_one_of_dialogues(report: Report) -> None:
    (table,) = report.sections[0].tables
    assert [row[2] for row in table.rows] == ["12", "12", "12"]


def test_a_judges_verdict_is_shown() -> None:
    judged = {"verdict": "not_met", "explanation": "no postcode"}
    case = {"id": "x", "turns": [{"user": "Hi"}], "judge": judged}
    assert ("judge", "not met: no postcode") in shown_dialogue(case).texts
    unread = {**case, "judge": {"verdict": "", "explanation": ""}}
    assert ("judge", "no verdict") in shown_dialogue(unread).texts


def test_problems_and_failed_calls_are_told(report: Report) -> None:
    own = section(report, "multiwoz24")
    titles = [table.title for table in own.tables]
    assert "our-8B (gold_history), by failed call" in titles
    assert any("failed" not in r and "no_response (" in r for r in own.remarks)
    assert any("unknown_argument (the function has no such" in r for r in own.remarks)


def test_a_failed_dialogue_is_shown_turn_by_turn(report: Report) -> None:
    shown = section(report, "dialogues of our-8B (gold_history) that went wrong")
    assert len(shown.cases) == 11
    case = next(case for case in shown.cases if case.id == "mul0002")
    texts = dict(case.texts)
    assert case.about.startswith("no fitting offer: ")
    assert "You are looking for" in texts["goal"]
    assert texts["no fitting offer"] == "restaurant, hotel"
    first = texts["turn 1"].splitlines()
    assert first[0].startswith("User: I am looking for a place to stay")
    assert first[1].startswith('Call: query_restaurants {"area": "east", "sea": ')
    meaning = "the function has no such parameter"
    assert first[2] == f"  -> failed: unknown_argument ({meaning})"
    assert any(line.startswith("Problem: no_response (it made its") for line in first)
    assert f"Reply: {HOSTILE}" in first
    assert "State: restaurant(area=east)" in first
    assert any(line.startswith("Gold state: hotel(") for line in first)
    assert "Wrong: extra restaurant-area (gold -, found east)" in first


def test_the_dialogues_of_the_other_protocols_are_shown_too(report: Report) -> None:
    states = section(report, "(dst_prompt) that went wrong")
    assert states.cases[0].about == "wrong state"
    user = section(report, "(simulated_user) that went wrong")
    texts = dict(user.cases[0].texts)
    assert texts["turn 1"].startswith(f"User: {HOSTILE} please")


def test_a_page_escapes_what_models_write(report: Report) -> None:
    page = to_page(report, "1.2.3")
    assert HOSTILE not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "Table 2 of the paper" in to_markdown(report)
