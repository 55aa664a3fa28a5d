"""What an observation shows of a call's results."""

from __future__ import annotations

from coalm_oumi.cra.write.observation import needed_results, observe
from coalm_oumi.sources.sgd_dialogue import (
    Dialogue,
    DialogueAct,
    Frame,
    ServiceCall,
    Turn,
)
from coalm_oumi.sources.sgd_schema import IntentSchema, ServiceSchema, SlotSchema

SERVICE = ServiceSchema(
    "Ferries_1",
    "",
    (
        SlotSchema("ship"),
        SlotSchema("fare"),
        SlotSchema("car", "", True, ("True", "False")),
    ),
    (IntentSchema("FindFerry"), IntentSchema("BookFerry", is_transactional=True)),
)
RESULTS = tuple(
    {"ship": f"Ship {n}", "fare": str(n), "car": str(n % 2 == 0)} for n in range(10)
)


def act(kind: str, slot: str = "", *values: str) -> DialogueAct:
    return DialogueAct(kind, slot, values, values)


def frame(
    *acts: DialogueAct, method: str = "", results: tuple[dict[str, str], ...] = ()
) -> Frame:
    call = ServiceCall(method, {}) if method else None
    return Frame("Ferries_1", acts, call=call, results=results)


def dialogue(*frames: Frame) -> Dialogue:
    """A dialogue whose SYSTEM turns have these frames."""
    turns = []
    for each in frames:
        turns += [Turn("USER", "", (frame(),)), Turn("SYSTEM", "", (each,))]
    return Dialogue("1", "train", ("Ferries_1",), tuple(turns))


def shown(*later: Frame, first: tuple[DialogueAct, ...] = ()) -> list[str]:
    """The ships that the observation of a first search shows."""
    search = frame(*first, method="FindFerry", results=RESULTS)
    needed = needed_results(dialogue(search, *later))
    found = observe(search, SERVICE, needed[1])
    assert found is not None
    return [result["ship"] for result in found.results]


def test_a_search_shows_its_count_and_three_results() -> None:
    found = observe(frame(method="FindFerry", results=RESULTS), SERVICE, frozenset())
    assert found is not None
    assert found.value == {
        "count": 10,
        "results": [
            {"ship": "Ship 0", "fare": "0", "car": True},
            {"ship": "Ship 1", "fare": "1", "car": False},
            {"ship": "Ship 2", "fare": "2", "car": True},
        ],
    }


def test_a_search_in_vain_shows_none() -> None:
    found = observe(frame(method="FindFerry"), SERVICE, frozenset())
    assert found is not None
    assert found.value == {"count": 0, "results": []}


def test_what_is_offered_later_is_shown_in_the_source_s_order() -> None:
    assert shown(frame(act("OFFER", "ship", "Ship 7"))) == [
        "Ship 0",
        "Ship 1",
        "Ship 7",
    ]


def test_all_that_is_needed_is_shown_even_if_it_is_more_than_three() -> None:
    later = [frame(act("OFFER", "ship", f"Ship {n}")) for n in (9, 5, 8, 4)]
    assert shown(*later) == ["Ship 4", "Ship 5", "Ship 8", "Ship 9"]


def test_a_value_told_later_is_that_of_the_ship_spoken_of() -> None:
    # All even ships take cars; the one offered is meant.
    later = frame(act("INFORM", "car", "True"))
    assert shown(later, first=(act("OFFER", "ship", "Ship 6"),)) == [
        "Ship 0",
        "Ship 1",
        "Ship 6",
    ]


def test_an_act_with_several_values_needs_several_results() -> None:
    offers = (act("OFFER", "ship", "Ship 3", "Ship 5", "Ship 8", "Ship 9"),)
    assert shown(first=offers) == ["Ship 3", "Ship 5", "Ship 8", "Ship 9"]


def test_a_later_call_of_the_service_has_its_own_results() -> None:
    again = frame(
        act("OFFER", "ship", "Ship 9"), method="FindFerry", results=RESULTS[9:]
    )
    assert shown(again) == ["Ship 0", "Ship 1", "Ship 2"]


def test_a_transaction_says_whether_it_went_through() -> None:
    for outcome, status in (
        ("NOTIFY_SUCCESS", "success"),
        ("NOTIFY_FAILURE", "failure"),
    ):
        found = observe(
            frame(act(outcome), method="BookFerry", results=RESULTS[:1]),
            SERVICE,
            frozenset(),
        )
        assert found is not None
        assert found.value == {
            "status": status,
            "results": [{"ship": "Ship 0", "fare": "0", "car": True}],
        }


def test_without_a_call_there_is_no_observation() -> None:
    assert observe(frame(), SERVICE, frozenset()) is None
