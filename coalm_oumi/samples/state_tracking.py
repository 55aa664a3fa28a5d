"""Single-turn dialogue state tracking samples from SNIPS utterances (Figure 4).

In: ``Utterance("gw_1", "GetWeather", "Weather in Ely", (SlotValue("city", "Ely"),))``.
Out: input ``User: Weather in Ely``, output
``System: {"domain": "GetWeather", "slot_values": {"city": "Ely"}}``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace

from coalm_oumi.prompts import snips_template
from coalm_oumi.samples.order import stable_digest
from coalm_oumi.samples.sample import Origin, Sample
from coalm_oumi.sources.snips import Utterance


def state_tracking_prompt(text: str) -> tuple[str, str]:
    """Returns instruction and input for an utterance.

    Args:
        text: What the user says.
    """
    return snips_template().render(), f"User: {text}"


def write_state(intent: str, slot_values: dict[str, str]) -> str:
    """Writes a dialogue state as the reply that is trained and scored.

    Args:
        intent: The intent, in the `domain` field.
        slot_values: Value by slot, in order.
    """
    state = {"domain": intent, "slot_values": slot_values}
    return f"System: {json.dumps(state, ensure_ascii=False)}"


def state_tracking_sample(utterance: Utterance) -> Sample:
    """Turns an utterance into a sample."""
    instruction, input_text = state_tracking_prompt(utterance.text)
    origin = Origin("snips", utterance.record_id, snips_template().id)
    output = write_state(utterance.intent, utterance.state)
    return Sample(instruction, input_text, output, origin)


def state_tracking_samples(
    utterances: Iterable[Utterance], *, seed: int
) -> Iterator[Sample]:
    """Turns utterances into samples, in an order fixed by the seed alone.

    Args:
        utterances: The utterances, in any order.
        seed: Fixes the order of the samples.

    Yields:
        One sample per utterance.
    """

    def key(utterance: Utterance) -> tuple[bytes, str, str]:
        # The whole record breaks the tie of two with one name.
        name = stable_digest(seed, utterance.record_id)
        return name, utterance.text, repr(utterance)

    for utterance in sorted(utterances, key=key):
        sample = state_tracking_sample(utterance)
        yield replace(sample, origin=replace(sample.origin, seed=seed))
