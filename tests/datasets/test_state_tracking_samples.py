"""State tracking samples."""

from __future__ import annotations

import random

from coalm_oumi.datasets.snips_dst import (
    state_tracking_prompt,
    state_tracking_sample,
    state_tracking_samples,
    write_state,
)
from coalm_oumi.sample import Origin
from coalm_oumi.sources import SlotValue, Utterance
from tests.datasets.same_bytes import invented_utterances


def test_a_sample_is_instruction_utterance_and_state() -> None:
    utterance = Utterance(
        "gw_1", "GetWeather", "Weather in Évora", (SlotValue("city", "Évora"),)
    )
    sample = state_tracking_sample(utterance)
    assert (sample.instruction, sample.input) == state_tracking_prompt(utterance.text)
    assert sample.input == "User: Weather in Évora"
    assert sample.output == (
        'System: {"domain": "GetWeather", "slot_values": {"city": "Évora"}}'
    )
    assert sample.origin == Origin("snips", "gw_1", "snips_v1")


def test_slots_keep_their_order_and_quotes_are_escaped() -> None:
    assert write_state("RateBook", {"b": '"', "a": "\\"}) == (
        'System: {"domain": "RateBook", "slot_values": {"b": "\\"", "a": "\\\\"}}'
    )


def test_the_order_of_the_utterances_changes_nothing() -> None:
    utterances = invented_utterances(50)
    expected = list(state_tracking_samples(utterances, seed=1))
    for seed in range(3):
        random.Random(seed).shuffle(utterances)  # noqa: S311
        assert list(state_tracking_samples(utterances, seed=1)) == expected
    ids = [s.origin.record_id for s in expected]
    assert ids != sorted(ids)
    assert len(set(ids)) == 50


def test_utterances_of_one_name_have_one_order_too() -> None:
    one = Utterance("a", "GetWeather", "hot", (SlotValue("city", "Ely"),))
    other = Utterance("a", "GetWeather", "hot", ())
    there = list(state_tracking_samples([one, other], seed=1))
    assert list(state_tracking_samples([other, one], seed=1)) == there


def test_an_utterance_that_is_added_changes_no_other_sample() -> None:
    utterances = invented_utterances(51)
    before = list(state_tracking_samples(utterances[1:], seed=1))
    after = list(state_tracking_samples(utterances, seed=1))
    assert [s for s in after if s.origin.record_id != "gw_0"] == before


def test_another_seed_gives_another_order_of_the_same() -> None:
    one, other = (
        [s.output for s in state_tracking_samples(invented_utterances(50), seed=seed)]
        for seed in (1, 2)
    )
    assert one != other
    assert sorted(one) == sorted(other)
