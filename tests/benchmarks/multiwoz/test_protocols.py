"""The three protocols: who says what, which turns wait for which, what comes of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coalm_oumi.benchmarks.multiwoz import MultiwozData, PredictedTurn, score
from coalm_oumi.benchmarks.multiwoz.protocols.dst_prompt import (
    dst_prompt,
    parse_state,
    state_prompt,
)
from coalm_oumi.benchmarks.multiwoz.protocols.gold_history import (
    assembled,
    gold_history,
)
from coalm_oumi.benchmarks.multiwoz.protocols.prompt import system_prompt
from coalm_oumi.benchmarks.multiwoz.protocols.simulated_user import simulated_user
from coalm_oumi.evaluation.conductor import Reply, Request
from tests.benchmarks.multiwoz.scripted import as_turns, played, run, silent


def hotel(**slots: str) -> dict[str, dict[str, str]]:
    return {"hotel": slots}


GOAL = {"restaurant": {"area": "east", "food": "thai"}}


def metrics(data: MultiwozData, stored: dict[str, list[Any]]) -> dict[str, float]:
    found = score(data, as_turns(stored)).metrics
    return {name: round(metric.value, 1) for name, metric in found.items()}


def gold(data: MultiwozData, dialogue: str = "sng0001") -> dict[str, Any]:
    chosen = [data.dialogues[dialogue]]
    return dict(gold_history(chosen, data.databases, system_prompt(), 0))


def test_gold_history_asks_for_each_turn_with_the_gold_replies(
    cambridge: MultiwozData,
) -> None:
    start = gold(cambridge)
    assert [*start] == ["sng0001#0", "sng0001#1"]
    _, (asked,) = played(start["sng0001#1"](), ["Response: Done."])
    assert asked.messages[0].content == system_prompt()
    assert asked.messages[1].content == (
        "[User]\nThai food in the east?\n[Assistant]\nThe Blue Heron, 01223000001.\n"
        "[User]\nA table for two, Friday at six.\n[Assistant]\n"
    )


def test_turns_have_worlds_of_their_own(cambridge: MultiwozData) -> None:
    book = (
        'API Name: book_restaurant\nAPI Input: {"name": "the blue heron", "people": 2, '
        '"day": "friday", "time": "18:00"}\nAPI Result:'
    )
    ends = [
        played(begin(), [book, "Response: Done."])[0]
        for begin in gold(cambridge).values()
    ]
    references = {end["calls"][0]["result"]["reference"] for end in ends}
    assert len(references) == 2


def test_the_state_is_what_the_calls_add_up_to_over_the_turns(
    cambridge: MultiwozData,
) -> None:
    start = gold(cambridge)
    call = 'API Name: query_restaurants\nAPI Input: {"area": "east", "food": "thai"}'
    first, _ = played(start["sng0001#0"](), [call, "Response: The Blue Heron."])
    second, _ = played(start["sng0001#1"](), ["Response: What time?"])
    stored = assembled({"sng0001#1": second, "sng0001#0": first})
    assert [turn["response"] for turn in stored["sng0001"]] == [
        "The Blue Heron.",
        "What time?",
    ]
    found = metrics(cambridge, stored)
    assert (found["inform"], found["jga_strict"], found["calls_failed"]) == (100, 50, 0)


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ('{"restaurant": {"area": "East", "food": "thai"}}', GOAL),
        ('```json\n{"restaurant": {"area": "east", "food": "thai"}}\n```', GOAL),
        ('{"restaurant-area": "east", "restaurant-food": "thai"}', GOAL),
        ('Not {"x": 1}, but {"hotel-area": "east"}', hotel(area="east")),
        ('<think>{"taxi": {}}</think>{"hotel": {"area": "east"}}', hotel(area="east")),
        ('{"hotel": {"stars": 4, "parking": true}}', hotel(stars="4", parking="yes")),
        ('{"hotel": {"book people": "2", "leaveAt": null}}', hotel(people="2")),
        ('{"hotel": {"area": "don\'t care", "name": "any"}}', hotel(area="dontcare")),
        ('{"hotel": {"area": ["east", "west"]}}', hotel(area="east|west")),
        ("{}", {}),
        ("", None),
        ("restaurant: east", None),
        ('{"restaurant": ', None),
        ("{" * 50_000, None),
        ("x" * 200_000 + "{}", None),
    ],
)
def test_states_are_read_from_replies(text: str, state: Any) -> None:
    assert parse_state(text) == state


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=200))
def test_no_text_stops_the_reading_of_states(text: str) -> None:
    parse_state(text)
    parse_state(f'{{"hotel": {{"name": {text}')


def test_the_state_prompt_names_every_slot() -> None:
    prompt = state_prompt()
    assert "- train: arrive, day (monday, " in prompt
    assert prompt.count("\n- ") == 5 + 4
    assert "# Example" in prompt
    assert "# Example" not in state_prompt(example=False)


def test_asking_for_the_state_scores_states_alone(cambridge: MultiwozData) -> None:
    start = dst_prompt([cambridge.dialogues["sng0001"]], state_prompt())
    texts = ['{"restaurant": {"area": "east", "food": "thai"}}', "no idea"]
    ends = {}
    for (key, begin), text in zip(start.items(), texts, strict=True):
        ends[key], (asked,) = played(begin(), [text])
        assert asked.messages[1].content.endswith("?\n" if "0" in key[-1] else "six.\n")
    stored = assembled(ends)
    found = metrics(cambridge, stored)
    assert "success" not in found
    assert "replies_empty" not in found
    assert (found["jga_strict"], found["jga_strict_upstream"]) == (50, 100)
    (case,) = score(cambridge, as_turns(stored)).cases
    assert (case["right"], case["error"]) == (False, "wrong state")
    assert score(cambridge, as_turns(stored)).notes == (
        "1 of 2 turns: no_state (it was asked for the state and wrote no JSON object of "
        "slots).",
    )


def held(data: MultiwozData, dialogue: str, **options: Any) -> Any:
    start = simulated_user(
        [data.dialogues[dialogue]], data.databases, system_prompt(), **options
    )
    return start[dialogue]()


def test_a_second_model_plays_the_user_from_the_goal(cambridge: MultiwozData) -> None:
    call = 'API Name: query_restaurants\nAPI Input: {"food": "thai"}\nAPI Result:'
    stored, asked = played(
        held(cambridge, "sng0001"),
        [
            call,
            "Response: There is The Blue Heron.",
            "[User]\nBook it.\n[Assistant]\nDone.",
            "Response: For when?",
            "Never mind. Exit.",
        ],
    )
    assert [request.to for request in asked] == ["", "", "user", "", "user"]
    assert [turn["user"] for turn in stored] == ["Thai food in the east?", "Book it."]
    assert stored[-1]["last"] is True
    goal = asked[2].messages[0].content
    assert "- You want a thai restaurant." in goal
    assert "01223000001" not in goal  # It never sees the test's replies.
    assert [(m.role, m.content) for m in asked[4].messages[1:]] == [
        ("user", "Hello."),
        ("assistant", "Thai food in the east?"),
        ("user", "There is The Blue Heron."),
        ("assistant", "Book it."),
        ("user", "For when?"),
    ]
    assert asked[3].messages[1].content == (
        "[User]\nThai food in the east?\n[Assistant]\nThere is The Blue Heron.\n"
        "[User]\nBook it.\n[Assistant]\n"
    )


def test_a_dialogue_ends_after_so_many_turns(cambridge: MultiwozData) -> None:
    replies = ["Response: Hm.", "And now?"] * 3
    stored, _ = played(held(cambridge, "sng0001", most_turns=3), replies)
    assert len(stored) == 3
    assert "last" not in stored[-1]


def test_a_user_who_says_nothing_ends_it_and_an_empty_reply_is_heard_as_such(
    cambridge: MultiwozData,
) -> None:
    stored, asked = played(held(cambridge, "sng0001"), ["Response:", Reply(" ")])
    assert len(stored) == 1
    assert asked[1].messages[-1].content == "(The assistant says nothing.)"


def test_generated_turns_are_scored_by_their_own_bookings(
    cambridge: MultiwozData,
) -> None:
    query = 'API Name: query_restaurants\nAPI Input: {"area": "east", "food": "thai"}'
    book = (
        'API Name: book_restaurant\nAPI Input: {"name": "the blue heron", "people": 2, '
        '"day": "friday", "time": "18:00"}'
    )

    def answers(request: Request) -> str:
        world = [m.content for m in request.messages[3::2]]
        if not world:
            return query
        if len(world) == 1:
            return book
        reference = world[1].partition('reference": "')[2][:8]
        return f"Response: The Blue Heron, 01223000001. It is booked: {reference}."

    dialogue = held(cambridge, "sng0001")
    request, stored = next(dialogue), None
    try:
        while True:
            text = "Thanks. Exit." if request.to else answers(request)
            request = dialogue.send(Reply(text))
    except StopIteration as end:
        stored = {"sng0001": end.value}
    found = metrics(cambridge, stored)
    assert (found["success"], found["bookings_made"], found["goal_met"]) == (100,) * 3
    assert found["ended_by_user"] == 100
    assert "jga_strict" not in found


def test_silence_meets_no_goal(cambridge: MultiwozData) -> None:
    def answer(key: str, messages: Any) -> str:
        return silent(key, messages)

    chosen = [cambridge.dialogues["sng0001"]]
    start = simulated_user(
        chosen, cambridge.databases, system_prompt(), user=lambda _: Patient()
    )
    found = metrics(cambridge, run(start, answer))
    assert (found["inform"], found["goal_met"], found["ended_by_user"]) == (0, 0, 0)


class Patient:
    """A user who says the same for ever."""

    def says(self, turns: Any) -> Any:
        """Says it."""
        yield from ()
        return "Hello?"


def test_turns_beyond_the_tests_own_are_read(cambridge: MultiwozData) -> None:
    turns = (PredictedTurn("No.", user="And now?"),) * 7
    found = score(cambridge, {"sng0001": turns})
    assert found.metrics["inform"].n == 1
    assert len(found.cases[0]["turns"]) == 7
