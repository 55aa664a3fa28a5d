"""The scores of snips_dst: known replies get known scores."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coalm_oumi.benchmarks.snips_dst import (
    DialogueState,
    GoldCase,
    load_snips_dst,
    parse_state,
    score,
)
from coalm_oumi.datasets.snips_dst import write_state
from coalm_oumi.errors import DataFormatError
from coalm_oumi.evaluation.intervals import bootstrap, wilson
from coalm_oumi.evaluation.results import read_predictions, write_results
from coalm_oumi.training.rewards import state_match

CASES = (
    GoldCase("a", "Weather in Ely", DialogueState("GetWeather", {"city": "Ely"})),
    GoldCase(
        "b",
        "play Silver Garden by Ann Lee",
        DialogueState("PlayMusic", {"track": "Silver Garden", "artist": "Ann Lee"}),
        in_training=True,
    ),
)
GOLD = {c.id: write_state(c.state.intent, dict(c.state.slot_values)) for c in CASES}
OF_STATES = (
    "intent_accuracy",
    "slot_f1",
    "joint_goal_accuracy",
    "joint_goal_accuracy_normalized",
)

OF_REPLIES = {"unparsable": 0.0, "repeated_slot": 0.0}


def values(predictions: dict[str, str]) -> dict[str, float]:
    return {k: round(m.value, 2) for k, m in score(CASES, predictions).metrics.items()}


def test_gold_answers_score_100() -> None:
    expected = dict.fromkeys(OF_STATES, 100.0) | OF_REPLIES
    assert values(GOLD) == expected


def test_empty_reply_scores_0() -> None:
    empty = dict.fromkeys(GOLD, "")
    expected = dict.fromkeys(OF_STATES, 0.0) | OF_REPLIES | {"unparsable": 100.0}
    assert values(empty) == expected


def test_real_gold_and_empty(real_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COALM_DATA_DIR", str(real_data))
    cases = load_snips_dst(on_missing="error").cases
    gold = {c.id: write_state(c.state.intent, dict(c.state.slot_values)) for c in cases}
    scored = score(cases, gold)
    assert {scored.metrics[name].value for name in OF_STATES} == {100.0}
    assert scored.metrics["intent_accuracy"].n == 700
    assert scored.groups["utterance=also_in_training"]["slot_f1"].n == 15
    empty = score(cases, dict.fromkeys(gold, "")).metrics
    assert {empty[name].value for name in OF_STATES} == {0.0}


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        # One wrong value of two, in one of two cases: 2 of 3 pairs are found.
        (
            write_state("PlayMusic", {"track": "Silver", "artist": "Ann Lee"}),
            (100, 66.67, 50, 50),
        ),
        (
            write_state("RateBook", {"track": "Silver Garden", "artist": "Ann Lee"}),
            (50, 100, 50, 50),
        ),
        (
            write_state("PlayMusic", {"track": "silver  garden", "artist": "ann lee"}),
            (100, 33.33, 50, 100),
        ),
        (
            write_state(
                "PlayMusic",
                {"track": "Silver Garden", "artist": "Ann Lee", "year": "1990"},
            ),
            (100, 85.71, 50, 50),
        ),
    ],
    ids=["wrong value", "wrong intent", "case and space", "one slot too many"],
)
def test_partly_right(reply: str, expected: tuple[float, ...]) -> None:
    found = values({**GOLD, "b": reply})
    assert tuple(found[name] for name in OF_STATES) == expected


ELY = DialogueState("GetWeather", {"city": "Ely"})
BODY = '{"domain": "GetWeather", "slot_values": {"city": "Ely"}}'


@pytest.mark.parametrize(
    "reply",
    [f"System: {BODY}", BODY, f"```json\n{BODY}\n```", f"  System: {BODY} Enjoy!"],
)
def test_readable_replies(reply: str) -> None:
    assert parse_state(reply) == ELY


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "It is sunny in Ely.",
        "System: " + BODY[:-1],
        '{"domain": "GetWeather"}',
        '{"domain": 1, "slot_values": {}}',
        '{"domain": "GetWeather", "slot_values": ' + "[" * 100_000,
    ],
)
def test_unreadable_replies(reply: str) -> None:
    assert parse_state(reply) is None


def test_of_a_slot_named_twice_the_last_value_counts_and_the_reply_is_counted() -> None:
    twice = BODY.replace('"city": "Ely"', '"city": "Bath", "city": "Ely"')
    assert parse_state(twice) == ELY
    found = values({**GOLD, "a": twice})
    assert (found["joint_goal_accuracy"], found["repeated_slot"]) == (100, 50)
    assert found["unparsable"] == 0


def test_a_value_that_is_no_text_is_its_json() -> None:
    found = parse_state('{"domain": "RateBook", "slot_values": {"rating_value": 4}}')
    assert found == DialogueState("RateBook", {"rating_value": "4"})


@pytest.mark.parametrize(
    "reply",
    [
        '{"domain": "W", "slot_values": {"city": "Ely", "day": null}}',
        '{"domain": "W", "slot_values": {"city": "Ely", "day": "", "sky": [], "s": {}}}',
        '{"state": {"domain": "W", "slot_values": {"city": "Ely"}}}',
        'System: {"thought": "a", "dialogue_state": {"domain": "W", "slot_values": '
        '{"city": "Ely"}}}',
        '```json\n[{"domain": "W", "slot_values": {"city": "Ely"}}]\n```',
    ],
)
def test_wrapped_states_are_read_and_what_says_nothing_is_left_out(reply: str) -> None:
    assert parse_state(reply) == DialogueState("W", {"city": "Ely"})


def test_a_state_whose_intent_or_slots_say_nothing_is_one() -> None:
    assert parse_state('{"domain": "W", "slot_values": null}') == DialogueState("W", {})
    nameless = '{"domain": null, "slot_values": {"city": "Ely"}}'
    assert parse_state(nameless) == DialogueState("", {"city": "Ely"})
    known = 'System: {"domain": "W", "slot_values": {"city": "Ely"}}'
    assert state_match([nameless], [known]) == [pytest.approx(2 / 3)]


def test_a_value_nested_too_deeply_makes_its_reply_unparsable_and_no_other() -> None:
    deep = '{"domain": "x", "slot_values": {"a": ' + "[" * 993 + "]" * 993 + "}}"
    assert values(GOLD | {"a": deep})["unparsable"] == 50
    assert state_match([deep], [GOLD["a"]]) == [0]


def test_groups() -> None:
    groups = score(CASES, GOLD).groups
    assert sorted(groups) == [
        "intent=GetWeather",
        "intent=PlayMusic",
        "utterance=also_in_training",
        "utterance=not_in_training",
    ]


def test_wilson_8_of_10() -> None:
    low, high = wilson(8, 10)
    assert (round(low, 1), round(high, 1)) == (49.0, 94.3)


def test_bootstrap_is_the_same_each_time() -> None:
    counts = [(1, 2, 2), (0, 1, 2), (2, 2, 2)] * 20
    first, second = (bootstrap(counts, lambda s: 100 * s[:, 0] / s[:, 2]) for _ in "ab")
    assert first == second
    assert first.low < 50 < first.high


def test_results_are_written_and_predictions_read_back(tmp_path: Path) -> None:
    write_results(
        tmp_path, score(CASES, GOLD), GOLD, task="snips_dst", provenance={"n": 2}
    )
    assert read_predictions(tmp_path / "predictions.jsonl", ["a", "b"]) == GOLD
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["schema_version"] == 1
    assert results["metrics"]["slot_f1"]["value"] == 100.0
    assert results["provenance"] == {"n": 2}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('{"id": "a", "prediction": ""}\n', "1 of 2 cases have no prediction"),
        ('{"id": "z", "prediction": ""}\n', "no case 'z'"),
        ('{"id": "a", "prediction": ""}\n' * 2, "two predictions"),
        ('{"id": "a"}\n', "expected text, found None"),
        ("[]\n", "expected an object"),
        ("{\n", "not JSON"),
    ],
)
def test_wrong_predictions(tmp_path: Path, lines: str, message: str) -> None:
    path = tmp_path / "predictions.jsonl"
    path.write_text(lines)
    with pytest.raises(DataFormatError, match=message):
        read_predictions(path, ["a", "b"])
