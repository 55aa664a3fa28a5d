"""What is told of predictions in which something is missing or unknown."""

from __future__ import annotations

from dataclasses import replace

from coalm_oumi.benchmarks.multiwoz import MultiwozData, PredictedTurn, score

TURN = PredictedTurn("ok", delexicalised=True, state={}, active_domains=("hotel",))


def notes(data: MultiwozData, *turns: PredictedTurn) -> list[str]:
    return list(score(data, {"sng0001": turns}).notes)


def test_whole_predictions_need_no_note(cambridge: MultiwozData) -> None:
    assert notes(cambridge, TURN, TURN) == []


def test_dialogues_that_are_missing(cambridge: MultiwozData) -> None:
    found = score(cambridge, {"sng0001": (TURN, TURN), "mul0002": None}).notes
    assert found == (
        "1 of 2 dialogues were not predicted: inform and success are over the others, "
        "inform_all and success_all count them as failures, as jga_strict and "
        "jga_lenient do their turns.",
    )


def test_turns_that_are_missing(cambridge: MultiwozData) -> None:
    assert notes(cambridge, TURN) == [
        "1 turns in 1 dialogues were not predicted: their states count as wrong, and "
        "nothing is given in them."
    ]


def test_turns_without_a_state(cambridge: MultiwozData) -> None:
    (note,) = notes(cambridge, TURN, replace(TURN, state=None))
    assert note.startswith(
        "1 of 2 turns have no state: the gold states of MultiWOZ 2.4"
    )


def test_domains_slots_and_placeholders_that_nobody_knows(
    cambridge: MultiwozData,
) -> None:
    odd = replace(
        TURN,
        response="[hotel_colour] and [hotel_name]",
        state={"hotel": {"colour": "red", "book people": "2"}, "ship": {"x": "y"}},
        active_domains=("spaceship", "hotel", "police"),
    )
    assert notes(cambridge, TURN, odd) == [
        "1 of 2 turns have placeholders that the benchmark does not know: "
        "[hotel_colour].",
        "1 of 2 turns have domains and slots that the benchmark does not know: "
        "hotel-colour, ship, spaceship.",
    ]
