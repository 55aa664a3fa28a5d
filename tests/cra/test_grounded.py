"""Grounded CRA: what a thought may say, and which dialogues are left out."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from coalm_oumi.cra.dialogue import CraTurn
from coalm_oumi.cra.functions import function_catalogue
from coalm_oumi.cra.write.grounded import (
    INVALID_CALL,
    UNGROUNDED,
    UNSUPPORTED,
    ground,
    grounded_dialogues,
)
from coalm_oumi.sources import Ledger
from coalm_oumi.sources.sgd_dialogue import (
    Dialogue,
    DialogueAct,
    DialogueState,
    Frame,
    ServiceCall,
    Turn,
)
from coalm_oumi.sources.sgd_schema import IntentSchema, ServiceSchema, SlotSchema

FERRIES = ServiceSchema(
    "Ferries_1",
    "Ferries",
    (
        SlotSchema("port", "Port", True, ("Hull", "Harwich")),
        SlotSchema("ship_name", "Ship"),
        SlotSchema("time", "Time of departure"),
        SlotSchema("seats", "Seats", True, ("1", "2")),
    ),
    (
        IntentSchema("FindFerry", "Find a ferry", False, ("port",), {}, ("ship_name",)),
        IntentSchema(
            "BookFerry",
            "Book a ferry",
            True,
            ("ship_name", "time"),
            {"seats": "1"},
            ("ship_name", "time"),
        ),
    ),
)
FUNCTIONS = function_catalogue([FERRIES])


def act(
    kind: str, slot: str = "", *values: str, said: str | None = None
) -> DialogueAct:
    return DialogueAct(kind, slot, (said,) if said else values, values)


def user(text: str, *acts: DialogueAct, intent: str = "FindFerry") -> Turn:
    state = DialogueState(intent, (), {})
    return Turn("USER", text, (Frame("Ferries_1", acts, state=state),))


def system(
    text: str,
    *acts: DialogueAct,
    call: ServiceCall | None = None,
    results: Sequence[dict[str, str]] = (),
) -> Turn:
    frame = Frame("Ferries_1", acts, call=call, results=tuple(results))
    return Turn("SYSTEM", text, (frame,))


def made(*turns: Turn, seed: int = 42) -> tuple[CraTurn, ...]:
    dialogue = Dialogue("1_00000", "train", ("Ferries_1",), turns)
    found, reason, detail = ground(
        dialogue, {"Ferries_1": FERRIES}, FUNCTIONS, seed=seed
    )
    assert found is not None, (reason, detail)
    return found.turns


WISH = (
    user("A ferry, please.", act("INFORM_INTENT", "intent", "FindFerry")),
    system("From where?", act("REQUEST", "port")),
)
SEARCH = (
    user("From Hull.", act("INFORM", "port", "Hull")),
    system(
        "The Puffin leaves at 9 am.",
        act("OFFER", "ship_name", "Puffin"),
        act("OFFER", "time", "09:00", said="9 am"),
        call=ServiceCall("FindFerry", {"port": "Hull"}),
        results=[
            {"port": "Hull", "ship_name": "Puffin", "time": "09:00"},
            {"port": "Hull", "ship_name": "Gull", "time": "11:00"},
        ],
    ),
)
CONFIRM = (
    user(
        "I take it. Book it.",
        act("SELECT"),
        act("INFORM_INTENT", "intent", "BookFerry"),
        intent="BookFerry",
    ),
    system(
        "Puffin at 9 am for 1?",
        act("CONFIRM", "ship_name", "Puffin"),
        act("CONFIRM", "time", "09:00", said="9 am"),
        act("CONFIRM", "seats", "1"),
    ),
)
BOOK = ServiceCall("BookFerry", {"ship_name": "Puffin", "time": "09:00", "seats": "1"})
BOOKED = {"ship_name": "Puffin", "time": "09:00", "seats": "1"}


@pytest.mark.parametrize("seed", range(20))
def test_a_question_is_thought_of_by_the_slot_that_is_missing(seed: int) -> None:
    (turn,) = made(*WISH, seed=seed)
    assert "the port" in turn.thought
    assert "ferry" in turn.thought
    assert turn.step is None


@pytest.mark.parametrize("seed", range(20))
def test_a_search_names_its_function_and_what_was_found(seed: int) -> None:
    turn = made(*WISH, *SEARCH, seed=seed)[1]
    assert turn.step is not None
    assert turn.action_output() == "Action: FindFerry(port='Hull')"
    assert turn.step.observation == {
        "count": 2,
        "results": [
            {"port": "Hull", "ship_name": "Puffin", "time": "09:00"},
            {"port": "Hull", "ship_name": "Gull", "time": "11:00"},
        ],
    }
    assert "Hull" in turn.thought
    assert "Puffin" not in turn.thought  # not known yet
    assert "2 " in turn.step.thought
    assert "the ship name is Puffin" in turn.step.thought


@pytest.mark.parametrize("seed", range(20))
def test_a_confirmation_lists_the_details_and_says_what_it_assumes(seed: int) -> None:
    turn = made(*WISH, *SEARCH, *CONFIRM, seed=seed)[2]
    assert turn.step is None
    assert "Puffin" in turn.thought
    assert "9 am" in turn.thought  # as it was said
    assert "the seats" in turn.thought
    assert turn.thought.endswith("1.")


@pytest.mark.parametrize("seed", range(20))
def test_another_option_comes_from_the_earlier_observation(seed: int) -> None:
    turn = made(
        *WISH,
        *SEARCH,
        user("Anything else?", act("REQUEST_ALTS")),
        system("The Gull.", act("OFFER", "ship_name", "Gull")),
        seed=seed,
    )[2]
    assert turn.step is None
    assert "Puffin" in turn.thought  # what is turned down
    assert "the ship name is Gull" in turn.thought


@pytest.mark.parametrize("seed", range(20))
def test_a_booking_that_fails_is_not_called_done(seed: int) -> None:
    turn = made(
        *WISH,
        *SEARCH,
        *CONFIRM,
        user("Yes.", act("AFFIRM"), intent="BookFerry"),
        system(
            "Sorry, only at 11 am.",
            act("NOTIFY_FAILURE"),
            act("OFFER", "time", "11:00", said="11 am"),
            call=BOOK,
            results=[{**BOOKED, "time": "11:00"}],
        ),
        seed=seed,
    )[3]
    assert turn.step is not None
    assert turn.step.observation["status"] == "failure"
    assert "the time is 11:00 instead of 09:00" in turn.step.thought
    told = turn.step.thought.lower()
    assert not any(word in told for word in ("success", "went through", "it worked"))


@pytest.mark.parametrize("seed", range(20))
def test_a_booking_at_another_time_is_remarked(seed: int) -> None:
    turn = made(
        *WISH,
        *SEARCH,
        *CONFIRM,
        user("Yes.", act("AFFIRM"), intent="BookFerry"),
        system(
            "Done.",
            act("NOTIFY_SUCCESS"),
            call=BOOK,
            results=[{**BOOKED, "time": "09:30"}],
        ),
        seed=seed,
    )[3]
    assert turn.step is not None
    assert "the time is 09:30 instead of 09:00" in turn.step.thought


@pytest.mark.parametrize("seed", range(20))
def test_an_empty_search_is_told_as_empty(seed: int) -> None:
    turn = made(
        *WISH,
        user("From Harwich.", act("INFORM", "port", "Harwich")),
        system(
            "Nothing found.",
            act("NOTIFY_FAILURE"),
            act("REQ_MORE"),
            call=ServiceCall("FindFerry", {"port": "Harwich"}),
        ),
        seed=seed,
    )[1]
    assert turn.step is not None
    assert turn.step.observation == {"count": 0, "results": []}
    assert any(
        word in turn.step.thought.lower()
        for word in (
            "nothing",
            "empty",
            "no results",
            "no match",
            "not a single",
            "zero",
        )
    )


def test_a_value_is_written_as_the_call_has_it() -> None:
    turns = (
        *WISH,
        user(
            "From the port of Hull.", act("INFORM", "port", "Hull", said="port of Hull")
        ),
        SEARCH[1],
    )
    thoughts = {made(*turns, seed=seed)[1].thought for seed in range(20)}
    assert any("port of Hull as Hull" in thought for thought in thoughts)


def test_the_goodbye_knows_what_was_settled() -> None:
    turns = (
        *WISH,
        *SEARCH,
        user("That is all, bye.", act("SELECT"), act("GOODBYE")),
        system("Bye.", act("GOODBYE")),
    )
    thoughts = {made(*turns, seed=seed)[2].thought for seed in range(30)}
    assert len(thoughts) == 30
    assert sum("ferry" in thought for thought in thoughts) >= 10


def test_a_seed_fixes_the_thoughts() -> None:
    turns = (*WISH, *SEARCH, *CONFIRM)
    assert made(*turns, seed=1) == made(*turns, seed=1)
    assert made(*turns, seed=1) != made(*turns, seed=2)


def test_a_dialogue_with_an_invalid_call_is_left_out() -> None:
    ledger = Ledger("sgd")
    turns = (*WISH, SEARCH[0], system("Ok.", call=ServiceCall("FindFerry", {})))
    dialogue = Dialogue("1_00000", "train", ("Ferries_1",), turns)
    found = grounded_dialogues([dialogue], [FERRIES], FUNCTIONS, seed=1, ledger=ledger)
    assert list(found) == []
    (entry,) = ledger.entries
    assert (entry.record_id, entry.reason) == ("train/1_00000", INVALID_CALL)
    assert entry.detail == "turn 1: 'FindFerry' lacks the required argument 'port'"


def test_a_dialogue_that_reports_what_nothing_supports_is_left_out() -> None:
    ledger = Ledger("sgd")
    wrong = system("The Swan.", act("OFFER", "ship_name", "Swan"))
    turns = (*WISH, *SEARCH, user("Else?", act("REQUEST_ALTS")), wrong)
    dialogue = Dialogue("1_00000", "train", ("Ferries_1",), turns)
    found = grounded_dialogues([dialogue], [FERRIES], FUNCTIONS, seed=1, ledger=ledger)
    assert list(found) == []
    assert ledger.entries[0].reason == UNSUPPORTED
    assert ledger.entries[0].detail == "turn 2: ship_name 'Swan'"


@pytest.mark.parametrize("kept", [False, True])
def test_a_dialogue_with_a_value_from_nowhere_is_left_out_unless_asked_for(
    kept: bool,
) -> None:
    """The annotation has another port than the user's words."""
    ask, answer = SEARCH
    turns = (*WISH, user("From Dover.", *ask.frames[0].acts), answer)
    dialogue = Dialogue("1_00000", "train", ("Ferries_1",), turns)
    services = {"Ferries_1": FERRIES}
    found, reason, detail = ground(
        dialogue, services, FUNCTIONS, seed=1, ungrounded=kept
    )
    assert (found is not None) == kept
    assert reason == UNGROUNDED
    assert detail == "turn 1: FindFerry port='Hull'"

    ledger = Ledger("sgd")
    made = grounded_dialogues([dialogue], [FERRIES], FUNCTIONS, seed=1, ledger=ledger)
    assert list(made) == []
    (entry,) = ledger.entries
    assert (entry.action, entry.reason) == ("rejected", UNGROUNDED)
