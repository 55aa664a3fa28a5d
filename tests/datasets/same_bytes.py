"""A small invented fixture, and the SHA-256 of the samples made of it.

Run as a script it prints the digests, so that a test can ask another Python for them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from coalm_oumi.calls import FunctionCall, FunctionSchema
from coalm_oumi.datasets.hammer_masked import MaskingOptions, function_calling_samples
from coalm_oumi.datasets.snips_dst import state_tracking_samples
from coalm_oumi.datasets.toolace import toolace_samples
from coalm_oumi.sample import Sample
from coalm_oumi.sources import (
    FunctionCallingRow,
    SlotValue,
    ToolAceConversation,
    Turn,
    Utterance,
)

_PLACES = ("Ely", "Évora", "New York", "Łódź", "\U0001f355 town")


def invented_rows(count: int, *, names: Sequence[str] = ()) -> list[FunctionCallingRow]:
    """Returns rows of content that differs; one of each with every one of `names`."""
    return [
        _row(number, f"{name}.json#{number}")
        for name in names or ["rows"]
        for number in range(count)
    ]


def _row(number: int, record_id: str) -> FunctionCallingRow:
    place = _PLACES[number % len(_PLACES)]
    find: dict[str, Any] = {
        "name": "find_bus",
        "description": "Finds buses.",
        "parameters": {
            "to": {"description": "Where to (default Ely).", "default": "Ely"},
            "seats": {"description": "How many.", "type": "int", "default": 7},
            "limit": {"description": "In pounds.", "type": "float", "default": 2.5},
        },
    }
    book = {"name": "book", "description": "Books.", "parameters": {"number": {}}}
    arguments = {"to": place, "seats": 7, "limit": 2.5}
    calls = (FunctionCall("find_bus", arguments), FunctionCall("book", {"number": 3}))
    query = f"Seats to {place} for 7, 3 times, number {100 + number}"
    return FunctionCallingRow(
        record_id=record_id,
        query=query,
        tools=tuple(map(FunctionSchema.from_xlam, (find, book))),
        calls=calls[: number % 3],
        digest=hashlib.sha256(query.encode()).hexdigest(),
    )


def invented_utterances(count: int) -> list[Utterance]:
    """Returns utterances that differ."""
    return [
        Utterance(
            f"gw_{number}",
            "GetWeather",
            f"Weather in {_PLACES[number % len(_PLACES)]}, {number}",
            (SlotValue("city", _PLACES[number % len(_PLACES)]),),
        )
        for number in range(count)
    ]


def invented_conversations(count: int) -> list[ToolAceConversation]:
    """Returns conversations that differ, of two turns of the assistant each."""
    return [_conversation(number) for number in range(count)]


def _conversation(number: int) -> ToolAceConversation:
    place = _PLACES[number % len(_PLACES)]
    turns = (
        Turn("user", f"A bus to {place}, number {number}"),
        Turn("assistant", f'[Find Bus(to="{place}", number={number})]'),
        Turn("tool", f'[{{"name": "Find Bus", "results": {number}}}]'),
        Turn("assistant", f"It leaves at {number}."),
    )
    return ToolAceConversation(
        record_id=f"rows.json#{number}",
        system=f"Functions: none. {place}",
        tools=None,
        bracketed=True,
        turns=turns,
        digest=hashlib.sha256(f"{number}".encode()).hexdigest(),
    )


def digest(samples: Iterable[Sample]) -> str:
    """Returns the SHA-256 over the JSON of all samples, one a line."""
    found = hashlib.sha256()
    for sample in samples:
        found.update((json.dumps(asdict(sample)) + "\n").encode("utf-8"))
    return found.hexdigest()


def digests() -> dict[str, str]:
    """Returns the digest of each kind of sample, with seed 42."""
    rows, utterances = invented_rows(60), invented_utterances(60)
    conversations = invented_conversations(60)
    return {
        "function_calling": digest(function_calling_samples(rows, MaskingOptions())),
        "state_tracking": digest(state_tracking_samples(utterances, seed=42)),
        "toolace": digest(toolace_samples(conversations, seed=42)),
    }


if __name__ == "__main__":
    print(json.dumps(digests()))
