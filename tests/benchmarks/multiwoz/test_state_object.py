"""States as models write them: what says nothing changes nothing, wrappers are read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalm_oumi.benchmarks.multiwoz.protocols.dst_prompt import parse_state
from coalm_oumi.environments.multiwoz.data.domains import DOMAINS, TRACKED_SLOTS
from coalm_oumi.environments.multiwoz.predicted_turn import predicted_turn

NORTH = {"hotel": {"area": "north"}}
SAYING_NOTHING = (None, "", " ", [], {}, "none", "any", "not mentioned")
VALUES = st.sampled_from(("north", "4", "saint johns college", "17:15"))


@st.composite
def states(draw: st.DrawFn) -> dict[str, dict[str, str]]:
    domains = draw(st.lists(st.sampled_from(DOMAINS), unique=True, max_size=3))
    return {
        domain: draw(
            st.dictionaries(
                st.sampled_from(TRACKED_SLOTS[domain]), VALUES, min_size=1, max_size=3
            )
        )
        for domain in domains
    }


@given(states(), st.data())
def test_members_that_say_nothing_change_nothing(
    state: dict[str, dict[str, str]], data: st.DataObject
) -> None:
    nothing = st.sampled_from(SAYING_NOTHING)
    written: dict[str, Any] = {domain: dict(slots) for domain, slots in state.items()}
    for domain in set(DOMAINS) - state.keys():
        written[domain] = data.draw(nothing)
    written["police"], written["train-day"] = data.draw(nothing), data.draw(nothing)
    for domain, slots in state.items():
        for slot in set(TRACKED_SLOTS[domain]) - slots.keys():
            written[domain][slot] = data.draw(nothing)
    order = data.draw(st.permutations(list(written)))
    assert parse_state(json.dumps({name: written[name] for name in order})) == state


WRAPPERS = (
    lambda state: {"state": state},
    lambda state: {"belief_state": state},
    lambda state: {"dialogue_state": state, "turn": 3},
    lambda state: {"Dialogue State": state, "thought": "a hotel"},
    lambda state: {"beliefState": json.dumps(state)},
    lambda state: [state],
    lambda state: {"state": [state]},
    lambda state: [{domain: slots} for domain, slots in state.items()] or {},
    lambda state: {
        domain: {"semi": slots, "book": {"booked": [{"name": "x"}], "people": ""}}
        for domain, slots in state.items()
    },
)


@given(states(), st.sampled_from(WRAPPERS), st.booleans())
def test_wrapped_states_are_read(
    state: dict[str, dict[str, str]], wrapper: Any, fenced: bool
) -> None:
    text = json.dumps(wrapper(state), indent=1)
    text = f"Here it is:\n```json\n{text}\n```" if fenced else text
    assert parse_state(text) == state


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        ('{"taxi": null}', {}),
        ('{"state": null}', {}),
        ('{"hotel": {"area": "north"}, "taxi": false}', NORTH),
        ('{"hotel": {"area": ["north", null]}}', NORTH),
        ('{"hotel": {"area": "north"}} {"error": null}', NORTH),
        (
            '{"hotel": {"stars": 4.0, "parking": true}}',
            {"hotel": {"stars": "4", "parking": "yes"}},
        ),
        (
            '{"hotel": {"area": "north"}, "note": "by rail"}',
            {**NORTH, "note": {"": "by rail"}},
        ),
        (
            '{"hotel": {"area": "north", "colour": "red"}}',
            {"hotel": {"area": "north", "colour": "red"}},
        ),
    ],
)
def test_members_of_all_kinds(reply: str, state: dict[str, Any]) -> None:
    assert parse_state(reply) == state


@pytest.mark.parametrize(
    "reply",
    [
        "north",
        '{"name": "query_hotels", "arguments": {"area": "north"}}',
        '[{"name": "query_hotels", "arguments": {"area": "north"}}]',
        '{"error": null}',
        '{"answer": "north"}',
        '{"hotel": {"area": ' + "[" * 993 + "]" * 993 + "}}",
    ],
)
def test_what_is_no_state(reply: str) -> None:
    assert parse_state(reply) is None


def test_a_stored_domain_of_null_says_nothing() -> None:
    turn = predicted_turn({"response": "", "state": {**NORTH, "taxi": None}})
    assert turn.state == NORTH
