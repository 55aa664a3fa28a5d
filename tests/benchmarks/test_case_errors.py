"""A case that makes a scorer fail is wrong, named, and the only one concerned."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalm_oumi.benchmarks.api_bank import ApiBankCase
from coalm_oumi.benchmarks.cra_actions import GoldCase as CraCase
from coalm_oumi.benchmarks.multiwoz import MultiwozData, PredictedTurn
from coalm_oumi.benchmarks.snips_dst import DialogueState, GoldCase
from coalm_oumi.calls import FunctionCall
from coalm_oumi.case_errors import SCORER_ERROR, CaseErrors
from coalm_oumi.cra.generate import judging
from coalm_oumi.cra.read.reply import Rejection, parse_reply
from coalm_oumi.cra.validate import items
from coalm_oumi.errors import CoalmError
from coalm_oumi.evaluation.results import Scores
from coalm_oumi.training.rewards import call_match, state_match
from tests.benchmarks.multiwoz.conftest import cambridge, cambridge_folder

__all__ = ["cambridge", "cambridge_folder"]

RIDE = FunctionCall("FindFerry", {"port": "Hull"})
LABEL = '[{"name": "FindFerry", "arguments": {"port": "Hull"}}]'
STATE = '{"domain": "W", "slot_values": {}}'


def broken(
    monkeypatch: pytest.MonkeyPatch, module: str, reader: str, *, at: str
) -> None:
    """Makes a reader fail at one text, as an unknown defect would."""
    owner = importlib.import_module(module)
    read: Callable[..., Any] = getattr(owner, reader)

    def failing(text: str, *others: Any) -> Any:
        if text == at:
            raise KeyError("a label")
        return read(text, *others)

    monkeypatch.setattr(owner, reader, failing)


@pytest.mark.parametrize(
    ("benchmark", "reader", "case", "right"),
    [
        (
            "snips_dst",
            "parse_state",
            lambda k: GoldCase(k, "", DialogueState("W", {})),
            STATE,
        ),
        (
            "api_bank",
            "parse_calls",
            lambda k: ApiBankCase(k, 1, "", LABEL, RIDE),
            LABEL,
        ),
        (
            "cra_actions",
            "parse_reply",
            lambda k: CraCase(k, "d", "", "Ferries_1", None, RIDE),
            "Action: FindFerry(port='Hull')",
        ),
    ],
)
def test_the_case_is_wrong_and_the_others_are_scored(
    monkeypatch: pytest.MonkeyPatch,
    benchmark: str,
    reader: str,
    case: Callable[[str], Any],
    right: str,
) -> None:
    module = f"coalm_oumi.benchmarks.{benchmark}.score"
    broken(monkeypatch, module, reader, at="BREAK")
    score = importlib.import_module(module).score
    scores: Scores = score(
        [case("l1-0"), case("l1-1")], {"l1-0": right, "l1-1": "BREAK"}
    )
    first, second = scores.cases
    assert first["right"]
    assert "exception" not in first
    assert (second["right"], second["error"]) == (False, SCORER_ERROR)
    assert second["exception"] == "KeyError: 'a label'"
    assert second["prediction"] == "BREAK"
    assert scores.metrics["unparsable"].value == 50
    (note,) = (note for note in scores.notes if SCORER_ERROR in note)
    assert note.startswith("1 of 2 cases")
    assert "l1-1 (KeyError: 'a label')" in note


def test_a_multiwoz_dialogue_that_cannot_be_judged_is_not_predicted(
    monkeypatch: pytest.MonkeyPatch, cambridge: MultiwozData
) -> None:
    module = importlib.import_module("coalm_oumi.benchmarks.multiwoz.scorer.judge")
    original = module.dialogue_outcome

    def failing(goal: Any, scored: Any, *others: Any) -> Any:
        if any("break" in turn.response.lower() for turn in scored):
            raise RecursionError("too deep")
        return original(goal, scored, *others)

    monkeypatch.setattr(module, "dialogue_outcome", failing)
    predictions = {
        dialogue.id: tuple(
            PredictedTurn(t.system, state=t.state) for t in dialogue.turns
        )
        for dialogue in cambridge.dialogues.values()
    }
    first = next(iter(predictions))
    predictions[first] = (PredictedTurn("BREAK", True, {}),)
    from coalm_oumi.benchmarks.multiwoz import score

    scores = score(cambridge, predictions)
    case = next(case for case in scores.cases if case["id"] == first)
    assert (case["right"], case["error"]) == (False, SCORER_ERROR)
    assert case["exception"] == "RecursionError: too deep"
    assert [c["right"] for c in scores.cases if c["id"] != first] == [True, True]
    assert scores.metrics["success_all"].value == pytest.approx(200 / 3)
    assert any(SCORER_ERROR in note and first in note for note in scores.notes)


def test_a_reward_of_a_reply_that_cannot_be_judged_is_0(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = "coalm_oumi.training.rewards.against_answer"
    broken(monkeypatch, module, "read_reply", at="BREAK")
    assert call_match([LABEL, "BREAK"], [LABEL] * 2) == [1, 0]
    broken(monkeypatch, module, "parse_state", at="BREAK")
    assert state_match([STATE, "BREAK"], [STATE] * 2) == [1, 0]


def test_a_row_that_cannot_be_validated_is_unreadable_and_the_next_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def row(name: str) -> SimpleNamespace:
        columns = dict.fromkeys(items.ALPACA, "words")
        return SimpleNamespace(record_id=name, origin={}, **columns)

    def validated(record_id: str, *others: Any) -> items.Validated:
        if record_id == "a":
            raise KeyError("a label")
        return items.Validated(record_id, 1)

    monkeypatch.setattr(
        items, "read_coalm_it", lambda path, on_bad_row: [row("a"), row("b")]
    )
    monkeypatch.setattr(items, "recognise", lambda text: SimpleNamespace(part="cra"))
    monkeypatch.setattr(items, "_validated_row", validated)
    first, second = items.validated_items(tmp_path, None, None, items.Passed({}))
    assert first.problem == f"{SCORER_ERROR}: KeyError: 'a label'"
    assert (second.record_id, second.problem) == ("b", "")


def test_a_generated_reply_that_cannot_be_read_is_rejected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken(monkeypatch, "coalm_oumi.cra.generate.judging", "parse_reply", at="BREAK")
    unused: Any = SimpleNamespace(mode="paper", functions=SimpleNamespace(functions=()))
    judged = judging.judge("BREAK", unused, unused, unused)
    assert (judged.dialogue, judged.reason) == (None, SCORER_ERROR)
    assert judged.detail == "KeyError: 'a label'"


def test_a_user_s_error_ends_the_run() -> None:
    def missing_package() -> None:
        raise CoalmError("'jieba' is not installed.")

    with pytest.raises(CoalmError):
        CaseErrors().guard("a", missing_package, lambda: None)


SPELLINGS = {"s": "\u017f", "k": "\u212a", "i": "\u0130", "S": "\u017f"}
LABELS = (
    "User",
    "Thought",
    "API Name",
    "API Input",
    "API Result",
    "System",
    "Assistant",
)
LABELS += ("Customer", "Action", "Observation", "Thoughts 1", "Tool Name")


@given(st.lists(st.sampled_from(LABELS), min_size=1, max_size=5), st.data())
def test_labels_in_letters_that_fold_to_ascii_are_none(
    labels: list[str], data: st.DataObject
) -> None:
    lines = []
    for label in labels:
        for plain, other in SPELLINGS.items():
            if plain in label and data.draw(st.booleans()):
                label = label.replace(plain, other)
        lines.append(f"{label}: words")
    parse_reply("\n".join(lines))


def test_a_long_s_makes_no_label() -> None:
    assert isinstance(parse_reply("Sy\u017ftem: From which port?"), Rejection)
