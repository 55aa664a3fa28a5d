"""The rule-based user's words: varied, seeded, complete; and what the oracle hears."""

from __future__ import annotations

import pytest

from coalm_oumi.environments.multiwoz import MultiwozData
from coalm_oumi.environments.multiwoz.users.delexicalise import Delexicaliser
from coalm_oumi.environments.multiwoz.users.goal_user import GoalUser
from coalm_oumi.environments.multiwoz.users.user_wording import Wording
from coalm_oumi.seeding import stable_random
from tests.benchmarks.multiwoz.ideal.oracle_hearing import Heard, heard

GOAL = {
    "restaurant": {
        "info": {"food": "thai", "area": "east"},
        "book": {"people": "2", "day": "friday", "time": "18:00", "invalid": False},
    },
    "hotel": {
        "info": {"name": "the huntingdon hotel", "parking": "yes"},
        "book": {"people": "2", "day": "friday", "stay": "3"},
    },
    "taxi": {"info": {"departure": "the huntingdon hotel", "leaveAt": "19:45"}},
    "message": "You want a restaurant.",
}
FOUND = {"food": "thai", "area": "east"}
TABLE = {"people": "2", "day": "friday", "time": "18:00"}


def words(number: int) -> Wording:
    return Wording(stable_random(0, number))


def test_the_words_vary_and_hold_every_value() -> None:
    wanted = {"area": "east", "food": "thai", "pricerange": "cheap"}
    said = {words(n).find("restaurant", wanted, again=False) for n in range(200)}
    assert len(said) > 100
    assert len({text.split()[0] for text in said}) >= 4
    for text in said:
        assert all(value in text for value in wanted.values())


def test_a_taxi_and_a_booking_vary_too() -> None:
    taxi = {"departure": "ely", "destination": "the place", "leaveAt": "17:15"}
    rides = {words(n).taxi(taxi) for n in range(100)}
    tables = {words(n).book("restaurant", TABLE) for n in range(100)}
    assert min(len(rides), len(tables)) > 40
    assert all(value in text for text in rides for value in taxi.values())
    assert all("18:00" in text and "friday" in text for text in tables)
    assert all("2" in text or "two" in text for text in tables)


def test_questions_are_grammatical() -> None:
    one = {words(n).ask(["postcode"]) for n in range(50)}
    two = {words(n).ask(["postcode", "area"]) for n in range(50)}
    assert "What is the postcode?" in one
    assert "What are the postcode and the area?" in two
    assert "Can I get the area and the postcode, please?" in two


def test_the_same_seed_and_dialogue_say_the_same(cambridge: MultiwozData) -> None:
    def first(seed: int) -> list[str]:
        delexicalise = Delexicaliser(cambridge.databases)
        users = [GoalUser(d, delexicalise, seed) for d in cambridge.dialogues.values()]
        return [next_said(user) for user in users]

    assert first(0) == first(0)
    assert first(0) != first(1)


def next_said(user: GoalUser) -> str:
    try:
        next(user.says([]))
    except StopIteration as end:
        return end.value
    raise AssertionError("it asks no model")


@pytest.mark.parametrize(
    ("utterances", "expected"),
    [
        (["Any Thai places to eat at in the east?"], Heard("restaurant", FOUND, None)),
        (
            ["Dinner: Thai!", "And its postcode?"],
            Heard("restaurant", {"food": "thai"}, None),
        ),
        (
            [
                "Thai food in the east.",
                "Reserve a table there, Friday 18:00, we are two",
            ],
            Heard("restaurant", FOUND, TABLE),
        ),
        (
            ["Thai food in the east.", "Reserve it, Friday 18:00"],
            Heard("restaurant", FOUND, None),  # For how many?
        ),
        (
            ["Thai food.", "Then a room at The Huntingdon Hotel, where I can park."],
            Heard("hotel", {"name": "the huntingdon hotel", "parking": "yes"}, None),
        ),
        (
            ["A cab from the Huntingdon Hotel at 19:45"],
            Heard("taxi", GOAL["taxi"]["info"], GOAL["taxi"]["info"]),
        ),
        (["Hello."], Heard("", {}, None)),
    ],
)
def test_the_oracle_hears_words_that_no_template_has(
    utterances: list[str], expected: Heard
) -> None:
    assert heard(GOAL, utterances) == expected


def test_what_is_not_got_is_asked_for_in_other_words(cambridge: MultiwozData) -> None:
    said = set()
    for seed in range(20):
        user = GoalUser(
            cambridge.dialogues["sng0001"], Delexicaliser(cambridge.databases), seed
        )
        said.add(next_said(user))
    assert len(said) > 15
