"""Dates of calls: what states them, what becomes of those that nothing states."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalm_oumi.calls import FunctionCall
from coalm_oumi.cra.dates import (
    UNDATED,
    UNDATED_DROPPED,
    today_words,
    undated_values,
)
from coalm_oumi.cra.dialogue import CraDialogue, CraTurn, Step
from coalm_oumi.cra.function_lists import FunctionLists
from coalm_oumi.cra.functions import FunctionCatalogue
from coalm_oumi.cra.own_apis import OwnApis
from coalm_oumi.cra.read.sample_rows import read_cra_row
from coalm_oumi.cra.read.stored import dialogue_from_json, dialogue_to_json
from coalm_oumi.cra.samples import cra_samples
from coalm_oumi.cra.write.grounded import grounded_dialogues
from coalm_oumi.errors import DataFormatError
from coalm_oumi.own_apis.seed_dialogues import read_seed_dialogues
from coalm_oumi.sources import Ledger, Sgd
from coalm_oumi.sources.sgd_dialogue import Dialogue

TODAY = date(2026, 5, 6)  # a Wednesday
NOTHING = FunctionCatalogue(())


def dialogue(user: str, *values: Any, seen: Any = None, **more: Any) -> CraDialogue:
    """A dialogue of one call with the values as arguments, and a turn after it."""
    arguments = {f"day_{n}": value for n, value in enumerate(values)}
    step = Step(FunctionCall("book", arguments), {"ok": True}, "It is booked.")
    first = CraTurn(
        "Hello.",
        "I look.",
        Step(FunctionCall("look", {}), seen, "I saw."),
        "I looked.",
    )
    last = CraTurn("Thanks.", "I say goodbye.", None, "Goodbye.")
    turn = CraTurn(user, "The 6th of May 2031 it is.", step, "Booked.")
    return CraDialogue("own/a", (first, turn, last), **more)


def undated(found: CraDialogue, today: date | None) -> list[str]:
    return [value.value for value in undated_values(found, today)]


@pytest.mark.parametrize(
    ("user", "value"),
    [
        ("Tomorrow, please.", "2026-05-07"),
        ("On Friday.", "2026-05-08"),
        ("On the 9th.", "2026-05-09"),
        ("The 2nd of June will do.", "2026-06-02"),
        ("In two weeks.", "2026-05-20"),
        ("January 3rd", "2027-01-03"),
        ("Now, please.", "2026-05-06"),
        ("Last year's songs.", "2025"),
        ("Tomorrow at nine.", "2026-05-07T09:00:00"),
    ],
)
def test_words_state_a_date_only_where_today_is_stated(user: str, value: str) -> None:
    found = dialogue(user, value)
    assert undated(found, None) == [value[:10]]
    assert undated(found, TODAY) == []


@pytest.mark.parametrize(
    ("user", "value"),
    [
        ("Some day.", "2026-05-09"),
        ("On Friday.", "2026-05-09"),
        ("Tomorrow.", "2027-05-07"),
        ("On the 9th.", "2026-08-09"),
        ("Two years ago.", "2021"),
    ],
)
def test_another_date_than_the_words_give_is_not_stated(user: str, value: str) -> None:
    assert undated(dialogue(user, value), TODAY) == [value]


@pytest.mark.parametrize("today", [None, TODAY])
def test_a_whole_date_is_stated_wherever_it_stands(today: date | None) -> None:
    for user in ("2031-03-04", "On March 4th, 2031.", "The 4th of March 2031"):
        assert undated(dialogue(user, "2031-03-04"), today) == []
    shown = dialogue("That one.", "2031-03-04", seen=[{"at": "2031-03-04T10:00"}])
    assert undated(shown, today) == []
    # An earlier action states it as well; the thought does not.
    again = replace(shown.turns[1], user="And again.")
    twice = replace(dialogue("That.", "2031-03-04"), turns=(again, again))
    assert undated(twice, today) == ["2031-03-04"]
    assert undated(dialogue("That.", "2031-05-06"), today) == ["2031-05-06"]


def test_dates_are_found_inside_values() -> None:
    value = {"span": ["2031-03-04", {"until": "2031/03/09"}], "price": 20310304}
    assert undated(dialogue("A week.", value), None) == ["2031-03-04", "2031-03-09"]
    assert undated(dialogue("Ten.", 2000, "ten-2031", "2026-02-30"), None) == []


DAYS = st.dates(date(1990, 1, 1), date(2090, 1, 1))


@given(DAYS, st.integers(-366, 366))
def test_a_day_of_a_month_is_the_next_or_the_last_one(day: date, ahead: int) -> None:
    today = day - timedelta(days=ahead)
    for words in (f"On {day:%B} {day.day}.", f"The {day.day}. {day:%B} {day.day}th"):
        found = dialogue(words, day.isoformat())
        assert undated(found, today) == []
        assert undated(found, None) == [day.isoformat()]
        assert undated(found, day - timedelta(days=800)) == [day.isoformat()]


@given(DAYS, st.one_of(st.none(), DAYS))
def test_a_whole_date_needs_no_today(day: date, today: date | None) -> None:
    for words in (day.isoformat(), f"On {day:%B} {day.day}, {day.year}."):
        assert undated(dialogue(words, day.isoformat()), today) == []


@given(st.dates(date(1600, 1, 1), date(2400, 1, 1)))
def test_today_is_worded_in_one_way(day: date) -> None:
    assert today_words(day) == f"{day.isoformat()} ({day:%A})"


def test_both_prompts_state_the_day_before_the_history() -> None:
    found = dialogue("Tomorrow.", "2026-05-07", today=TODAY)
    for sample in cra_samples(found, NOTHING, seed=1):
        before, _, history = sample.instruction.partition("[BEGIN OF CONVERSATION")
        assert before.endswith(
            "[END OF FORMAT INSTRUCTION]\n\nToday's date: 2026-05-06 (Wednesday)\n\n"
        )
        assert "Today's date" not in history
        row = read_cra_row("a", sample.instruction, sample.input, sample.output)
        assert row.dialogue.today == TODAY


@pytest.mark.parametrize("today", [None, TODAY])
def test_without_the_option_or_the_day_the_prompts_are_the_paper_s(
    today: date | None,
) -> None:
    found = dialogue("Tomorrow.", "2026-05-07", today=today)
    stated = today is not None
    for sample in cra_samples(found, NOTHING, seed=1, state_date=not stated):
        assert "_v1+" in sample.origin.prompt
        assert "Today's date" not in sample.instruction


@pytest.mark.parametrize("action_turns", ["calls", "all"])
def test_undated_actions_are_noted_and_can_be_dropped(action_turns: Any) -> None:
    found = dialogue("Tomorrow.", "2026-05-07", "2026-05-08")
    kept, dropped = Ledger("own"), Ledger("own")
    options: dict[str, Any] = {"seed": 1, "action_turns": action_turns}
    samples = list(cra_samples(found, NOTHING, **options, ledger=kept))
    rest = list(cra_samples(found, NOTHING, **options, undated="drop", ledger=dropped))
    left_out = [s for s in samples if s not in rest]
    assert [(s.origin.record_id, s.origin.transformation) for s in left_out] == [
        ("own/a#1", "action")
    ]
    (note,) = kept.entries
    assert (note.action, note.record_id, note.reason) == ("noted", "own/a#1", UNDATED)
    assert note.detail == (
        "turn 1: book day_0='2026-05-07'; turn 1: book day_1='2026-05-08'"
    )
    assert [e.reason for e in dropped.entries] == [UNDATED_DROPPED]


def test_a_stored_dialogue_keeps_its_day() -> None:
    found = dialogue("Tomorrow.", "2026-05-07", today=TODAY)
    value = json.loads(json.dumps(dialogue_to_json(found)))
    assert value["today"] == "2026-05-06"
    assert dialogue_from_json(value) == found
    assert "today" not in dialogue_to_json(replace(found, today=None))
    for wrong in ("tomorrow", "2026-02-30", "2026-05-06 or so"):
        with pytest.raises(ValueError, match="'today' has to be a day"):
            dialogue_from_json({**value, "today": wrong})


def seeds(folder: Path, **fields: Any) -> Path:
    path = folder / "dialogues.jsonl"
    turn = {"user": "Hello.", "system": "Hello."}
    path.write_text(json.dumps({"id": "a", "turns": [turn], **fields}) + "\n")
    return path


def test_a_seed_dialogue_may_say_its_day(tmp_path: Path) -> None:
    (found,) = read_seed_dialogues(seeds(tmp_path, today="2026-05-06"))
    assert found.today == TODAY
    (found,) = read_seed_dialogues(seeds(tmp_path))
    assert found.today is None


@pytest.mark.parametrize(
    "wrong", ["6 May 2026", "2026-5-6", "2026-02-30", 20260506, []]
)
def test_a_day_of_another_form_is_one_line(tmp_path: Path, wrong: Any) -> None:
    with pytest.raises(DataFormatError, match="row 0, field 'today': expected a day"):
        list(read_seed_dialogues(seeds(tmp_path, today=wrong)))


def test_the_own_apis_of_the_example_know_their_day(repository: Path) -> None:
    folder = repository / "configs" / "own_apis"
    own = OwnApis(folder / "openapi.yaml", folder / "dialogues.jsonl")
    assert {found.today for found in own.dialogues()} == {TODAY}


def test_of_real_calls_a_third_is_undated_until_the_day_is_stated(
    real_dev: Sgd, real_dialogues: list[Dialogue]
) -> None:
    lists = FunctionLists(real_dev.schemas, "all")
    made = list(grounded_dialogues(real_dialogues, lists.schemas, lists.all, seed=42))
    calls = sum(turn.step is not None for found in made for turn in found.turns)
    assert {found.today for found in made} == {date(2019, 3, 1)}
    without = sum(len({v.turn for v in undated_values(d, None)}) for d in made)
    assert 0.25 < without / calls < 0.35
    assert [v for d in made for v in undated_values(d, d.today)] == []
