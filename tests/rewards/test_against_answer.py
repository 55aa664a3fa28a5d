"""Rewards: 1 for the known answer in any notation, less for what is wrong or too much."""

from __future__ import annotations

import pytest

from coalm_oumi.training.rewards import REWARDS, call_match, state_match

KNOWN = '[find_bus(to="Ely", seats=2)]'


@pytest.mark.parametrize(
    ("reply", "reward"),
    [
        (KNOWN, 1),
        ("Action: find_bus(seats=2, to='Ely')", 1),
        ('[{"name": "find_bus", "arguments": {"to": "Ely", "seats": 2}}]', 1),
        ('[find_bus(to="Ely", seats=1)]', 2 / 3),
        ('[find_bus(to="Ely", seats="2")]', 2 / 3),
        ("[find_bus()]", 2 / 4),
        (f"{KNOWN}\n{KNOWN}", 6 / 9),
        ("[find_train(to='Ely', seats=2)]", 0),
        ('[find_bus(to="Ely", seats=2', 0),
        ("There is one at nine.", 0),
    ],
)
def test_call_match(reply: str, reward: float) -> None:
    assert call_match([reply], [KNOWN]) == [pytest.approx(reward)]


def test_where_no_call_is_right_any_call_is_wrong() -> None:
    assert call_match(["Which town?", KNOWN], ["Where to?"] * 2) == [1, 0]


def test_messages_are_read_as_text_is() -> None:
    reply = [{"role": "assistant", "content": KNOWN}]

    assert call_match([reply], [KNOWN], prompts=["ignored"]) == [1]
    with pytest.raises(ValueError):
        call_match([KNOWN], [])


def test_state_match() -> None:
    known = 'System: {"domain": "GetWeather", "slot_values": {"city": "Ely"}}'
    replies = [
        known,
        '{"domain": "GetWeather", "slot_values": {"city": "Rye"}}',
        '{"domain": "PlayMusic", "slot_values": {}}',
        "It rains.",
    ]

    assert state_match(replies, [known] * 4) == [1, 0.5, 0, 0]


def test_each_reward_leaves_the_other_s_answers_out() -> None:
    state = 'System: {"domain": "GetWeather", "slot_values": {"city": "Ely"}}'

    assert call_match([KNOWN, state], [KNOWN, state]) == [1, None]
    assert state_match([KNOWN, state], [KNOWN, state]) == [None, 1]


def test_oumi_knows_them() -> None:
    from oumi.core.registry import REGISTRY

    import coalm_oumi.plugin  # noqa: F401

    for name, function in REWARDS.items():
        assert REGISTRY.get_reward_function(name) is function
