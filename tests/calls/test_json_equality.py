"""Two JSON values are the same whatever they are written like, and only then."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalm_oumi.benchmarks.cra_actions.judge import GoldCase, JudgedTurn
from coalm_oumi.benchmarks.cra_actions.reply import Reply
from coalm_oumi.calls import FunctionCall
from coalm_oumi.calls.json_equality import same_json
from coalm_oumi.calls.strict_json import MAX_DEPTH, loads, raw_decode
from coalm_oumi.training.rewards import call_match

SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=4)
VALUES = st.recursive(
    SCALARS | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


def turned(value: object) -> object:
    """Returns the same value written otherwise: keys backwards, 1 as 1.0."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    if isinstance(value, list):
        return [turned(item) for item in value]
    if type(value) is int and abs(value) < 2**53:
        return float(value)
    return value


@given(VALUES)
def test_a_value_written_otherwise_is_the_same(value: object) -> None:
    assert same_json(value, turned(value))
    assert same_json(value, json.loads(json.dumps(value, indent=2)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (True, 1),
        (False, 0),
        (None, False),
        ("1", 1),
        ("", None),
        ([1, 2], [2, 1]),
        ([], {}),
        ({"a": 1}, {"a": 1, "b": None}),
        ({"a": [True]}, {"a": [1]}),
        ("e\u0301", "\u00e9"),
        (1, 1.5),
    ],
)
def test_other_values_are_others(one: object, other: object) -> None:
    assert not same_json(one, other)
    assert not same_json([one], [other])


@pytest.mark.parametrize(
    ("reply", "answer", "reward"),
    [
        ("[f(at={'city': 'Ely', 'zip': 7})]", "[f(at={'zip': 7, 'city': 'Ely'})]", 1),
        ("[f(b=[{'x': 1, 'y': [2, {'p': 3, 'q': 4}]}])]",) * 2 + (1,),
        ("[f(b=[{'y': 2, 'x': 1.0}])]", "[f(b=[{'x': 1, 'y': 2.0}])]", 1),
        ("[f(seats=1.0)]", "Action: f(seats=1)", 1),
        ("[f(seats=1e0)]", '[{"name": "f", "arguments": {"seats": 1}}]', 1),
        ("[f(flag=1)]", "[f(flag=True)]", 0.5),
        ("[f(flags=[0])]", "[f(flags=[False])]", 0.5),
        ("[f(tags=['a', 'b'])]", "[f(tags=['b', 'a'])]", 0.5),
    ],
)
def test_call_match_rewards_the_same_value(
    reply: str, answer: str, reward: float
) -> None:
    assert call_match([reply], [answer]) == [reward]


@pytest.mark.parametrize(
    ("found", "right"),
    [({"q": [1.0, {"b": 2, "a": 1}]}, True), ({"q": [True, {"a": 1, "b": 2}]}, False)],
)
def test_cra_actions_compares_nested_values(found: dict, right: bool) -> None:
    gold = FunctionCall("Find", {"q": [1, {"a": 1, "b": 2}]})
    case = GoldCase("d-0", "d", "Find it.", "Finder_1", None, gold)
    turn = JudgedTurn(case, Reply("call", FunctionCall("Find", found)), "")
    assert (turn.call_right, turn.call_right_normalized) == (right, right)


@pytest.mark.parametrize("pattern", [("[", "]"), ('{"a": ', "}"), ('[{"a": ', "}]")])
def test_depth_is_bounded_whatever_the_stack(pattern: tuple[str, str]) -> None:
    opening, closing = pattern
    each = opening.count("[") + opening.count("{")
    times = MAX_DEPTH // each
    assert loads(opening * times + "1" + closing * times)
    for more in (times + 1, 330, 993 // each, 50_000):
        text = opening * more + "1" + closing * more
        with pytest.raises(ValueError, match="nested too deeply"):
            loads(text)
        with pytest.raises(ValueError, match="nested too deeply"):
            raw_decode(text, repeated_keys="last")
